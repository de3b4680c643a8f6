"""Fits of the flare size distribution: recovered on drawn samples, and published indices on the real list."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.physics.size_distribution import fit_power_law, fit_tapered


def drawn(alpha, size, taper=np.inf, seed=0):
    """Fluxes above 1e-5: the smaller of a Pareto and a shifted exponential variable has the tapered distribution."""
    rng = np.random.default_rng(seed)
    pareto = 1e-5 * rng.random(size) ** (-1 / (alpha - 1))
    return pareto if np.isinf(taper) else np.minimum(pareto, 1e-5 + rng.exponential(taper, size))


@given(st.floats(1.5, 3.0), st.integers(0, 1000))
def test_the_index_of_a_power_law_is_recovered_within_its_error(alpha, seed):
    fit = fit_power_law(drawn(alpha, 4000, seed=seed), 1e-5)
    assert fit.events == 4000
    assert abs(fit.alpha - alpha) < 4.5 * fit.error
    assert fit.error == pytest.approx((alpha - 1) / np.sqrt(4000), rel=0.1)


@pytest.mark.parametrize(("alpha", "taper"), [(1.9, 1e-3), (2.0, 2e-4), (1.7, 5e-4)])
def test_index_and_taper_are_recovered(alpha, taper):
    fit = fit_tapered(drawn(alpha, 40_000, taper), 1e-5)
    assert fit.alpha == pytest.approx(alpha, abs=0.03)
    assert fit.taper == pytest.approx(taper, rel=0.15)
    assert fit.log_likelihood > fit_power_law(drawn(alpha, 40_000, taper), 1e-5).log_likelihood


def test_a_taper_is_not_invented():
    fluxes = drawn(2.0, 20_000)
    fit = fit_tapered(fluxes, 1e-5)
    assert fit.taper > 0.1
    assert fit.log_likelihood - fit_power_law(fluxes, 1e-5).log_likelihood < 4


def test_printed_classes_are_fitted_from_half_a_step_below_the_threshold():
    fluxes = drawn(2.0, 50_000)
    printed = np.round(fluxes[fluxes >= 9.5e-6], 6)
    assert fit_power_law(printed, 2e-5, step=0.05).alpha == pytest.approx(2.0, abs=0.025)


def test_missing_and_small_fluxes_are_left_out():
    fluxes = np.concatenate([drawn(2.0, 100), [np.nan, 1e-7]])
    assert fit_power_law(fluxes, 1e-5).events == 100


def test_nothing_above_the_threshold_is_refused():
    with pytest.raises(ValueError, match=r"no flux above 0\.0001 W m-2 among 2"):
        fit_power_law([1e-6, 2e-6], 1e-4)


@pytest.mark.data
def test_the_index_of_the_swpc_list_is_the_published_one(data_root):
    table = pd.read_csv(data_root / "catalogues/hayesla_swpc_flarelist_19960731_20181231.csv.gz", index_col=0)
    letters = table.goes_class.str[0].map({"C": 1e-6, "M": 1e-5, "X": 1e-4})
    flux = letters * pd.to_numeric(table.goes_class.str[1:].str.replace(",", "."), errors="coerce")
    # Classes are printed with one decimal: 0.1 of C1.0 and M1.0, 0.05 of C2.0, 0.02 of C5.0.
    for lowest, step, index in ((1e-6, 0.1, 1.87), (2e-6, 0.05, 2.07), (5e-6, 0.02, 2.18), (1e-5, 0.1, 2.12)):
        assert fit_power_law(flux, lowest, step).alpha == pytest.approx(index, abs=0.006)
