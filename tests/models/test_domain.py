import numpy as np
import pytest

from sunproof.models.constraints.limits import load_limits
from sunproof.models.domain import Domain, frozen_steps, observables
from tests.models import imaging
from tests.models.toy import ensemble, inputs


def region_rows(count=400, each=5, seed=0):
    """Regions of one population, whose rows hardly differ."""
    random = np.random.default_rng(seed)
    centres = random.multivariate_normal([0, 0, 0], [[1, 0.95, 0], [0.95, 1, 0], [0, 0, 4]], count)
    rows = np.repeat(centres, each, axis=0) + random.normal(0, 0.01, (count * each, 3))
    return rows, np.repeat(np.arange(count), each)


@pytest.fixture(scope="module")
def domain():
    return Domain.fit(*region_rows(), seed=0)


def test_new_regions_of_the_same_population_are_rejected_as_often_as_stated(domain):
    typical = domain.typicality(region_rows(2000, 1, seed=9)[0])
    assert (typical < 0.05).mean() == pytest.approx(0.05, abs=0.03)


def test_what_breaks_a_correlation_is_far_although_each_number_is_ordinary(domain):
    ordinary, odd = domain.typicality(np.array([[1.5, 1.5, 0], [1.5, -1.5, 0]]))
    assert ordinary > 0.05
    assert odd < 0.02


def test_other_units_are_far(domain):
    assert domain.typicality(np.array([[10.0, 10.0, 0.0]]))[0] < 0.01


def test_the_region_is_the_unit_of_calibration(domain):
    assert len(domain.calibration) == 200
    assert len(domain.reference) == 200 * 5


def test_nothing_known_is_neither_near_nor_far(domain):
    assert np.isnan(domain.typicality(np.full((2, 3), np.nan))).all()


def test_too_few_regions_calibrate_nothing():
    assert Domain.fit(*region_rows(199), seed=0) is None


def test_as_many_regions_as_are_asked_for_tell_what_the_checks_ask():
    """J1 and J2 would never fire on a calibration whose least p-value is above their limit."""
    fewest = Domain.fit(*region_rows(200), seed=0)
    least = min(load_limits().of(check)["least"] for check in ("J1", "J2"))
    assert fewest.typicality(np.array([[30.0, -30.0, 0.0]]))[0] < least


def test_a_model_of_images_alone_has_nothing_to_look_at():
    assert observables(imaging.alone(), {}) == {}


def test_a_copied_record_is_counted_from_the_end():
    random = np.random.default_rng(0)
    values = random.normal(size=(4, 6, 3))
    mask = np.ones(values.shape, bool)
    values[1, 3:] = values[1, 3]
    values[2, :] = values[2, 0]
    values[3, 1] = values[3, 0]
    assert frozen_steps(values, mask).tolist() == [0, 2, 5, 0]


def test_steps_that_were_not_observed_are_passed_over():
    values = np.random.default_rng(0).normal(size=(2, 4, 2))
    mask = np.ones(values.shape, bool)
    values[0, 3] = values[0, 1]
    mask[0, 2] = False
    mask[1, 1:] = False
    found = frozen_steps(values, mask)
    assert found[0] == 1
    assert np.isnan(found[1])


def test_the_latest_record_and_the_models_features_are_looked_at():
    given = inputs(5)
    given["keywords"][1][2] = False
    found = observables(ensemble(), given)
    assert found["physical"].shape == (5, 3)
    assert len(found["features"]) == 5
    assert np.isnan(found["physical"][2]).all()
    assert np.isfinite(found["physical"][[0, 1, 3, 4]]).all()


def test_a_wrong_unit_moves_the_observables_out_of_the_domain():
    model, training = ensemble(), inputs(1000)
    made = Domain.fit(observables(model, training)["physical"], np.arange(1000), seed=0)
    given = inputs(50, seed=5)
    before = made.typicality(observables(model, given)["physical"])
    given["keywords"][0][..., 0] *= 1e8
    given["keywords"][1][..., 0] = True
    after = made.typicality(observables(model, given)["physical"])
    assert np.median(before) > 0.2
    assert (after[np.isfinite(after)] < 0.01).mean() > 0.9
