from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.pipeline.ingest.fetching.jobs import first_of_slots, periods

STARTS = st.datetimes(datetime(1995, 1, 1), datetime(2030, 1, 1))


@given(STARTS, st.timedeltas(timedelta(microseconds=1), timedelta(days=800)), st.sampled_from(["day", "month", "year"]))
def test_periods_cover_the_interval_and_follow_each_other(start, length, unit):
    found = list(periods(start, start + length, unit))
    assert found[0][0] <= start < found[0][1]
    assert found[-1][0] < start + length <= found[-1][1]
    assert all(one_end == other_start for (_, one_end), (other_start, _) in pairwise(found))
    assert all(first == first.replace(hour=0, minute=0, second=0, microsecond=0) for first, _ in found)


@pytest.mark.parametrize(
    ("unit", "wanted"),
    [
        ("day", [(31, 1), (1, 2), (2, 3)]),
        ("month", [(1, 1), (1, 1)]),
    ],
)
def test_the_end_is_not_included(unit, wanted):
    found = list(periods(datetime(2015, 1, 31, 6), datetime(2015, 2, 3), unit))
    assert [(start.day, end.day) for start, end in found] == wanted


def test_years_begin_in_january():
    found = list(periods(datetime(2015, 6, 1), datetime(2016, 1, 1), "year"))
    assert found == [(datetime(2015, 1, 1), datetime(2016, 1, 1))]


@pytest.mark.parametrize(("cadence", "minutes"), [(720, [1, 12]), (0, [1, 11, 12]), (60, [1, 11, 12])])
def test_the_first_of_each_slot_is_given(cadence, minutes):
    items = [(datetime(2017, 9, 6, 0, minute), minute) for minute in (12, 1, 11)]
    assert [item for _, item in first_of_slots(items, cadence)] == minutes
