from datetime import datetime

import pytest

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.coverage import merge_coverage, note_missing, read_missing


def claim(start, end):
    return {"coverage_start": start, "coverage_end": end}


def test_no_claim_gives_no_coverage():
    assert merge_coverage([{}, {"goes_scale": "science"}]) == {}


@pytest.mark.parametrize(("end", "joined"), [("2011-12-31T23:59:00", True), ("2011-12-31T23:58:59", False)])
def test_stretches_join_within_a_minute(end, joined):
    merged = merge_coverage([claim("2012-01-01", "2012-06-01"), claim("2011-01-01", end)])
    assert (len(merged["coverage"]) == 1) == joined


def test_a_stretch_inside_another_does_not_shorten_it():
    merged = merge_coverage([claim("2011-01-01", "2013-01-01"), claim("2011-02-01", "2011-03-01")])
    assert merged["coverage_end"] == "2013-01-01T00:00:00"


DAYS = [(datetime(2014, 2, 1), datetime(2014, 2, 3)), (datetime(2013, 12, 31), datetime(2014, 1, 1))]


def test_what_is_declared_missing_is_written_in_order_and_read_back():
    noted = note_missing(DAYS)
    assert noted["missing"][0] == ["2013-12-31T00:00:00", "2014-01-01T00:00:00"]
    assert [[str(time)[:10] for time in pair] for pair in read_missing(noted, "archive")] == [
        ["2013-12-31", "2014-01-01"],
        ["2014-02-01", "2014-02-03"],
    ]
    assert note_missing(()) == {}
    assert read_missing({}, "archive") == []


@pytest.mark.parametrize(
    "stretch", [["2014-01-01", "2013-12-31"], ["2014-01-01", "2014-01-01"], ["2014-01-01"], ["once", "ever"], 5]
)
def test_a_stretch_that_is_none_is_refused(stretch):
    with pytest.raises(ArchiveError, match=r"a.zarr: flares_swpc: attribute missing: no stretch .*first before the"):
        read_missing({"missing": [stretch]}, "a.zarr: flares_swpc")


def test_what_is_no_list_of_stretches_is_refused():
    with pytest.raises(ArchiveError, match="got 2013"):
        read_missing({"missing": 2013}, "a.zarr")
