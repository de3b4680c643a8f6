import numpy as np
import pytest

from sunproof.pipeline.auditing.config import ForeignConfig
from sunproof.pipeline.auditing.foreign import read_foreign
from sunproof.pipeline.errors import InputError

MEANING = {"classes": "cumulative", "windows": "nested", "goes_scale": "operational", "unit": "percent"}
LONG = MEANING | {
    "issue_time": "issued",
    "noaa_ar": "region",
    "threshold": "class",
    "window": "hours",
    "probability": "p",
}
TABLE = """issued,region,class,hours,p
2014-10-20T00:00:00Z,12192,M1.0,24,60
2014-10-20T00:00:00Z,12192,X1.0,24,-1
2014-10-20T00:00:00Z,,M1.0,24,65
2014-10-20T06:00:00Z,12193,M1.0,24,-1
"""


def read(tmp_path, text, **changes):
    path = tmp_path / "theirs.csv"
    path.write_text(text)
    return read_foreign(path, ForeignConfig(**(LONG | changes)))


def test_percent_become_fractions_and_minus_one_is_missing(tmp_path):
    forecasts = read(tmp_path, TABLE)
    first = forecasts.isel(forecast=forecasts["noaa_ar"].values == 12192)
    np.testing.assert_array_equal(first["probability"].values.ravel(), [0.6, np.nan])


def test_a_row_without_a_region_is_the_full_disk(tmp_path):
    forecasts = read(tmp_path, TABLE)
    assert forecasts["entity"].values.tolist() == ["full_disk", "region", "region"]
    assert forecasts["noaa_ar"].values.tolist() == [-1, 12192, 12193]


def test_a_slot_without_any_probability_is_no_forecast_with_a_reason(tmp_path):
    forecasts = read(tmp_path, TABLE)
    assert forecasts["status"].values.tolist() == ["ISSUED", "ISSUED", "NO_FORECAST"]
    assert forecasts["status_reason"].values[2] == "no probability in the table for this slot"


def test_the_declared_meaning_travels_with_the_batch(tmp_path):
    forecasts = read(tmp_path, TABLE, classes="exclusive", windows="disjoint", quantum=0.05, model="theirs")
    assert forecasts.attrs == {
        "classes": "exclusive",
        "windows": "disjoint",
        "goes_scale": "operational",
        "model": "theirs",
        "probability_quantum": 0.05,
        "simulated": 0,
    }


def test_impossible_probabilities_are_left_for_the_checks(tmp_path):
    forecasts = read(tmp_path, TABLE.replace(",60", ",160"))
    assert float(forecasts["probability"].max()) == 1.6


def test_windows_start_after_the_declared_delay(tmp_path):
    forecasts = read(tmp_path, TABLE, window_delay=2)
    delay = forecasts["window_start"].values - forecasts["issue_time"].values
    assert set(delay.astype("timedelta64[h]").astype(int)) == {2}


def test_all_problems_of_a_table_come_together(tmp_path):
    text = TABLE.replace("12193", "AR12193").replace(",60", ",sixty").replace("T06:00:00Z", "T36:00:00Z")
    with pytest.raises(InputError, match="unreadable cell") as caught:
        read(tmp_path, text)
    found = "\n".join(map(str, caught.value.problems))
    assert "line 2, column p: unreadable cell; got 'sixty'; wanted a percent or one of" in found
    assert "line 5, column region: unreadable cell; got 'AR12193'" in found
    assert "line 5, column issued: unreadable cell; got '2014-10-20T36:00:00Z'" in found


