import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.verification.matching import match


@pytest.fixture
def forecasts(samples):
    made = samples.rename(sample="forecast").drop_vars(["event", "block"])
    made["status"] = ("forecast", np.full(made.sizes["forecast"], "ISSUED", dtype=object))
    return made


def test_forecasts_in_any_order_find_their_samples(forecasts, samples):
    order = np.random.default_rng(0).permutation(forecasts.sizes["forecast"])[:100]
    found = match(forecasts.isel(forecast=order), samples, "f.nc")
    assert (np.diff(found.sample) > 0).all()
    np.testing.assert_array_equal(order[found.forecast], found.sample)


def test_forecasts_that_nobody_can_answer_are_counted(forecasts, samples):
    found = match(forecasts, samples.isel(sample=slice(0, 30)), "f.nc")
    assert (len(found.sample), found.unlabelled) == (30, 690)


def test_slots_without_a_forecast_are_counted(forecasts, samples):
    forecasts["status"][7] = "NO_FORECAST"
    assert match(forecasts, samples, "f.nc").silent == 1


@pytest.mark.parametrize(
    ("name", "other"), [("classes", "exclusive"), ("windows", "disjoint"), ("goes_scale", "science")]
)
def test_other_semantics_than_the_labels_are_refused(forecasts, samples, name, other):
    with pytest.raises(InputError, match=f"f.nc: {name}: semantics differ from the labels'; got '{other}'"):
        match(forecasts.assign_attrs({name: other}), samples, "f.nc")


def test_forecasts_of_a_simulated_sun_are_not_scored_by_labels_of_the_real_one(forecasts, samples):
    with pytest.raises(InputError, match=r"simulated: another Sun than the labels'; got 'simulated'; wanted real"):
        match(forecasts.assign_attrs(simulated=1), samples, "f.nc")
    assert len(match(forecasts.assign_attrs(simulated=1), samples.assign_attrs(simulated=1), "f.nc").forecast)


def test_other_thresholds_and_windows_are_refused_together(forecasts, samples):
    with pytest.raises(InputError, match=r"thresholds differ.*\['C1.0'\](.|\n)*windows differ.*\[24.0\]"):
        match(forecasts.isel(threshold=[0], window=[0]), samples, "f.nc")


def test_a_slot_twice_is_refused(forecasts, samples):
    twice = forecasts.isel(forecast=[0, 1, 1])
    with pytest.raises(InputError, match=r"f.nc, row 2: a slot appears twice in the forecasts; got {'region': '11'"):
        match(twice, samples, "f.nc")


def test_no_common_slot_is_an_error(forecasts, samples):
    later = forecasts.assign(window_start=forecasts["window_start"] + np.timedelta64(1, "h"))
    with pytest.raises(InputError, match="no forecast belongs to a sample; got '720 forecasts, 720 samples'"):
        match(later, samples, "f.nc")
