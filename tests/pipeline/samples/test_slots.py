import numpy as np
import pytest

from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.samples.slots import make_slots, region_slots


def slots(times, **options):
    _, issue = region_slots(np.ones(len(times)), np.array(times, "datetime64[ns]"), 6, **options)
    return [str(time)[5:16] for time in issue]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2011-01-01T05:00", ["01-01T06:00"]),
        ("2011-01-01T06:00", ["01-01T06:00"]),
        ("2011-01-01T04:59", []),
        ("2011-01-01T06:01", []),
    ],
)
def test_a_record_serves_the_next_issue_time_within_the_tolerance(time, expected):
    assert slots([time], tolerance=1) == expected


def test_a_tolerance_beyond_the_cadence_serves_several_issue_times():
    assert slots(["2011-01-01T05:00"], tolerance=14) == ["01-01T06:00", "01-01T12:00", "01-01T18:00"]


def test_latency_delays_the_issue_time():
    assert slots(["2011-01-01T05:30"], tolerance=1, latency=1) == []
    assert slots(["2011-01-01T04:30"], tolerance=1, latency=1) == ["01-01T06:00"]


def test_many_records_make_one_slot():
    assert slots(["2011-01-01T05:30", "2011-01-01T05:42"], tolerance=1) == ["01-01T06:00"]


def test_the_full_disk_stands_at_every_issue_time_before_its_regions(make, tmp_path):
    make.sharp([1, 1, 2], ["2011-01-01T05:30", "2011-01-01T17:30", "2011-01-01T17:30"])
    config = LabelConfig(archive=make.path, output=tmp_path / "s.nc", latency_hours=0.25)
    rows = make_slots(make.path, config, load_regions(make.path))
    assert rows["harpnum"].to_numpy().tolist() == [-1, 1, -1, -1, 1, 2]
    assert rows["entity"].to_numpy().tolist() == ["full_disk", "region", "full_disk", "full_disk", "region", "region"]
    assert ((rows["issue_time"] - rows["data_cutoff"]) == np.timedelta64(15, "m")).all()
    assert (rows["window_start"] == rows["issue_time"]).all()
