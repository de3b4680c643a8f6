"""M1 to M6: what is predicted beside flares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.models.constraints.limits import load_limits

from .build import ask, batch, cells

NA, PASS, REVIEW, IMPLAUSIBLE = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.IMPLAUSIBLE
ALL = ("M1", "M2", "M3", "M4", "M5", "M6")
LIMITS = load_limits()
# Closer to a limit than this, rounding decides.
OFF = 1e-6


def made(size=1, leads=(24.0,), probability=(0.5, 0.1, 0.01), error=0.4, **columns):
    """Forecasts with predictions: a number, one a lead, or (forecast, lead)."""
    known = {"lead": (("lead",), np.array(leads))}
    for name in [name for name in columns if name.startswith("predicted_")]:
        shape = (len(leads),) if name.endswith(("_low", "_high")) else (size, len(leads))
        values = np.broadcast_to(np.asarray(columns.pop(name), float), shape).copy()
        known[name] = (("forecast", "lead")[-len(shape) :], values)
    known["predicted_xrsb_peak_error"] = (("lead",), np.full(len(leads), float(error)))
    place = {"latitude": 10.0, "longitude": -20.0, "usflux": 1e22}
    return batch([cells(*probability)] * size, **{**place, **known, **columns})


def side(value, review, implausible=np.inf):
    return IMPLAUSIBLE if value > implausible else REVIEW if value > review else PASS


def near(value, *limits):
    return any(abs(value - limit) < OFF * max(1, abs(limit)) for limit in limits)


@pytest.mark.parametrize("check", ALL)
def test_a_model_without_such_predictions_is_not_judged(check):
    outcomes, reasons = ask(check, batch([cells(0.5, 0.1, 0.01)], usflux=1e22))
    assert outcomes == [NA]
    assert reasons[0].startswith("the batch has no variable")


@pytest.mark.parametrize("check", ALL)
def test_predictions_that_are_missing_are_not_judged(check):
    names = ("usflux", "totpot", "xrsb", "xrsb_peak")
    nothing = {f"predicted_{name}": np.nan for name in names}
    nothing |= {f"predicted_{name}_{end}": 1.0 for name in names for end in ("low", "high")}
    outcomes, reasons = ask(check, made(**nothing))
    assert outcomes == [NA]
    assert reasons[0]


@given(st.floats(-1, 1), st.sampled_from([6.0, 24.0, 48.0]))
def test_the_flux_changes_as_fast_as_it_does_on_the_sun(share, lead):
    limits = LIMITS.of("M1")
    change = 1.5 * share * limits["implausible"] * (24 / lead) ** limits["power"] * lead
    rate = abs(change) / lead / (24 / lead) ** limits["power"]
    if not near(rate / limits["review"], 1, limits["implausible"] / limits["review"]):
        found = ask("M1", made(usflux=9e23, predicted_usflux=9e23 + change, leads=(lead,)))[0]
        assert found == [side(rate, limits["review"], limits["implausible"])]


def test_the_worst_lead_decides_and_a_latency_counts_to_it():
    limits = LIMITS.of("M1")
    change = 0.99 * limits["review"] * 24
    assert ask("M1", made(leads=(24.0, 48.0), predicted_usflux=[1e22 + change, 1e22]))[0] == [PASS]
    assert ask("M1", made(leads=(24.0, 48.0), predicted_usflux=[1e22, 1e22 + 9 * change]))[0] != [PASS]
    late = made(predicted_usflux=1e22 + 1.05 * change)
    assert ask("M1", late)[0] == [REVIEW]
    late["data_cutoff"] = late["data_cutoff"] - np.timedelta64(6, "h")
    assert ask("M1", late)[0] == [PASS]


def test_the_flux_changes_from_the_time_of_its_record():
    limits = LIMITS.of("M1")
    # as fast as is allowed in 36 h, of which twelve lie before the cut-off
    change = 0.99 * limits["review"] * 36 * (24 / 36) ** limits["power"]
    one = made(predicted_usflux=1e22 + change)
    assert ask("M1", one)[0] == [REVIEW]
    for time, outcome in ((one["data_cutoff"].values - np.timedelta64(12, "h"), PASS), (np.datetime64("NaT"), REVIEW)):
        one["keyword_time"] = ("forecast", np.broadcast_to(time, 1).astype("datetime64[ns]"))
        assert ask("M1", one)[0] == [outcome]


def test_where_the_view_changes_the_flux_it_is_not_judged():
    # 20 deg west of the centre and 60 two days later; the first lead can be judged, the second cannot
    wrong = {"predicted_usflux": [1e22, 9e23], "leads": (6.0, 72.0)}
    assert ask("M1", made(longitude=30.0, **wrong))[0] == [PASS]
    assert ask("M1", made(longitude=-30.0, **wrong))[0] != [PASS]
    assert ask("M1", made(longitude=58.0, **wrong))[0] == [NA]
    assert ask("M1", made(longitude=np.nan, **wrong))[0] != [PASS]


def test_a_prediction_where_it_cannot_be_judged_is_no_pass_for_one_that_is_missing():
    # near the centre, where it could be judged, nothing is predicted
    one = made(longitude=30.0, leads=(6.0, 72.0), predicted_usflux=[np.nan, 9e23])
    assert ask("M1", one) == ([NA], ["more than 60 deg from disk centre, where the flux changes with the view"])


@given(st.floats(-1.5, 1.5), st.floats(21.5, 23))
def test_energy_goes_with_flux(share, flux):
    limits = LIMITS.of("M2")
    apart = share * limits["implausible"]
    energy = limits["at_1e22"] + limits["slope"] * (flux - 22) + apart
    if not near(abs(apart), limits["review"], limits["implausible"]):
        found = ask("M2", made(predicted_usflux=10**flux, predicted_totpot=10**energy))[0]
        assert found == [side(abs(apart), limits["review"], limits["implausible"])]


def test_of_small_regions_the_relation_is_not_known():
    small = 0.5 * LIMITS.of("M2")["least_flux"]
    assert ask("M2", made(predicted_usflux=small, predicted_totpot=1e30))[0] == [NA]
    assert ask("M2", made(predicted_usflux=1e22, predicted_totpot=np.nan))[0] == [NA]


@given(st.floats(-10, -2))
def test_x_rays_lie_between_the_faintest_day_and_the_largest_flare(log):
    limits = LIMITS.of("M3")
    flux = 10**log
    if not any(near(flux / limits[name], 1) for name in ("floor", "implausible", "largest")):
        expected = IMPLAUSIBLE if flux < limits["implausible"] or flux > limits["largest"] else PASS
        expected = REVIEW if limits["implausible"] <= flux < limits["floor"] else expected
        assert ask("M3", made(predicted_xrsb=flux))[0] == [expected]
        assert ask("M3", made(predicted_xrsb_peak=flux))[0] == [expected]


def test_what_is_not_positive_is_below_every_floor():
    assert ask("M3", made(predicted_xrsb=0.0))[0] == [IMPLAUSIBLE]
    assert ask("M3", made(predicted_xrsb=-1e-7))[0] == [IMPLAUSIBLE]


@given(st.floats(-1, 1), st.booleans())
def test_a_largest_flux_is_not_below_what_it_contains(apart, later):
    tolerance = LIMITS.of("M4")["tolerance"]
    if not near(apart, tolerance):
        # leads need not ascend
        flux = {"predicted_xrsb_peak": [10 ** (-5 - apart), 1e-5], "leads": (48.0, 24.0)}
        if not later:
            flux = {"predicted_xrsb_peak": 10 ** (-5 - apart), "predicted_xrsb": 1e-5}
        assert ask("M4", made(**flux))[0] == [side(apart, tolerance)]


@pytest.mark.parametrize("falls", [[0.0, -0.07, -0.14], [0.0, np.nan, -0.14], [-0.14, 0.0, -0.14]])
def test_a_largest_flux_is_held_against_that_of_every_shorter_lead(falls):
    flux = {"predicted_xrsb_peak": 10 ** (np.array(falls) - 5), "leads": (24.0, 48.0, 72.0)}
    assert ask("M4", made(**flux))[0] == [REVIEW]


def test_one_largest_flux_alone_is_held_against_nothing():
    assert ask("M4", made(predicted_xrsb_peak=[np.nan, 1e-5], leads=(24.0, 48.0)))[0] == [NA]


@given(st.floats(0.001, 0.999), st.floats(-8, -3))
def test_flares_are_as_probable_as_x_rays_are_bright(probability, log):
    limits = LIMITS.of("M5")
    chance = np.clip(np.log(probability / (1 - probability)), -limits["most"], limits["most"])
    # operational C1.0 is 1.43e-6 W m-2 in truth
    implied = np.pi / np.sqrt(3) * (log - np.log10(1e-6 / 0.7)) / 0.4
    apart = chance - np.clip(implied, -limits["most"], limits["most"])
    if not near(abs(apart), limits["logit"]) and not near(apart, 0):
        for entity, both in (("full_disk", True), ("region", False)):
            one = made(predicted_xrsb_peak=10**log, probability=(probability, 0.5, 0.5), entity=entity)
            one = one.isel(threshold=[0])
            bad = abs(apart) > limits["logit"] and (both or apart > 0)
            assert ask("M5", one)[0] == [REVIEW if bad else PASS]


def test_x_rays_are_held_against_classes_on_the_true_scale_of_their_time():
    def apart(when):
        one = made(predicted_xrsb_peak=1e-6, probability=(0.9, 0.5, 0.5), entity="full_disk", when=when)
        return evaluate(one.isel(threshold=[0]), all_checks(["M5"])).value.values[0, 0]

    # a class printed from GOES-16 on needs 0.70 of the true flux it needed before
    assert apart("2024-06-01") - apart("2014-06-01") == pytest.approx(np.pi / np.sqrt(3) * np.log10(0.7) / 0.4)


def test_a_forecast_whose_scale_is_not_known_blanks_no_other():
    one = {"predicted_xrsb_peak": 1e-3, "probability": (0.01, 0.001, 1e-4), "entity": "full_disk"}
    outcomes, reasons = ask("M5", made(2, **one, when=["NaT", "2014-06-01"]))
    assert outcomes == [NA, REVIEW]
    assert reasons[0] == "neither satellite nor time of issue says what the GOES scale was"


def test_without_scale_or_a_lead_as_long_as_a_window_flares_and_x_rays_are_not_compared():
    one = {"predicted_xrsb_peak": 1e-3, "probability": (0.01, 0.001, 1e-4), "entity": "full_disk"}
    assert ask("M5", made(**one))[0] == [REVIEW]
    assert ask("M5", made(**one, attrs={"goes_scale": "unknown"}))[0] == [NA]
    assert ask("M5", made(**one, attrs={"classes": "unknown"}))[0] == [NA]
    assert ask("M5", made(**one, leads=(12.0,)))[0] == [NA]
    assert ask("M5", made(**one, error=np.nan))[0] == [NA]


@given(st.floats(20, 24), st.sampled_from(["usflux", "totpot", "xrsb", "xrsb_peak"]))
def test_predictions_lie_in_the_range_of_training(log, name):
    beyond = max(21 - log, log - 23)
    if not near(beyond, LIMITS.of("M6")["margin"]):
        one = {f"predicted_{name}": 10**log, f"predicted_{name}_low": 1e21, f"predicted_{name}_high": 1e23}
        assert ask("M6", made(**one))[0] == [side(beyond, LIMITS.of("M6")["margin"])]
    assert ask("M6", made(**{f"predicted_{name}": 10**log}))[0] == [NA]
