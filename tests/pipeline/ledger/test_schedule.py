import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ledger.schedule import certified_slots, compare_slots, scheduled_slots


@pytest.fixture
def hours(tmp_path):
    path = tmp_path / "schedule.yaml"
    path.write_text("start: 2014-10-20\nend: 2014-10-20T12:00:00Z\ncadence_hours: 6\n")
    return str(path)


def test_a_schedule_of_hours_gives_full_disk_slots(hours):
    assert scheduled_slots(hours) == (
        [("2014-10-20T00:00:00Z", "full_disk", -1), ("2014-10-20T06:00:00Z", "full_disk", -1)],
        False,
    )


def test_an_unknown_key_of_a_schedule_is_refused(tmp_path):
    path = tmp_path / "schedule.yaml"
    path.write_text("start: 2014-10-20\nend: 2014-10-21\ncadence: 6\n")
    with pytest.raises(ConfigError, match="unknown key"):
        scheduled_slots(str(path))


def test_every_slot_has_one_certificate_or_is_named(written):
    found = certified_slots([written[0]])
    assert len(found) == 6
    assert compare_slots(found, True, found, "x") == []
    (missing,) = compare_slots(found, True, found[1:], "x")
    assert (missing.what, missing.got) == (
        "a scheduled slot has no certificate",
        "2014-10-20T00:00:00Z region HARP 4698",
    )
    (extra,) = compare_slots(found, True, [*found, found[0]], "x")
    assert extra.what == "more certificates than were scheduled for the slot"
    assert "7 certificates for 6 slots" in str(extra)


def test_regions_count_only_where_they_were_scheduled(written):
    assert compare_slots([], False, certified_slots([written[0]]), "x") == []


def test_many_missing_slots_are_counted():
    wanted = [(f"2014-10-{day:02d}T00:00:00Z", "full_disk", -1) for day in range(1, 31)]
    problems = compare_slots(wanted, False, [], "x")
    assert len(problems) == 11
    assert problems[-1].got == 20


def write_samples(path, times, blocks):
    size = len(times)
    xr.Dataset(
        {
            "issue_time": ("sample", np.array(times, "datetime64[ns]")),
            "data_cutoff": ("sample", np.array(times, "datetime64[ns]")),
            "window_start": ("sample", np.array(times, "datetime64[ns]")),
            "entity": ("sample", np.array(["region"] * size, object)),
            "harpnum": ("sample", np.full(size, 4698)),
            "noaa_ar": ("sample", np.full(size, 12192)),
            "block": ("sample", np.array(blocks, object)),
        }
    ).to_netcdf(path, engine="h5netcdf")


def test_the_command_compares_with_the_rows_of_a_block(house, tmp_path, capsys):
    times = np.datetime64("2014-10-20", "h") + np.arange(8) * np.timedelta64(6, "h")
    path = tmp_path / "samples.nc"
    write_samples(path, times, ["test"] * 6 + ["train"] * 2)
    assert main(["ledger", "verify", str(house.path), "--slots", f"{path}:test"]) == 0
    assert main(["ledger", "verify", str(house.path), "--slots", str(path)]) == 1
    printed = capsys.readouterr()
    assert "scheduled" in printed.out
    assert "2 problems" in printed.err
    assert main(["ledger", "verify", str(house.path), "--slots", f"{path}:tset"]) == 2
    assert "no such block; got 'tset'; wanted one of test, train" in capsys.readouterr().err
