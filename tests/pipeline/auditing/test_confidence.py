import numpy as np
import pytest

from sunproof.pipeline.auditing.confidence import base_rates, calibrate, confidence
from sunproof.pipeline.auditing.domain import Labelled
from sunproof.pipeline.forecasting.predict import predict
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.training.bundle import Bundle
from tests.models.toy import ensemble, inputs
from tests.pipeline.auditing.batches import batch

NAMES = ("confidence_low", "confidence_high", "conformal_flare", "conformal_quiet")


@pytest.fixture
def made():
    """A model, its validation block with every fourth region flaring, and the block's probabilities."""
    bundle = Bundle(ensemble(), None, InputConfig(), {})
    parts = inputs(200, seed=2)
    probability = predict(bundle, parts, 512).probabilities(bundle.ensemble.fluxes.double()).numpy()
    event = np.zeros(probability.shape)
    event[::4] = 1
    architecture = bundle.ensemble.architecture
    windows = tuple(float(hours) for hours in architecture["windows"])
    return bundle, Labelled(parts, np.arange(200), event, tuple(architecture["thresholds"]), windows)


def test_every_output_gets_an_interval_and_p_values(made):
    bundle, validation = made
    found = confidence(batch(5), calibrate(bundle, validation, 0))
    assert set(found) == set(NAMES)
    for name, values in found.items():
        assert np.isfinite(values).all(), name
        assert ((values >= 0) & (values <= 1)).all(), name
    assert (found["confidence_low"] <= found["confidence_high"]).all()


def test_the_same_seed_gives_the_same_intervals(made):
    first, second = (confidence(batch(5), calibrate(*made, 3)) for _ in range(2))
    for name in NAMES:
        np.testing.assert_array_equal(first[name], second[name])


def test_outputs_that_were_not_calibrated_have_none(made):
    bundle, validation = made
    calibrated = calibrate(bundle, validation, 0)
    calibrated.pop(("M1.0", 24.0))
    low = confidence(batch(5), calibrated)["confidence_low"]
    assert np.isnan(low[:, 1, 0]).all()
    assert np.isfinite(low[:, 0]).all()


@pytest.mark.parametrize("change", [{"thresholds": ("C1.0", "M5.0", "X1.0")}, None])
def test_without_labels_of_its_own_classes_nothing_is_calibrated(made, change):
    bundle, validation = made
    assert calibrate(bundle, validation._replace(**change) if change else None, 0) == {}
    assert confidence(batch(5), {}) == {}


def test_base_rates_are_those_of_the_bundle():
    scores = [
        {"threshold": "M1.0", "window": 24.0, "base_rate": 0.03},
        {"threshold": "C1.0", "window": 24.0, "base_rate": None},
    ]
    rates = base_rates(batch(2), {"scores": scores})
    assert rates[1, 0] == 0.03
    assert np.isnan(rates[0]).all()
