import numpy as np
import pytest

from sunproof.pipeline.registry import members
from sunproof.pipeline.verification.baselines.base import Baseline
from sunproof.pipeline.verification.cases import make_cases

BASELINES = members("sunproof.pipeline.verification.baselines", "BASELINE")


def test_the_five_baselines_are_there():
    assert list(BASELINES) == ["climatology", "goes_flux", "logistic", "persistence", "wheatland"]


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_keeps_the_protocol_and_forecasts_probabilities(name, samples, inputs, names):
    baseline = BASELINES[name]
    assert isinstance(baseline, Baseline)
    cases = make_cases(samples, inputs, names)
    found = baseline.fit(cases).predict(cases.pick(cases.block == "test"))
    assert found.shape == (300, 2, 2)
    assert ((found >= 0) & (found <= 1) | np.isnan(found)).all()


@pytest.mark.parametrize("name", BASELINES)
def test_fitting_leaves_the_registered_baseline_unfitted(name, samples, inputs, names):
    cases = make_cases(samples, inputs, names)
    BASELINES[name].fit(cases)
    if name != "wheatland":
        assert np.isnan(BASELINES[name].predict(cases)).all()
