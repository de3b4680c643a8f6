import torch

from sunproof.models.attribution.completeness import STEPS, allowed_error


def test_a_percent_is_allowed_and_a_thousandth_where_that_is_more():
    found = allowed_error(torch.tensor([2.0, -2.0, 0.0, 0.01], dtype=torch.float64))
    assert torch.allclose(found, torch.tensor([0.02, 0.02, 0.001, 0.001], dtype=torch.float64))


def test_every_trial_takes_more_steps():
    assert list(STEPS) == sorted(set(STEPS))
