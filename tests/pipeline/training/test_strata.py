import numpy as np
import pytest
import torch
import xarray as xr

from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.training.strata import pick_strata, together

KINDS = {"quiet": 500, "C1.0": 60, "M1.0": 30, "X1.0": 3}


class Data:
    """Samples whose kinds are known, as `SampleData` gives them."""

    def __init__(self):
        reached = np.repeat(np.arange(4), list(KINDS.values()))
        size = len(reached)
        events = (np.arange(1, 4)[None, :, None] <= reached[:, None, None]) * np.ones((1, 1, 2))
        self.samples = xr.Dataset(
            {
                "event": (("sample", "threshold", "window"), events),
                "harpnum": ("sample", np.arange(size) // 3),
                "noaa_ar": ("sample", np.full(size, -1)),
                "entity": ("sample", np.full(size, "region")),
            },
            {"threshold": ["C1.0", "M1.0", "X1.0"]},
        )
        values = np.arange(size, dtype=np.float32)[:, None]
        self.inputs = Inputs({"region": (values, values >= 0)}, {}, {})

    def rows(self, block):
        half = len(self.samples["sample"]) // 2
        return torch.arange(half) if block == "validation" else torch.arange(half, 2 * half + 1)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        (200, {"X1.0": 3, "M1.0": 30, "C1.0": 60, "quiet": 107}),
        (40, {"X1.0": 3, "M1.0": 12, "C1.0": 12, "quiet": 13}),
        (10_000, KINDS),
    ],
)
def test_rare_kinds_come_first_and_what_they_leave_goes_on(size, wanted):
    strata = pick_strata(Data(), ("validation", "test"), size, 0)
    assert strata.counts() == wanted
    assert len(strata) == sum(wanted.values())


def test_inputs_events_and_regions_belong_together():
    strata = pick_strata(Data(), ("validation", "test"), 50, 1)
    rows = strata.inputs["region"][0][:, 0].astype(int)
    assert len(set(rows)) == 50
    assert np.array_equal(strata.regions, rows // 3)
    assert np.array_equal(strata.events, Data().samples["event"].to_numpy()[rows])


def test_the_same_seed_draws_the_same():
    first, again, other = (pick_strata(Data(), ("test",), 50, seed).inputs["region"][0] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


class Pictures:
    """Images that know their row."""

    shape = (2, 3, 512, 512)

    def read(self, rows):
        values = np.broadcast_to(rows[:, None, None, None, None].astype(np.float32), (len(rows), *self.shape))
        return values, values >= 0


def test_images_are_read_for_the_drawn_rows_and_limit_their_number():
    data = Data()
    data.inputs = Inputs(data.inputs.modalities, {}, {}, lazy={"disk": Pictures()})
    strata = pick_strata(data, ("validation", "test"), 10_000, 0)
    assert len(strata) == 2_000_000_000 // (5 * 2 * 3 * 512 * 512)
    assert np.array_equal(strata.inputs["disk"][0][:, 0, 0, 0, 0], strata.inputs["region"][0][:, 0])
    assert together(strata.inputs, 1024) == 200_000_000 // (5 * 2 * 3 * 512 * 512 + 5)
    assert together({"region": strata.inputs["region"]}, 1024) == 1024
