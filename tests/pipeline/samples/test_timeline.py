import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.samples.timeline import RangeMaximum, Timeline, microseconds

EPOCH = np.datetime64("2011-01-01", "us")

records = st.lists(st.tuples(st.integers(-3, 3), st.integers(-50, 50)), max_size=40)


def stamps(values: list[int]) -> np.ndarray:
    return EPOCH + np.array(values, dtype="timedelta64[us]")


@given(records, records)
def test_positions_count_what_a_loop_counts(rows, questions):
    timeline = Timeline(np.array([row[0] for row in rows], np.int64), stamps([row[1] for row in rows]))
    segment = np.array([question[0] for question in questions], np.int64)
    until = timeline.until(segment, stamps([question[1] for question in questions]))
    counted = until - timeline.begin(segment)
    assert counted.tolist() == [sum(r[0] == q[0] and r[1] <= q[1] for r in rows) for q in questions]


def test_order_puts_values_beside_their_times():
    timeline = Timeline(np.array([2, 1, 2]), stamps([5, 9, 3]))
    assert np.array(["a", "b", "c"])[timeline.order].tolist() == ["b", "c", "a"]
    assert timeline.starts.tolist() == [0, 1]


def test_an_unknown_segment_has_no_records():
    timeline = Timeline(np.array([1]), stamps([0]))
    assert timeline.until(np.array([7]), stamps([10])).tolist() == [0]
    assert timeline.begin(np.array([7])).tolist() == [0]


def test_centuries_of_passages_do_not_overflow():
    segment = np.repeat(np.arange(20_001), 2)
    time = np.tile(np.array(["2000-01-01", "2000-02-01"], "datetime64[us]"), 20_001)
    time[-2] = np.datetime64("1800-01-01")
    timeline = Timeline(segment, time)
    asked = timeline.until(np.array([20_000]), np.array(["1900-01-01"], "datetime64[us]"))
    assert asked.tolist() == [40_001]


def test_more_time_than_the_axis_holds_is_refused():
    segment, time = np.repeat(np.arange(20_000), 2), np.tile(stamps([0, 6 * 10**15]), 20_000)
    with pytest.raises(InputError, match=r"too long; got '20000 regions, 3.8e\+06 years'"):
        Timeline(segment, time)


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=70), st.data())
def test_range_maximum_is_the_maximum_of_the_slice(values, data):
    pairs = data.draw(st.lists(st.tuples(st.integers(0, len(values)), st.integers(0, len(values))), max_size=20))
    start, end = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    expected = [max(values[first:last], default=0) for first, last in pairs]
    assert RangeMaximum(np.array(values))(start, end).tolist() == pytest.approx(expected)


def test_an_empty_array_has_only_empty_ranges():
    assert RangeMaximum(np.zeros(0))(np.zeros(2, np.int64), np.zeros(2, np.int64)).tolist() == [0, 0]


def test_nanoseconds_and_seconds_agree():
    times = ["2011-02-15T01:44:00"]
    assert microseconds(np.array(times, "datetime64[ns]")) == microseconds(np.array(times, "datetime64[s]"))
