"""The audited function is the served one: without this, an explanation explains something else."""

import numpy as np
import pytest
import torch

from sunproof.models.attribution.explained import Explained, output_place
from sunproof.pipeline.errors import ConfigError
from tests.models.toy import ensemble, inputs, rows


def golden():
    """240 rows: ordinary ones, padded histories, nothing observed, a modality without anything, NaN where seen."""
    given = {name: (values.copy(), mask.copy()) for name, (values, mask) in inputs(240, seed=9).items()}
    for values, mask in given.values():
        mask[40:60] = False
        values[100:120, ..., 0] = np.nan
    given["keywords"][1][60:80, :4] = False
    given["xrs"][1][80:100] = False
    return given


def served(model, given):
    with torch.no_grad():
        return model(given).logits(model.fluxes)[:, 1, 0].double()


@pytest.mark.parametrize("hidden", [0, 7])
def test_the_audited_function_is_the_served_one_on_the_golden_set(hidden):
    model, given = ensemble(hidden=hidden), golden()
    explained = Explained.of(model, given, "M1.0", 24)
    torch.testing.assert_close(explained.logit(explained.values), served(model, given), atol=1e-5, rtol=0)


def test_the_audited_function_is_the_served_one_row_by_row():
    model, given = ensemble(), golden()
    whole = Explained.of(model, given, "M1.0", 24)
    for row in (0, 45, 70, 90, 110):
        alone = served(model, rows(given, slice(row, row + 1)))
        torch.testing.assert_close(whole.logit(whole.values)[row : row + 1], alone, atol=1e-5, rtol=0)


def test_gradients_do_not_change_the_function():
    model, given = ensemble(), golden()
    with torch.enable_grad():
        found = model(given).logits(model.fluxes)[:, 1, 0].double().detach()
    torch.testing.assert_close(found, served(model, given), atol=1e-5, rtol=0)


def test_damaged_weights_are_another_function():
    model, given = ensemble(), golden()
    before = served(model, given)
    with torch.no_grad():
        model.members[0].wide.weight.mul_(1.01)
    explained = Explained.of(model, given, "M1.0", 24)
    assert (explained.logit(explained.values) - before).abs().max() > 1e-4


def test_rows_may_be_variants_of_one_sample():
    model, given = ensemble(), inputs(4)
    explained = Explained.of(model, given, "M1.0", 24)
    again = explained.logit(explained.values[[2, 2, 0]], torch.tensor([2, 2, 0]))
    torch.testing.assert_close(again, explained.logit(explained.values)[[2, 2, 0]], atol=1e-6, rtol=0)


def test_attributions_are_laid_out_as_the_inputs_are():
    explained = Explained.of(ensemble(), inputs(3), "M1.0", 24)
    parts = {name: values.numpy() for name, (values, _) in reversed(explained.prepared.modalities.items())}
    np.testing.assert_array_equal(explained.flat(parts), explained.values.numpy())
    assert explained.mask.shape == explained.values.shape


@pytest.mark.parametrize(("threshold", "window"), [("M5.0", 24), ("M1.0", 36)])
def test_an_unknown_output_is_refused(threshold, window):
    with pytest.raises(ConfigError, match=f"no such probability; got '{threshold}, {window:g} h'; wanted C1.0, M1.0"):
        output_place(ensemble(), threshold, window)
