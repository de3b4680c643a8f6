import pytest
import torch

from sunproof.pipeline.training.threads import one_thread


def test_the_number_of_threads_comes_back_even_after_a_failure():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(KeyError, match="lost"), one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError("lost")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
