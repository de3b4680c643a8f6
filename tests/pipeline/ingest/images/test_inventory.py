import numpy as np

from sunproof.pipeline.ingest.images.clock import Schedule
from sunproof.pipeline.ingest.images.inventory import show_slots, slot_inventory


def slots(reasons, start="2011-02-15T23:36", minutes=12) -> Schedule:
    times = np.datetime64(start, "ns") + np.arange(len(reasons)) * np.timedelta64(minutes, "m")
    chosen = np.array([-1 if reason else 0 for reason in reasons], np.int64)
    return Schedule(times, chosen, list(reasons), {}, [])


def test_slots_are_counted_by_day_and_by_reason():
    found = slot_inventory(slots(["", "no file", "rejected: eclipse", "", "stale: the pixels of a.fits"]))
    assert (found["count"], found["filled"]) == (5, 2)
    assert found["reasons"] == {"no file": 1, "rejected: eclipse": 1, "stale": 1}
    assert found["days"] == {"2011-02-15": [2, 1], "2011-02-16": [3, 1]}


def test_stretches_of_one_reason_are_joined():
    found = slot_inventory(slots(["", "no file", "no file", "rejected: eclipse", ""]))
    assert found["missing"] == [
        ["2011-02-15T23:48:00", "2011-02-16T00:00:00", "no file"],
        ["2011-02-16T00:12:00", "2011-02-16T00:12:00", "rejected: eclipse"],
    ]


def test_no_slot_has_no_gap():
    assert slot_inventory(slots([]))["missing"] == []


def test_the_table_shows_instruments_over_time(capsys):
    groups = {
        "aia_171": {"slots": slot_inventory(slots(["", "no file", "no file"]))},
        "hmi_m": {"slots": slot_inventory(slots(["rejected: eclipse"], "2011-02-16T00:00"))},
        "goes15_xrs": {},
    }
    show_slots(groups)
    printed = capsys.readouterr().out
    rows = {line.split("│")[1].strip(): line for line in printed.splitlines() if line.startswith("│")}
    assert [cell.strip() for cell in rows["2011-02-15"].split("│")[2:4]] == ["1 of 2", "-"]
    assert [cell.strip() for cell in rows["all"].split("│")[2:4]] == ["2 of 3", "1 of 1"]
    assert [cell.strip() for cell in rows["rejected: eclipse"].split("│")[2:4]] == ["0", "1"]


def test_long_intervals_are_shown_by_month(capsys):
    show_slots({"aia_171": {"slots": slot_inventory(slots(["no file"] * 100, minutes=1440))}})
    assert "2011-03" in capsys.readouterr().out


def test_without_images_nothing_is_shown(capsys):
    show_slots({"goes15_xrs": {}})
    assert capsys.readouterr().out == ""
