"""C9: one Bayes factor against class, area and recent flares together."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.models.constraints.summaries import combined_prior
from sunproof.models.constraints.tables import load_table, smoothed_odds

from .build import CLASSES, ask, batch, cells

REGION = {
    "srs_time": np.datetime64("2014-05-31T12:00", "ns"),
    "mcintosh": "EKC",
    "hale": "BETA-GAMMA-DELTA",
    "srs_area": 600.0,
    "flares_24h": 4.0,
}


def region(p=(0.8, 0.3, 0.05), **evidence):
    return batch([cells(*p, (1.0, 1.1, 1.2))], **{**REGION, **evidence})


def prior(**evidence):
    return 1 / (1 + np.exp(-combined_prior(region(**evidence))[0]))


@given(st.sampled_from([0, 1, 2]), st.floats(-6, 6))
def test_odds_may_move_down_by_a_factor_of_thirty_three_and_up_by_a_hundred_and_forty_eight(index, step):
    p = prior()
    odds = p[index] / (1 - p[index]) * np.exp(step)
    p[index] = odds / (1 + odds)
    outcome = ask("C9", region(tuple(p)))[0][0]
    if min(abs(step - 5), abs(step + 3.5)) > 1e-6:
        assert outcome == (Outcome.PASS if -3.5 < step < 5 else Outcome.REVIEW)


def test_several_regions_are_not_weighed_as_one():
    outcomes, reasons = ask("C9", region(summary_regions=2.0))
    assert outcomes == [Outcome.NOT_EVALUABLE]
    assert "counts are of single ones" in reasons[0]


def test_the_value_is_the_log_bayes_factor():
    p = prior()
    odds = p[1] / (1 - p[1]) * np.exp(-4)
    found = evaluate(region((p[0], odds / (1 + odds), p[2])), all_checks(["C9"]))
    assert found.value.values[0, 0] == pytest.approx(-4)
    assert found.limit.values[0, 0] == pytest.approx(-3.5)


def test_a_tiny_prior_does_not_exclude_what_counts_do_not_exclude():
    spot = {"mcintosh": "AXX", "hale": "ALPHA", "srs_area": 10.0, "flares_24h": 0.0}
    p = prior(**spot)
    assert p[2] < 1e-4
    assert ask("C9", region((p[0], p[1], 0.01), **spot))[0] == [Outcome.PASS]
    assert ask("C9", region((p[0], p[1], 0.14), **spot))[0] == [Outcome.REVIEW]


@pytest.mark.parametrize(("p_m", "expected"), [(1e-3, Outcome.PASS), (1e-7, Outcome.PASS), (0.9, Outcome.REVIEW)])
def test_no_count_tells_a_tiny_forecast_from_one_in_a_thousand(p_m, expected):
    spot = {"mcintosh": "CSO", "hale": "BETA", "srs_area": 80.0, "flares_24h": 0.0}
    p = prior(**spot)
    assert 2e-3 < p[1] < 0.02
    assert ask("C9", region((max(p[0], p_m), p_m, min(p[2], p_m)), **spot))[0] == [expected]


def test_a_tiny_forecast_is_far_below_what_an_active_region_has():
    p = prior()
    assert p[1] > 0.1
    assert ask("C9", region((p[0], 1e-7, 1e-8)))[0] == [Outcome.REVIEW]


@pytest.mark.parametrize("missing", [{"mcintosh": ""}, {"hale": "?"}, {"srs_area": np.nan}, {"flares_24h": np.nan}])
def test_all_four_must_be_known(missing):
    assert ask("C9", region(**missing))[0] == [Outcome.NOT_EVALUABLE]


def test_a_stale_summary_is_not_weighed():
    made = region(srs_time=np.datetime64("2014-05-29", "ns"))
    assert ask("C9", made) == ([Outcome.NOT_EVALUABLE], ["the region summary is older than 24 h"])


def test_more_flares_and_area_raise_every_prior():
    quiet, busy = prior(flares_24h=0.0, srs_area=100.0), prior(flares_24h=6.0, srs_area=900.0)
    assert (busy > quiet).all()
    assert (np.diff(busy) < 0).all()


@pytest.mark.data
def test_the_coefficients_are_the_fit(data_root):
    linear = pytest.importorskip("sklearn.linear_model")
    days = pd.read_csv(data_root / "catalogues/hayesla_AR_flare_ml_23_24.csv.gz", index_col=0)
    days["day"] = pd.to_datetime(days["AR issue_date"]).dt.floor("D")
    before = days[["day", "noaa_ar", "C+"]].assign(day=days.day + pd.Timedelta(days=1))
    days = days.merge(before, on=["day", "noaa_ar"], suffixes=("", "_before"))
    assert len(days) == load_table("prior")["region_days"]
    odds = [
        smoothed_odds(name, days[column].str.upper().to_numpy(str), 20)
        for name, column in (("mcintosh", "McIntosh"), ("hale", "MAGTYPE"))
    ]
    for number, (name, event) in enumerate(zip(CLASSES, ["C+", "M+", "X+"], strict=True)):
        terms = [table[:, number] for table in odds]
        inputs = np.column_stack([*terms, np.log10(np.maximum(days.AREA, 10.0)), np.log2(1 + days["C+_before"])])
        fit = linear.LogisticRegression(C=1e3, max_iter=500).fit(inputs, days[event] > 0)
        coefficients = [fit.intercept_[0], *fit.coef_[0]]
        np.testing.assert_allclose(coefficients, load_table("prior")["rows"][name], atol=5e-3)
