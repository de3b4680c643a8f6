import math

import numpy as np
import pytest

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.forecasting.formats.base import parse_number, parse_place, parse_time, write_place, write_time


@pytest.mark.parametrize(
    "text",
    ["2024-05-10T12:05Z", "2024-05-10T12:05", "2024-05-10T12:05:00Z", "2024-05-10 12:05:00.000", "20240510T1205Z"],
)
def test_times_with_and_without_seconds_and_zone_are_one_time(text):
    problems = ProblemList("file")
    assert parse_time(text, "issue", problems) == np.datetime64("2024-05-10T12:05:00")
    assert not problems


@pytest.mark.parametrize("text", ["10 May 2024", "2024-13-10T12:05Z", "", None])
def test_what_is_no_time_is_a_problem_with_its_value(text):
    problems = ProblemList("file")
    assert np.isnat(parse_time(text, "issue", problems))
    assert f"not a time; got {text!r}" in str(next(iter(problems))) or text is None


def test_times_are_written_to_minute_or_second():
    time = np.datetime64("2024-05-10T12:05:30", "ns")
    assert (write_time(time), write_time(time, "s")) == ("2024-05-10T12:05Z", "2024-05-10T12:05:30Z")


@pytest.mark.parametrize(("text", "place"), [("N26W08", (26, 8)), ("S17E29", (-17, -29)), ("n05w115", (5, 115))])
def test_places_are_read_and_written(text, place):
    problems = ProblemList("file")
    assert parse_place(text, "row", problems) == place
    assert parse_place(write_place(*place), "row", problems) == place
    assert not problems


@pytest.mark.parametrize("text", ["----", "------", None])
def test_dashes_are_no_place(text):
    problems = ProblemList("file")
    assert all(map(math.isnan, parse_place(text, "row", problems)))
    assert write_place(math.nan, 3.0) == "------"
    assert not problems


@pytest.mark.parametrize(("text", "value"), [("0.35", 0.35), (1, 1.0), ("0", 0.0)])
def test_fractions_are_read(text, value):
    assert parse_number(text, "row", ProblemList("file")) == value


@pytest.mark.parametrize("text", ["-1", -1, "--", None, "-1.0000"])
def test_missing_is_nan_never_zero(text):
    problems = ProblemList("file")
    assert math.isnan(parse_number(text, "row", problems))
    assert not problems


@pytest.mark.parametrize(
    ("text", "message"), [("35", "not a fraction; got 35.0"), ("high", "not a number; got 'high'")]
)
def test_per_cent_and_words_are_problems(text, message):
    problems = ProblemList("file")
    parse_number(text, "row", problems)
    assert message in str(next(iter(problems)))
