import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.forecaster import Calibration, Forecaster
from sunproof.models.heads import FlareProcess
from sunproof.models.normaliser import fit_normaliser
from sunproof.models.prepared import prepare
from tests.models.toy import architecture, ensemble, inputs, outcomes, rows

OPTIMISER = {
    "learning_rate": 1e-2,
    "weight_decay": 0.0,
    "wide_learning_rate": 1e-2,
    "fluxes": [1e-6, 1e-5, 1e-4],
    "flux_weights": [1.0, 1.0, 1.0],
    "further_windows": 1.0,
    "count_weight": 0.0,
}


def test_a_batch_of_one_is_a_row_of_a_batch_of_many():
    model, given = ensemble(), inputs(64)
    with torch.no_grad():
        many = model(given).logits(model.fluxes)
        ones = torch.cat([model(rows(given, slice(place, place + 1))).logits(model.fluxes) for place in range(64)])
    torch.testing.assert_close(ones, many, atol=1e-5, rtol=0)


def test_forecasts_of_an_ensemble_nest():
    model = ensemble(members=3, calibration=Calibration((0.3, 0.7), (-0.2, 1.4)))
    with torch.no_grad():
        found = model(inputs(200)).double().probabilities(model.fluxes.double())
    assert (found.diff(dim=1) <= 0).all()
    assert (found.diff(dim=2) >= 0).all()


def test_the_ensemble_is_the_mean_in_log_rate():
    model, given = ensemble(members=3), inputs(20)
    with torch.no_grad():
        prepared = model.prepare(given)
        expected = torch.stack([member(prepared).log_rate for member in model.members]).mean(0)
        torch.testing.assert_close(model(given).log_rate, expected)


@given(st.floats(-3, 3), st.floats(0.05, 3), st.floats(-3, 3), st.floats(0.05, 3), st.floats(1.2, 4), st.floats(-20, 4))
def test_any_calibration_keeps_classes_and_windows_nested(a, b, c, d, alpha, log_rate):
    rate = torch.tensor([[log_rate, log_rate + 0.1, log_rate + 0.1]], dtype=torch.float64)
    before = FlareProcess(rate, torch.tensor([alpha], dtype=torch.float64), torch.tensor([1e-3], dtype=torch.float64))
    found = Calibration((a, b), (c, d))(before).probabilities(torch.tensor([1e-6, 1e-5, 1e-4], dtype=torch.float64))[0]
    assert (found.diff(dim=0) <= 0).all()
    assert (found.diff(dim=1) >= 0).all()


def test_the_default_calibration_changes_nothing():
    before = FlareProcess(torch.randn(5, 3), torch.rand(5) * 2.8 + 1.2, torch.full((5,), 1e-3))
    after = Calibration()(before)
    torch.testing.assert_close(after.log_rate, before.log_rate)
    torch.testing.assert_close(after.alpha, before.alpha)


def test_training_beats_climatology_on_new_regions():
    torch.manual_seed(0)
    training, test = inputs(2000, seed=0), inputs(2000, seed=5)
    normaliser, tree = fit_normaliser(training), architecture()
    blocks = [(prepare(part, normaliser, tree), *outcomes(part, seed)) for seed, part in enumerate((training, test))]
    module = Forecaster(tree, OPTIMISER)
    solver = module.configure_optimizers()
    for _ in range(80):
        solver.zero_grad()
        module.loss(blocks[0]).backward()
        solver.step()
    module.eval()
    with torch.no_grad():
        found = module(blocks[1][0]).probabilities(module.fluxes)[:, :2, 0].numpy()
    events = blocks[1][1][:, :2, 0].numpy()
    base = blocks[0][1][:, :2, 0].numpy().mean(axis=0)
    skill = 1 - ((found - events) ** 2).mean(axis=0) / ((base - events) ** 2).mean(axis=0)
    assert skill[0] > 0.3
    assert skill[1] > 0


def test_the_linear_path_has_its_own_learning_rate():
    module = Forecaster(architecture(), OPTIMISER | {"wide_learning_rate": 0.0})
    rates = {
        id(parameter): group["lr"]
        for group in module.configure_optimizers().param_groups
        for parameter in group["params"]
    }
    assert rates[id(module.network.wide.weight)] == 0
    assert len(rates) == len(list(module.parameters()))


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_count_likelihood_enters_with_its_weight(weight: float):
    module = Forecaster(architecture(), OPTIMISER | {"count_weight": weight})
    given = inputs(30)
    batch = (prepare(given, fit_normaliser(given), architecture()), *outcomes(given))
    without = Forecaster.loss(module, (batch[0], batch[1], torch.full_like(batch[2], torch.nan)))
    assert bool(np.isclose(float(module.loss(batch).detach()), float(without.detach()))) == (weight == 0)
