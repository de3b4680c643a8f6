import copy

import numpy as np
import pytest
import torch
from torch import nn

from sunproof.models.eight_bits import Int8Conv2d, Int8Linear
from sunproof.models.prepared import Prepared
from sunproof.models.reduced import Exportable, reduced
from sunproof.pipeline.errors import InputError
from tests.models import imaging
from tests.models.test_foreign import model as foreign
from tests.models.toy import ensemble, inputs


@pytest.fixture(scope="module")
def served():
    made = ensemble()
    torch.manual_seed(3)
    for parameter in made.members.parameters():
        nn.init.normal_(parameter, std=0.3)
    return made


def logits(model, given):
    with torch.no_grad():
        return model(given).logits(model.fluxes)


@pytest.mark.parametrize(("precision", "most"), [("fp32", 0.0), ("fp16", 0.02), ("bf16", 0.2), ("int8", 0.4)])
def test_fewer_bits_change_little_and_the_original_nothing(served, precision, most):
    given, before = inputs(60), copy.deepcopy(served.state_dict())
    difference = (logits(reduced(served, precision), given) - logits(served, given)).abs().max()
    assert difference <= most
    assert (difference > 0) == (precision != "fp32")
    assert all(torch.equal(before[name], part) for name, part in served.state_dict().items())


def test_fluxes_that_16_bits_do_not_hold_never_meet_them(served):
    given = inputs(40)
    given["keywords"][0][:, :, 0] = 3e23
    given["keywords"][1][:] = True
    kinds = []

    def watch(module, args):
        kinds.append({part.dtype for part, _ in args[0].modalities.values()} | {args[0].limit.dtype})

    small = reduced(served, "fp16")
    small.members[0].register_forward_pre_hook(watch)
    with torch.no_grad():
        process = small(given)
    # the modalities in float16, after the logarithm; the flux limit, W m-2, in float32
    assert kinds == [{torch.float16, torch.float32}]
    assert process.limit.dtype == process.log_rate.dtype == torch.float32
    assert torch.equal(process.limit, served(given).limit)
    assert torch.isfinite(process.logits(small.fluxes)).all()
    # what would have happened without the order: one is infinite, the other nothing
    assert torch.isinf(torch.tensor(3e23).half())
    assert torch.tensor(1e-8).half() == 0


def test_recurrent_layers_and_attention_keep_their_bits():
    class Attends(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
            self.recurrent = nn.GRU(4, 4, batch_first=True)
            self.out = nn.Linear(4, 9)

        def forward(self, keywords, xrs, region):
            state = torch.log10(keywords.abs() + 1)[..., [0, 1, 2, 2]]
            return self.out(self.recurrent(self.attention(state, state, state)[0])[0][:, -1])

    small = reduced(foreign(Attends()), "int8")
    kinds = {name: type(part) for name, part in small.members[0].named_modules()}
    assert kinds["out"] is Int8Linear
    assert kinds["recurrent"] is nn.GRU
    assert kinds["attention.out_proj"] is not Int8Linear
    assert logits(small, inputs(5)).shape == (5, 3, 3)


def test_layers_can_be_kept(served):
    kinds = {name: type(part) for name, part in reduced(served, "int8", ["*.wide"]).named_modules()}
    assert kinds["members.0.wide"] is kinds["members.1.wide"] is nn.Linear
    assert kinds["members.0.deep.1"] is Int8Linear


def test_raw_fluxes_of_a_foreign_module_are_not_put_in_16_bits():
    with pytest.raises(InputError, match="fp16: raw fluxes enter a foreign module"):
        reduced(foreign(), "fp16")


def test_what_is_exported_is_the_served_function(served):
    given = inputs(20)
    values, masks = ({name: torch.from_numpy(pair[k]) for name, pair in given.items()} for k in (0, 1))
    with torch.no_grad():
        found = Exportable(served)(values, masks)
        process = served(given)
    assert torch.equal(found["logit"], process.logits(served.fluxes))
    assert all(torch.equal(found[name], getattr(process, name)) for name in ("log_rate", "alpha", "limit"))
    assert isinstance(served.prepare(given), Prepared)
    assert np.isfinite(found["logit"].numpy()).all()


@pytest.mark.parametrize(("precision", "most"), [("fp32", 0.0), ("fp16", 0.02), ("bf16", 0.2), ("int8", 0.4)])
def test_a_model_of_images_changes_as_little(precision, most):
    model, given = imaging.ensemble(), imaging.inputs(20, parts=4)
    difference = (logits(reduced(model, precision), given) - logits(model, given)).abs().max()
    assert difference <= most
    assert (difference > 0) == (precision != "fp32")


def test_convolutions_and_linear_layers_of_encoders_get_eight_bits():
    kinds = {name: type(module) for name, module in reduced(imaging.ensemble(), "int8", ["*.embed.0"]).named_modules()}
    assert kinds["members.0.encoders.patch.layers.0"] is Int8Conv2d
    assert kinds["members.0.encoders.disk.embed.1"] is Int8Linear
    assert kinds["members.0.encoders.disk.embed.0"] is nn.Linear
    assert nn.Conv2d not in kinds.values()
