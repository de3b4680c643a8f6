import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.regions import RegionMap
from sunproof.pipeline.samples.splits import assign_blocks

REGIONS = RegionMap(np.array([1, 2, 3, 4, 5]), np.array([11, 11, 13, 14, 15]))
DATES = {
    "train_end": "2014-01-01",
    "validation_start": "2014-01-01",
    "validation_end": "2014-10-01",
    "test_start": "2014-10-15",
}


def blocks(rows, **split):
    """Rows of (issue time, HARP); -1 is the full disk."""
    config = LabelConfig(archive="a", output="b", windows=[24], history_hours=24, split={**DATES, **split})
    harp = np.array([row[1] for row in rows])
    samples = xr.Dataset(
        {
            "issue_time": ("sample", np.array([row[0] for row in rows], "datetime64[ns]")),
            "harpnum": ("sample", harp),
            "noaa_ar": ("sample", np.full(len(rows), -1)),
            "entity": ("sample", np.where(harp < 0, "full_disk", "region").astype(object)),
        }
    )
    return assign_blocks(samples, config, REGIONS).tolist()


@pytest.mark.parametrize(
    ("time", "block"),
    [
        ("2013-12-31T18:00", "train"),
        ("2014-01-01T00:00", "none"),
        ("2014-01-02T18:00", "none"),
        ("2014-01-03T00:00", "validation"),
        ("2014-09-30T18:00", "validation"),
        ("2014-10-01T00:00", "none"),
        ("2014-10-15T00:00", "test"),
    ],
)
def test_a_block_begins_a_gap_after_the_one_before(time, block):
    assert blocks([(time, 1)]) == [block]


@pytest.mark.parametrize(
    ("time", "block"),
    [("2014-01-27T18:00", "none"), ("2014-01-28T00:00", "validation"), ("2014-10-15T00:00", "none")],
)
def test_the_full_disk_waits_a_rotation(time, block):
    assert blocks([(time, -1)]) == [block]


def test_a_wider_gap_can_be_asked_for():
    assert blocks([("2014-01-10", 1)], gap_hours=240) == ["none"]


@pytest.mark.parametrize(
    ("crossing", "expected"),
    [("earlier", ["train", "none"]), ("later", ["none", "validation"]), ("neither", ["none", "none"])],
)
def test_a_region_that_crosses_a_border_stays_on_one_side(crossing, expected):
    assert blocks([("2013-12-30", 1), ("2014-01-04", 1)], crossing=crossing) == expected


def test_patches_that_share_a_region_number_are_one_region():
    assert blocks([("2013-12-30", 1), ("2014-01-04", 2)]) == ["train", "none"]


def test_a_region_seen_only_in_the_gap_before_belongs_to_the_later_block():
    assert blocks([("2014-01-02", 3), ("2014-01-04", 3)]) == ["none", "validation"]


def test_the_full_disk_is_no_region():
    assert blocks([("2013-06-01", -1), ("2014-06-01", -1)]) == ["train", "validation"]


def test_without_a_split_nothing_is_in_a_block():
    config = LabelConfig(archive="a", output="b")
    samples = xr.Dataset({"issue_time": ("sample", np.array(["2014-01-01"], "datetime64[ns]"))})
    assert assign_blocks(samples, config, REGIONS).tolist() == ["none"]


def test_an_end_of_the_test_block_is_kept():
    assert blocks([("2016-01-01", 4)], test_end="2016-01-01") == ["none"]
