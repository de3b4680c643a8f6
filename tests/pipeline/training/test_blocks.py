import numpy as np
import pytest
import torch
import xarray as xr

from sunproof.models.prepared import Prepared
from sunproof.pipeline.training.blocks import TensorBlock, loader, take


def block(size: int) -> TensorBlock:
    numbers = torch.arange(size)
    prepared = Prepared({"a": (numbers[:, None].float(), torch.ones(size, 1, dtype=torch.bool))}, numbers.float())
    return TensorBlock(prepared, numbers[:, None, None].float(), numbers[:, None].float())


@pytest.mark.parametrize("seed", [None, 0, 7])
def test_every_row_comes_once_and_parts_belong_together(seed: int | None):
    batches = list(loader(block(25), 10, seed))
    rows = torch.cat([batch[0].limit for batch in batches])
    assert sorted(rows.tolist()) == list(range(25))
    for prepared, events, counts in batches:
        assert torch.equal(prepared.limit, events[:, 0, 0])
        assert torch.equal(prepared.modalities["a"][0], counts)


def test_order_depends_on_seed_and_epoch_alone():
    def order(seed: int, epoch: int) -> list[float]:
        batches = loader(block(50), 10, seed)
        batches.sampler.set_epoch(epoch)
        return torch.cat([batch[0].limit for batch in batches]).tolist()

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_further_thresholds_are_read_off_the_largest_flux():
    samples = xr.Dataset(
        {
            "event": (("sample", "threshold", "window"), [[[1.0]], [[0.0]], [[np.nan]]]),
            "flare_count": (("sample", "window"), [[2.0], [0.0], [np.nan]]),
            "largest_flux": (("sample", "window"), [[4e-6], [0.0], [np.nan]]),
        }
    )
    found = take({"a": (np.arange(3), np.ones(3, bool))}, samples, np.array([0, 1, 2]), (3e-6, 5e-6))
    np.testing.assert_array_equal(found.events[:, :, 0], [[1, 1, 0], [0, 0, 0], [np.nan] * 3])
    assert take({}, samples, np.array([1])).events.shape == (1, 1, 1)
