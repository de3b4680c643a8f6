import logging
import signal
import warnings

import pytest
import torch

from sunproof.pipeline.training.quiet import interruptible, quiet


def test_advice_is_kept_back_and_other_warnings_are_not():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with quiet():
            warnings.warn("The 'train_dataloader' does not have many workers which may be a bottleneck", stacklevel=1)
            warnings.warn("something else", stacklevel=1)
    assert [str(warning.message) for warning in told] == ["something else"]


def test_everything_is_as_before_afterwards():
    level = logging.getLogger("pytorch_lightning").level
    filling = torch.utils.deterministic.fill_uninitialized_memory
    with quiet():
        torch.use_deterministic_algorithms(True)
        assert not torch.utils.deterministic.fill_uninitialized_memory
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.utils.deterministic.fill_uninitialized_memory == filling
    assert logging.getLogger("pytorch_lightning").level == level


def test_ctrl_c_stays_ctrl_c():
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise SystemExit(1)
    assert signal.getsignal(signal.SIGINT) is handler
