import numpy as np
import pytest

from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.domain import Training, with_domain
from sunproof.pipeline.samples import features
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.training.bundle import Bundle
from tests.models.toy import ensemble, inputs
from tests.pipeline.auditing.batches import batch


@pytest.fixture
def told(monkeypatch):
    """Ask about six forecasts, the last of a full disk, whose inputs are the given ones."""

    def ask(parts, regions=400):
        monkeypatch.setattr(features, "build", lambda archive, keys, config: Inputs(parts, {}, {}))
        training = Training(inputs(regions, seed=2), np.arange(regions)) if regions else None
        forecasts = batch(7)
        forecasts["entity"].values[6] = "full_disk"
        bundle = Bundle(ensemble(), None, InputConfig(), {})
        return with_domain(forecasts, bundle, AuditConfig(forecasts="f.nc", archive="a"), training)

    return ask


def test_every_region_is_told_how_usual_it_is(told):
    found = told(inputs(6, seed=3))
    for name in ("domain_physical", "domain_features", "frozen_steps"):
        assert np.isfinite(found[name].values[:6]).all(), name
        assert np.isnan(found[name].values[6]), name


def test_inputs_in_other_units_are_unusual(told):
    parts = inputs(6, seed=3)
    parts["keywords"][0][2, :, 0] = 1e31
    parts["keywords"][1][2] = True
    found = told(parts)["domain_physical"].values[:6]
    assert found.argmin() == 2
    assert found[2] < 0.01


def test_copied_records_are_counted(told):
    parts = inputs(6, seed=3)
    values, mask = parts["keywords"]
    values[4], mask[4] = values[4, :1], True
    assert told(parts)["frozen_steps"].values[:6].tolist() == [0, 0, 0, 0, 5, 0]


@pytest.mark.parametrize("regions", [0, 60])
def test_without_training_regions_the_domain_is_unknown(told, regions):
    found = told(inputs(6, seed=3), regions)
    assert "domain_physical" not in found
    assert "frozen_steps" in found
