import ast
import inspect
import math

import numpy as np
import pytest
import torch
from torch import nn

from sunproof.models import foreign
from sunproof.models.attribution.ablation import ablate
from sunproof.models.attribution.counterfactuals import Stock, counterfactuals
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.groups import partition
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.attribution.nulls import random_twins
from sunproof.models.domain import observables
from sunproof.models.foreign import ForeignModel, Reversible
from sunproof.models.normaliser import fit_normaliser
from tests.models.toy import architecture, inputs


class Net(nn.Module):
    """Logits from the latest flux and from whether the region is known."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, 9).reshape(3, 3))

    def forward(self, keywords, xrs, region, region_mask):
        flux = torch.log10(keywords[:, -1, 0] / 1e22 + 0.01)
        return (flux + region_mask.float().mean(1))[:, None, None] * self.weight - 2


def model(module=None, **options):
    statistics = fit_normaliser(inputs(300)).statistics()
    return ForeignModel(module or Net(), architecture(), statistics, **options).eval()


def test_the_adapter_is_at_most_fifty_lines():
    lines = inspect.getsource(foreign).splitlines()
    blank = {number for number, line in enumerate(lines, 1) if not line.strip() or line.strip().startswith("#")}
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            blank |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            blank |= set(range(node.lineno, node.end_lineno + 1))
    assert len(lines) - len(blank) <= 50


def test_raw_values_come_back_from_normalised_ones():
    given = inputs(200, seed=4)
    normaliser = Reversible(fit_normaliser(inputs(300)).statistics())
    for name, (values, mask) in given.items():
        # far outside of training, where a model of the house would be cut off
        raw = torch.from_numpy(values) * 1e3
        normalised, seen = normaliser(name, raw, torch.from_numpy(mask))
        back = normaliser.restore(name, normalised)
        spread = getattr(normaliser, f"{name}_spread").max()
        torch.testing.assert_close(back[seen], raw[seen], rtol=1e-4, atol=1e-5 * float(spread))


def test_the_module_gets_what_it_would_be_given_elsewhere():
    given, net = inputs(50), Net()
    with torch.no_grad():
        answered = model(net)(given).logits(None)
        tensors = {name: torch.from_numpy(values) for name, (values, _) in given.items()}
        alone = net(**tensors, region_mask=torch.from_numpy(given["region"][1]))
    torch.testing.assert_close(answered, alone.double(), atol=1e-5, rtol=0)


def test_what_is_missing_is_told_as_the_module_wants_it():
    class Sees(nn.Module):
        def forward(self, keywords, xrs, region):
            return torch.isnan(keywords[:, 0, 0])[:, None].float().expand(-1, 9)

    given = inputs(50)
    told = model(Sees(), missing=math.nan)(given).logits(None)[:, 0, 0]
    assert torch.equal(told.bool(), ~torch.from_numpy(given["keywords"][1][:, 0, 0]))


def test_probabilities_become_logits_and_certainty_stays_finite():
    class Sure(nn.Module):
        def forward(self, keywords, xrs, region):
            return torch.tensor([0.25, 0.0, 1.0]).repeat(len(region), 3)

    process = model(Sure(), answers="probability")(inputs(4))
    assert torch.isfinite(process.logits(None)).all()
    shown = process.probabilities(torch.zeros(3)).numpy()[0, 0]
    assert shown == pytest.approx([0.25, 0, 1], abs=1e-7)
    assert torch.isnan(process.log_rate).all()
    assert torch.isnan(process.alpha).all()


def test_every_question_of_the_house_has_an_answer():
    served, given = model(), inputs(40, seed=3)
    attribution = attribute(served, given, "M1.0", 24)
    assert attribution.complete.all()
    # X-rays are given to the module, which does not look at them
    assert np.abs(attribution.modalities["xrs"]).max() == 0
    explained = Explained.of(served, given, "M1.0", 24)
    groups = partition(served.architecture, "physics")
    effect = ablate(explained, groups)
    assert np.nanmax(np.abs(effect[:, groups.names.index("size")])) > 0.1
    assert np.nanmax(np.abs(effect[:, groups.names.index("X-rays")])) == 0
    stock = Stock.pick(inputs(300), served.architecture, 3, 0)
    logits = counterfactuals(served, given, stock, 3)
    np.testing.assert_allclose(logits["served"], served(given).logits(None).detach().numpy())
    assert np.isfinite(logits["quiet Sun"]).any()
    assert {name: rows.shape for name, rows in observables(served, given).items()} == {
        "physical": (40, 3),
        "features": (40, 7),
    }
    (twin,) = random_twins(served, 1, 0)
    assert not torch.equal(twin(given).logits(None), served(given).logits(None))
