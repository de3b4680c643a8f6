"""A small made-up Sun: two regions a slot, one of them active, and the disk."""

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

SLOTS = 240
WINDOWS = (24.0, 48.0)
THRESHOLDS = ("C1.0", "M1.0")
NAMES = {"keywords": SHARP_KEYWORDS, "region": tuple(f"{p}flares_{c}_24h" for p in ("", "disk_") for c in "cm")}


@pytest.fixture
def samples():
    rng = np.random.default_rng(0)
    start = np.datetime64("2013-01-01T00:00", "ns") + np.arange(SLOTS) * np.timedelta64(12, "h")
    region = np.tile([-1, 11, 12], SLOTS)
    chance = np.array([[0.5, 0.3], [0.5, 0.3], [0.05, 0.01]])[np.tile([0, 1, 2], SLOTS)]
    event = (rng.random((3 * SLOTS, 2, 1)) < chance[:, :, None]).astype(np.float32)
    event[:, 1] *= event[:, 0]
    event = np.concatenate([event, event], axis=2)
    event[4, 0] = np.nan
    issue = np.repeat(start, 3)
    block = np.where(np.arange(3 * SLOTS) < 300, "train", np.where(np.arange(3 * SLOTS) < 420, "validation", "test"))
    return xr.Dataset(
        {
            "harpnum": ("sample", region),
            "noaa_ar": ("sample", np.where(region < 0, -1, region + 11000)),
            "entity": ("sample", np.where(region < 0, "full_disk", "region").astype(object)),
            "issue_time": ("sample", issue),
            "data_cutoff": ("sample", issue),
            "window_start": ("sample", issue),
            "block": ("sample", block.astype(object)),
            "event": (("sample", "threshold", "window"), event),
        },
        coords={"threshold": np.array(THRESHOLDS, dtype=object), "window": np.array(WINDOWS)},
        attrs={"classes": "cumulative", "windows": "nested", "goes_scale": "operational"},
    )


@pytest.fixture
def inputs(samples):
    """Keywords that tell the active region from the quiet one, and yesterday's flares."""
    rng = np.random.default_rng(1)
    size = samples.sizes["sample"]
    active = (samples["harpnum"].to_numpy() == 11).astype(float)
    keywords = rng.normal(active[:, None, None], 0.2, (size, 4, len(SHARP_KEYWORDS)))
    keywords[samples["harpnum"].to_numpy() < 0] = np.nan
    keywords[10, :3] = np.nan
    flares = rng.poisson(0.2 + active[:, None], (size, 4)).astype(float)
    return {"keywords": keywords, "region": flares}


@pytest.fixture
def names():
    return NAMES
