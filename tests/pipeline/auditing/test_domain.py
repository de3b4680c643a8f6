import numpy as np
import pytest

from sunproof.pipeline.auditing.domain import Training, fit_domains, look
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.training.bundle import Bundle
from tests.models.toy import ensemble, inputs


@pytest.fixture
def told():
    """Look at regions with the given inputs."""

    def ask(parts, regions=400):
        training = Training(inputs(regions, seed=2), np.arange(regions)) if regions else None
        bundle = Bundle(ensemble(), None, InputConfig(), {})
        return look(bundle, fit_domains(bundle, training, 0), parts)

    return ask


def test_every_region_is_told_how_usual_it_is(told):
    found = told(inputs(6, seed=3))
    for name in ("domain_physical", "domain_features", "frozen_steps"):
        assert np.isfinite(found[name]).all(), name


def test_inputs_in_other_units_are_unusual(told):
    parts = inputs(6, seed=3)
    parts["keywords"][0][2, :, 0] = 1e31
    parts["keywords"][1][2] = True
    found = told(parts)["domain_physical"]
    assert found.argmin() == 2
    assert found[2] < 0.01


def test_copied_records_are_counted(told):
    parts = inputs(6, seed=3)
    values, mask = parts["keywords"]
    values[4], mask[4] = values[4, :1], True
    assert told(parts)["frozen_steps"].tolist() == [0, 0, 0, 0, 5, 0]


@pytest.mark.parametrize("regions", [0, 60])
def test_without_training_regions_the_domain_is_unknown(told, regions):
    found = told(inputs(6, seed=3), regions)
    assert "domain_physical" not in found
    assert "frozen_steps" in found
