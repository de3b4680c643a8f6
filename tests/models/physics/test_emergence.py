"""The trend of the unsigned flux."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.physics.emergence import flux_span, flux_trend

HOURS = np.arange(-24.0, 0.1, 0.2)


@given(st.floats(-1e21, 1e21), st.floats(0, 1e23))
def test_a_straight_line_has_its_own_slope(rate, level):
    assert flux_trend(HOURS, level + rate * HOURS) == pytest.approx(rate, rel=1e-6, abs=1e12)


def test_daily_and_half_daily_oscillations_nearly_cancel():
    for period, largest in ((12.0, 5e19), (24.0, 1e20)):
        phases = np.linspace(0, 2 * np.pi, 25)[:, None]
        wave = 5e22 * (1 + 0.02 * np.sin(2 * np.pi * HOURS / period + phases))
        assert np.abs(flux_trend(HOURS, wave)).max() < largest


def test_gaps_are_left_out_and_the_future_and_older_days_are_not_seen():
    flux = 1e22 + 1e20 * HOURS
    flux[::3] = np.nan
    assert flux_trend(HOURS, flux) == pytest.approx(1e20)
    longer = np.concatenate([[-40.0], HOURS, [1.0]])
    assert flux_trend(longer, np.concatenate([[9e30], flux, [9e30]])) == pytest.approx(1e20)


@pytest.mark.parametrize("kept", [slice(0, 3), slice(0, 14), slice(0, 0)])
def test_few_records_or_a_short_stretch_have_no_trend(kept):
    assert np.isnan(flux_trend(HOURS[kept], 1e22 + HOURS[kept]))


def test_regions_are_treated_one_by_one():
    flux = np.stack([1e22 + 1e20 * HOURS, np.full(HOURS.size, np.nan), 1e22 - 2e20 * HOURS])
    np.testing.assert_allclose(flux_trend(HOURS, flux), [1e20, np.nan, -2e20])


@pytest.mark.data
def test_real_regions_change_more_slowly_than_the_limit(data_root):
    columns = ["HARPNUM", "T_REC", "USFLUX"]
    table = pd.read_parquet(data_root / "sharp/sharp_harps_2010_2019_12min.parquet", columns=columns)
    trends = []
    for _, rows in list(table.groupby("HARPNUM"))[::10]:
        hours = (rows.T_REC - rows.T_REC.iloc[-1]).dt.total_seconds().to_numpy() / 3600
        for end in range(120, len(rows), 120):
            trends.append(float(flux_trend(hours[:end] - hours[end - 1], rows.USFLUX.to_numpy()[:end])))
    trends = np.abs(trends)
    assert np.isfinite(trends).sum() > 500
    assert np.nanmean(trends > 1e21) < 0.05
    assert np.nanmean(trends > 3e21) < 0.005


def test_the_span_is_that_of_the_records_used():
    hours = np.array([-30.0, -20.0, -10.0, -5.0, -2.0, 1.0])
    flux = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) * 1e21
    assert flux_span(hours, flux) == 18
    # too few records, or too short a stretch, give neither trend nor span
    assert np.isnan(flux_span(hours[-3:], flux[-3:]))
    assert np.isnan(flux_span(np.linspace(-2, 0, 9), np.full(9, 1e21)))
