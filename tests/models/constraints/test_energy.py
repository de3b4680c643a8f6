"""B5, B7, B8: the predicted flare against what its region holds and against the record."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.physics.energy import bolometric_energy, potential_energy_proxy

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE
DISK = {"latitude": 10.0, "longitude": 20.0}
DIMS = ("forecast", "window", "quantile")


def flare(median, **evidence):
    """A forecast whose median of the largest peak flux is given."""
    return batch(
        [[[0.9], [0.6], [0.1]]],
        windows=(24.0,),
        flux_quantile=(DIMS, [[[median]]]),
        quantile=(("quantile",), np.array([0.5])),
        **{"usflux": 2e22, **DISK, **evidence},
    )


@given(st.floats(-0.9, 0.9))
def test_the_budget_is_left_above_a_quarter_and_above_all_of_the_potential_energy(dex):
    # A measured energy such that the flare needs 10^dex of it after allowing half a decade of scatter.
    needed = float(bolometric_energy(2e-4)) * 10**-0.5
    outcome = ask("B5", flare(2e-4, potential_energy=needed / 10**dex))[0][0]
    if min(abs(dex), abs(dex - np.log10(0.25))) > 1e-6:
        expected = Outcome.IMPLAUSIBLE if dex > 0 else Outcome.REVIEW if dex > np.log10(0.25) else Outcome.PASS
        assert outcome == expected


@pytest.mark.parametrize(
    ("usflux", "expected"),
    [(2e22, Outcome.PASS), (4e21, Outcome.PASS), (1e21, Outcome.REVIEW), (2e20, Outcome.IMPLAUSIBLE)],
)
def test_without_a_magnetogram_the_unsigned_flux_stands_for_the_energy(usflux, expected):
    assert ask("B5", flare(1e-4, usflux=usflux))[0] == [expected]


def test_a_region_at_an_unknown_place_is_reviewed_at_most():
    outcomes, reasons = ask("B5", flare(1e-4, usflux=2e20, latitude=np.nan))
    assert outcomes == [Outcome.REVIEW]
    assert "its place is unknown" in reasons[0]


def test_a_likely_class_stands_for_a_peak_flux():
    made = batch([cells(0.9, 0.8, 0.6)], usflux=2e20, **DISK)
    assert ask("B5", made)[0] == [Outcome.IMPLAUSIBLE]
    assert ask("B5", batch([cells(0.9, 0.2, 0.1)], usflux=2e20, **DISK))[0] == [Outcome.PASS]
    assert ask("B5", batch([cells(0.3, 0.2, 0.1)], usflux=2e20, **DISK))[0] == [NA]


def test_little_free_energy_asks_for_review():
    needed = float(bolometric_energy(2e-4)) * 10**-0.5
    rich = {"potential_energy": needed * 100}
    assert ask("B5", flare(2e-4, free_energy=needed / 2.9, **rich))[0] == [Outcome.PASS]
    assert ask("B5", flare(2e-4, free_energy=needed / 3.1, **rich))[0] == [Outcome.REVIEW]


@pytest.mark.parametrize("check", ["B5", "B8"])
@pytest.mark.parametrize(
    "evidence", [{"entity": "full_disk"}, {"longitude": 65.0}, {"usflux": np.nan}, {"attrs": {"classes": "unknown"}}]
)
def test_a_missing_prerequisite_is_not_evaluable(check, evidence):
    made = flare(np.nan if "attrs" in evidence else 5e-3, **evidence)
    assert ask(check, made)[0] == [NA]


def test_observed_floors_need_a_tenth_of_the_energy():
    for flux, usflux in ((1e-4, 1.1e22), (1e-5, 3.1e21)):
        share = bolometric_energy(flux) / potential_energy_proxy(np.array(usflux))
        assert 0.05 < share < 0.2


@pytest.mark.parametrize(
    ("median", "scale", "expected"),
    [
        (4.9e-3, "science", Outcome.PASS),
        (5.1e-3, "science", Outcome.IMPLAUSIBLE),
        (3.4e-3, "operational", Outcome.PASS),
        (3.6e-3, "operational", Outcome.IMPLAUSIBLE),
        (-1e-5, "science", Outcome.INVALID),
        (np.inf, "science", Outcome.INVALID),
        (np.nan, "science", NA),
    ],
)
def test_the_largest_flare_on_record_is_a_ceiling(median, scale, expected):
    assert ask("B7", flare(median, attrs={"goes_scale": scale}))[0] == [expected]


@pytest.mark.parametrize(
    ("median", "issued", "satellite", "expected"),
    [
        (4.9e-3, "2024-05-10", -1, Outcome.PASS),
        (5.1e-3, "2024-05-10", -1, Outcome.IMPLAUSIBLE),
        (3.6e-3, "2019-12-09T17:00", -1, Outcome.IMPLAUSIBLE),
        (3.6e-3, "2019-12-09T18:00", -1, Outcome.PASS),
        (4.9e-3, "2018-01-01", 16, Outcome.PASS),
        (3.6e-3, "2024-05-10", 15, Outcome.IMPLAUSIBLE),
    ],
)
def test_the_operational_scale_is_the_true_one_from_goes_16_on(median, issued, satellite, expected):
    made = flare(median, attrs={"goes_scale": "operational"}, when=issued, satellite=satellite)
    assert ask("B7", made)[0] == [expected]


@given(st.floats(21, 23), st.floats(-6, -2.5))
def test_the_envelope_grows_with_the_flux_to_the_power_one_and_a_half(log_usflux, log_flux):
    margin = -4 + 1.5 * (log_usflux - np.log10(1.13e22)) + 0.5 - log_flux
    outcome = ask("B8", flare(10**log_flux, usflux=10**log_usflux))[0][0]
    if abs(margin) > 1e-6:
        assert outcome == (Outcome.PASS if margin > 0 else Outcome.REVIEW)


def test_a_flare_free_forecast_of_a_large_region_is_no_offence():
    # The envelope bounds from above only: strong regions may stay quiet.
    assert ask("B8", flare(1e-7, usflux=1e23))[0] == [Outcome.PASS]