@pytest.mark.parametrize(
    ("text", "changes", "message"),
    [
        (TABLE, {"probability": "prob"}, r"column prob: no such column; got \['issued'"),
        (TABLE.replace("M1.0", "M5"), {}, r"unreadable cell \(3 such cells\); got 'M5'; wanted one of C1.0"),
        (
            TABLE + TABLE.splitlines()[1],
            {},
            r"line 6: forecast occurs more than once \(2 such cells\); got 'M1.0, 24 h'",
        ),
        ("", {}, "the table is empty"),
        ("issued,region,class,hours,p\n", {}, "the table has no rows"),
        (TABLE.replace(",24,", ",soon,"), {}, r"column hours: unreadable cell \(4 such cells\); got 'soon'"),
        (TABLE.replace(",24,", ",0,"), {}, "got '0'; wanted hours above 0"),
        (TABLE.replace(",24,", ",inf,"), {}, "got 'inf'; wanted hours above 0"),
        (TABLE.replace("12193", "12193.5"), {}, "line 5, column region: unreadable cell; got '12193.5'"),
        (TABLE.replace("12193", "-5"), {}, "line 5, column region: unreadable cell; got '-5'"),
        (TABLE.replace("12193", "inf"), {}, "line 5, column region: unreadable cell; got 'inf'"),
        (TABLE.replace("2014-10-20T06", "9999-10-20T06"), {}, "line 5, column issued: unreadable cell; got '9999"),
    ],
)
def test_a_broken_table_is_refused_with_its_place(tmp_path, text, changes, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text, **changes)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing.csv: no such file"):
        read_foreign(tmp_path / "nothing.csv", ForeignConfig(**LONG))


def test_a_declared_correction_replaces_the_earlier_row(tmp_path):
    text = TABLE + TABLE.splitlines()[1].replace("60", "70")
    assert read(tmp_path, text, repeats="last")["probability"].values[1, 0, 0] == 0.7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"wide": [{"column": "m", "threshold": "M1.0", "window": 24}]}, "a table is long or wide"),
        ({"window": None}, r"needs the columns threshold, window and probability \(given: class, p\)"),
        ({"unit": "per mille"}, "'fraction' or 'percent'"),
        ({"classes": None}, "'cumulative', 'exclusive' or 'unknown'"),
    ],
)
def test_a_meaning_that_is_not_complete_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        ForeignConfig(**(LONG | changes))


@pytest.mark.data
@pytest.mark.parametrize(("name", "days", "slots"), [("SWPC_fcast.txt", 3, 923), ("IFF_fcast.txt", 4, 1858)])
def test_issued_forecasts_of_two_services_are_read(data_root, name, days, slots):
    wide = [
        {"column": 5 + day + days * place, "threshold": threshold, "window": 24 * (day + 1)}
        for place, threshold in enumerate(("M1.0", "X1.0"))
        for day in range(days)
    ]
    table = ForeignConfig(
        **(MEANING | {"windows": "disjoint"}),
        separator="whitespace",
        header=False,
        issue_time=[0, 1, 2, 3, 4],
        time_format="%Y %m %d %H %M",
        wide=wide,
        repeats="last",
    )
    forecasts = read_foreign(data_root / "operational_forecasts" / name, table)
    assert forecasts.sizes == {"forecast": slots, "threshold": 2, "window": days}
    assert float(forecasts["probability"].max()) <= 1


def test_lines_are_those_of_the_file_comments_and_empty_lines_included(tmp_path):
    head, first, *rest = TABLE.replace(",65", ",sixty").splitlines(keepends=True)
    text = "".join(["# their model\n", "# simulated: 1\n", head, first, "\n", "# a remark\n", *rest])
    with pytest.raises(InputError, match=r"line 8, column p: unreadable cell; got 'sixty'"):
        read(tmp_path, text)
    twice = text.replace("sixty", "65") + rest[-1]
    with pytest.raises(InputError, match=r"line 9: forecast occurs more than once(.|\n)*line 10: forecast occurs"):
        read(tmp_path, twice)
    # a cell of several lines: what cannot be told is counted in rows
    broken = TABLE.replace("region", '"reg\nion"', 1).replace(",65", ",sixty")
    with pytest.raises(InputError, match=r"line 4, column p: unreadable cell"):
        read(tmp_path, broken, noaa_ar="reg\nion")
