import torch
from torch import nn

from sunproof.models.eight_bits import Int8Conv2d, Int8Linear


def test_eight_bits_give_nearly_what_all_bits_give():
    torch.manual_seed(0)
    layer, values = nn.Linear(40, 7), torch.randn(30, 4, 40)
    with torch.no_grad():
        exact, coarse = layer(values), Int8Linear(layer)(values)
    assert 0 < (coarse - exact).abs().max() < 0.03
    assert torch.equal(Int8Linear(layer)(torch.zeros(2, 40)), layer.bias.detach().expand(2, 7))
    assert Int8Linear(nn.Linear(3, 2, bias=False))(torch.ones(1, 3)).shape == (1, 2)


def test_a_convolution_in_eight_bits_is_nearly_the_convolution():
    torch.manual_seed(0)
    layer, values = nn.Conv2d(6, 8, 3, stride=2, padding=1, groups=2), torch.randn(5, 6, 9, 12)
    with torch.no_grad():
        exact, coarse = layer(values), Int8Conv2d(layer)(values)
    assert coarse.shape == exact.shape
    assert 0 < (coarse - exact).abs().max() < 0.05
    # each image has its own step: one that is a thousand times as strong takes nothing from its neighbours
    loud = torch.cat([values, 1000 * values[:1]])
    torch.testing.assert_close(Int8Conv2d(layer)(loud)[:5], coarse)


def test_weights_are_kept_in_a_byte_each():
    assert Int8Conv2d(nn.Conv2d(2, 3, 3)).weight.dtype == torch.int8
    assert not list(Int8Linear(nn.Linear(2, 3)).parameters())
