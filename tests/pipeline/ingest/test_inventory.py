import numpy as np
import pytest

from sunproof.pipeline.ingest.inventory import inventory, show_inventory


def days(*stamps) -> np.ndarray:
    return np.array(stamps, dtype="datetime64[ns]")


def test_gaps_are_stretches_of_whole_days():
    held = inventory(days("2011-02-01T23:59", "2011-02-04", "2011-02-05", "2011-03-01"))
    assert held["missing"] == [["2011-02-02", "2011-02-03"], ["2011-02-06", "2011-02-28"]]
    assert (held["days"], held["days_with_data"]) == (29, 4)
    assert held["months"] == {"2011-02": 3, "2011-03": 1}


@pytest.mark.parametrize("times", [None, days(), days("NaT")])
def test_a_group_without_times_has_no_days(times):
    assert inventory(times)["first"] is None


@pytest.mark.parametrize(
    ("last", "row"), [("2011-02-10", "2011-02-02"), ("2011-09-30", "2011-03"), ("2019-01-01", "2012")]
)
def test_the_table_has_days_months_or_years(capsys, last, row):
    held = inventory(days("2011-02-01", last)) | {"files": 1, "records": 2, "duplicates": 0, "conflicts": 0}
    show_inventory({"sharp": held})
    rows = [line.split("│")[1].strip() for line in capsys.readouterr().out.splitlines() if line.count("│") == 3]
    assert row in rows


def test_a_cell_counts_days_without_data_inside_the_groups_own_interval(capsys):
    full = {"files": 1, "records": 2, "duplicates": 0, "conflicts": 0}
    groups = {"a": inventory(days("2011-01-30", "2012-12-31")) | full, "b": inventory(days("2014-06-01")) | full}
    show_inventory(groups)
    out = capsys.readouterr().out
    # from 30 January 2011 to its end there are 336 days, and a record on the first; b begins later
    (line,) = [line for line in out.splitlines() if "2011 " in line and line.count("│") == 4]
    assert [cell.strip() for cell in line.split("│")[2:4]] == ["335", "-"]
