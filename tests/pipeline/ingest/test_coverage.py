import pytest

from sunproof.pipeline.ingest.coverage import merge_coverage


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
