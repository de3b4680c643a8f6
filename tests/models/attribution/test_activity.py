import numpy as np
import torch

from sunproof.models.attribution.activity import activity
from sunproof.models.attribution.explained import Explained
from sunproof.models.forecaster import Ensemble
from sunproof.models.network import Network
from sunproof.models.normaliser import fit_normaliser
from tests.models import imaging
from tests.models.toy import architecture, inputs


def asked(weight, given):
    """A linear model in which every measure of the region counts the same."""
    network = Network(architecture(hidden=0))
    with torch.no_grad():
        network.wide.weight[:2] = weight
    model = Ensemble(architecture(hidden=0), fit_normaliser(inputs(200)), [network]).eval()
    return activity(Explained.of(model, given, "C1.0", 24))


def seen(size):
    return {name: (values, np.ones_like(mask)) for name, (values, mask) in inputs(size).items()}


def test_strong_regions_raise_the_forecast_of_an_honest_model():
    effect, level = asked(0.5, seen(100))
    assert np.corrcoef(effect, level)[0, 1] > 0.3


def test_a_model_of_the_wrong_sign_is_seen():
    effect, level = asked(-0.5, seen(100))
    assert np.corrcoef(effect, level)[0, 1] < -0.3


def test_a_region_that_nobody_saw_has_neither():
    given = {name: (values, np.zeros_like(mask)) for name, (values, mask) in inputs(2).items()}
    effect, level = asked(0.5, given)
    assert np.isnan(effect).all()
    assert np.isnan(level).all()


def test_the_level_is_that_of_the_last_step_and_the_last_day():
    given = inputs(3)
    given["keywords"][1][:] = True
    given["region"][1][:] = True
    subject = Explained.of(
        Ensemble(architecture(), fit_normaliser(inputs(200)), [Network(architecture())]), given, "C1.0", 24
    )
    normalised = subject.prepared.modalities
    expected = (normalised["keywords"][0][:, -1, 1] + normalised["region"][0][:, 0]) / 2
    np.testing.assert_allclose(activity(subject)[1], expected, rtol=1e-6)


def test_a_model_of_images_alone_says_nothing_of_field_and_flares():
    found = activity(Explained.of(imaging.alone(), {"disk": imaging.inputs(3)["disk"]}, "C1.0", 24))
    assert all(np.isnan(part).all() and part.shape == (3,) for part in found)
