import numpy as np
import pytest
import torch

from sunproof.models.attribution import integrated_gradients
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.pipeline.errors import ConfigError
from tests.models.toy import ensemble, inputs, rows


@pytest.fixture(autouse=True, scope="module")
def _captum():
    # captum's own import warns of what it will drop one day
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import captum.attr  # noqa: F401


@pytest.mark.parametrize("layers", [0, 1])
def test_attributions_sum_to_the_difference_they_explain(layers: int):
    model, given = ensemble(), inputs(500, seed=3)
    if not layers:
        model = ensemble(members=1, hidden=0)
    found = attribute(model, given)
    total = sum(part.reshape(500, -1).sum(axis=1) for part in found.modalities.values())
    difference = found.logit - found.baseline_logit
    np.testing.assert_allclose(total - difference, found.error, atol=1e-5)
    assert found.complete.mean() >= 0.99
    assert (np.abs(found.error) <= np.maximum(0.01 * np.abs(difference), 1e-3))[found.complete].all()


def test_the_explained_logit_is_the_served_one():
    model, given = ensemble(), inputs(8)
    with torch.no_grad():
        served = model(given).double().logits(model.fluxes.double())
    found = attribute(model, given, "C1.0", 48)
    np.testing.assert_allclose(found.logit, served[:, 0, 1], atol=1e-5)


def test_missing_inputs_get_exactly_nothing_and_nan_counts_as_missing():
    given = inputs(6)
    broken = {name: (np.where(mask, values, np.nan), np.ones_like(mask)) for name, (values, mask) in given.items()}
    found = attribute(ensemble(), broken)
    for name, (_, mask) in given.items():
        assert np.isfinite(found.modalities[name]).all()
        assert (found.modalities[name][~mask] == 0).all()
    assert found.complete.all()


def test_a_row_with_nothing_observed_has_nothing_to_explain():
    given = {name: (values, np.zeros_like(mask)) for name, (values, mask) in inputs(2).items()}
    found = attribute(ensemble(), given)
    np.testing.assert_array_equal(found.logit, found.baseline_logit)
    assert found.complete.all()


def test_a_backward_pass_that_is_wrong_is_found_out(monkeypatch: pytest.MonkeyPatch):
    model = ensemble(members=1)
    # forward unchanged, gradients tripled: what a broken custom layer does
    model.members[0].wide.register_full_backward_hook(lambda module, into, out: tuple(3 * part for part in into))
    monkeypatch.setattr(integrated_gradients, "STEPS", (16, 32))
    found = attribute(model, inputs(40))
    assert found.complete.mean() < 0.2
    assert (found.steps[~found.complete] == 32).all()


def test_rows_are_explained_the_same_alone_and_together():
    model, given = ensemble(), inputs(5)
    together, alone = attribute(model, given), attribute(model, rows(given, slice(2, 3)))
    for name, part in together.modalities.items():
        np.testing.assert_allclose(part[2:3], alone.modalities[name], atol=1e-5)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_gradients_are_found_where_they_are_switched_off(mode):
    model = ensemble()
    with mode():
        assert attribute(model, inputs(2)).complete.all()


def test_a_model_in_training_is_put_to_rest_first():
    model = ensemble(dropout=0.5).train()
    first, second = attribute(model, inputs(3)), attribute(model, inputs(3))
    np.testing.assert_array_equal(first.modalities["keywords"], second.modalities["keywords"])


@pytest.mark.parametrize(("threshold", "window"), [("M5.0", 24), ("M1.0", 36)])
def test_an_unknown_output_is_refused(threshold: str, window: float):
    with pytest.raises(ConfigError, match=f"no such probability; got '{threshold}, {window:g} h'; wanted C1.0, M1.0"):
        attribute(ensemble(), inputs(1), threshold, window)
