import torch

from sunproof.models.encoders.tabular import TabularEncoder


def test_masked_values_do_not_matter_but_the_mask_does():
    encoder = TabularEncoder(features=3, width=4).eval()
    values, mask = torch.randn(2, 3), torch.tensor([[True, False, True], [True, True, True]])
    other = torch.where(mask, values, torch.full_like(values, 50.0))
    assert torch.equal(encoder(values, mask)[0], encoder(other, mask)[0])
    everything = torch.ones_like(mask)
    assert not torch.equal(encoder(values * mask, mask)[0][0], encoder(values * mask, everything)[0][0])


def test_a_row_never_observed_is_absent():
    encoder = TabularEncoder(features=2, width=4, layers=2)
    tokens, present = encoder(torch.zeros(1, 2), torch.zeros(1, 2, dtype=torch.bool))
    assert tokens.shape == (1, 1, 4)
    assert not present.any()


def test_the_linear_path_takes_values_as_they_are():
    encoder = TabularEncoder(features=2, width=4)
    assert encoder.wide(torch.tensor([[3.0, 9.0]]), torch.tensor([[True, False]])).tolist() == [[3.0, 0.0]]
    assert encoder.wide_size(2) == 2
