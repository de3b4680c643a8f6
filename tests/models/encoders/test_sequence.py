import pytest
import torch

from sunproof.models.encoders.sequence import SequenceEncoder


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_one_token_of_the_asked_width(layers: int):
    encoder = SequenceEncoder(features=3, width=4, layers=layers)
    tokens, present = encoder(torch.randn(5, 6, 3), torch.ones(5, 6, 3, dtype=torch.bool))
    assert tokens.shape == (5, 1, 4)
    assert present.all()


@pytest.mark.parametrize("layers", [0, 1])
def test_masked_values_do_not_matter(layers: int):
    encoder = SequenceEncoder(features=2, width=4, layers=layers).eval()
    values, mask = torch.randn(3, 6, 2), torch.rand(3, 6, 2) > 0.5
    other = torch.where(mask, values, torch.full_like(values, 1e3))
    assert torch.allclose(encoder(values, mask)[0], encoder(other, mask)[0], atol=1e-6)


def test_a_sequence_never_observed_is_absent():
    encoder = SequenceEncoder(features=2, width=4)
    mask = torch.zeros(2, 6, 2, dtype=torch.bool)
    mask[1, 3, 0] = True
    assert encoder(torch.zeros(2, 6, 2), mask)[1].tolist() == [[False], [True]]


def test_the_linear_path_has_the_size_it_says():
    encoder = SequenceEncoder(features=3, width=4, summaries=("last", "change"))
    wide = encoder.wide(torch.randn(5, 6, 2), torch.ones(5, 6, 2, dtype=torch.bool))
    assert wide.shape == (5, encoder.wide_size(2))
