import copy

import pytest
import torch
from torch import nn

from sunproof.models.reduced import reduced
from sunproof.pipeline.training.layers import changed_layers
from tests.models.test_foreign import model as foreign
from tests.models.toy import ensemble, inputs


@pytest.fixture(scope="module")
def served():
    made = ensemble()
    for parameter in made.members.parameters():
        nn.init.normal_(parameter, std=0.3)
    return made


def test_every_layer_with_weights_is_named_and_unchanged_ones_are_zero(served):
    found = changed_layers(served, reduced(served, "fp32"), inputs(30))
    assert set(found.values()) == {0.0}
    assert {"members.0.wide", "members.0.deep.1", "members.0.encoders.keywords.recurrent"} <= set(found)
    assert not any(type(dict(served.named_modules())[name]) is nn.Sequential for name in found)


def test_the_changed_layer_alone_is_blamed(served):
    changed = copy.deepcopy(served)
    with torch.no_grad():
        changed.members[0].deep[1].weight.mul_(1.5)
    found = changed_layers(served, changed, inputs(30))
    assert found.pop("members.0.deep.1") > 0.1
    # later layers get the original's inputs: the error is not passed on
    assert set(found.values()) == {0.0}


def test_fewer_bits_show_in_each_layer(served):
    for precision, least, most in (("fp16", 1e-6, 0.01), ("bf16", 1e-4, 0.05), ("int8", 1e-4, 0.1)):
        found = changed_layers(served, reduced(served, precision), inputs(30))
        assert least < max(found.values()) < most, precision
        recurrent = found["members.0.encoders.keywords.recurrent"]
        assert (recurrent == 0) == (precision == "int8")


def test_attention_counts_as_one_layer():
    class Attends(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(2, 1, batch_first=True)
            self.out = nn.Linear(2, 9)

        def forward(self, keywords, xrs, region):
            return self.out(self.attention(xrs, xrs, value=xrs, need_weights=False)[0].mean(1))

    model = foreign(Attends())
    assert set(changed_layers(model, reduced(model, "int8"), inputs(9))) == {"members.0.attention", "members.0.out"}
