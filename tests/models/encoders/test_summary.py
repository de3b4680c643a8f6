import pytest
import torch

from sunproof.models.encoders.summary import SUMMARIES, summarise


def one(values: list[float], seen: list[int]) -> dict[str, float]:
    found = summarise(torch.tensor(values)[None, :, None], torch.tensor(seen, dtype=torch.bool)[None, :, None])
    return dict(zip(SUMMARIES, found[0].tolist(), strict=True))


def test_all_steps_count_when_all_were_observed():
    found = one([1.0, 2.0, 6.0], [1, 1, 1])
    assert found["last"] == 6
    assert found["mean"] == pytest.approx(3)
    assert found["change"] == 5
    assert found["deviation"] == pytest.approx(2.1602, abs=1e-3)
    assert found["observed"] == 1
    assert found["trend"] == 4
    assert found["square"] == 8


def test_missing_steps_are_left_out_even_at_the_ends():
    found = one([99.0, 2.0, 4.0, 99.0], [0, 1, 1, 0])
    assert found["last"] == 4
    assert found["mean"] == pytest.approx(3)
    assert found["change"] == 2


def test_nothing_observed_gives_zeros():
    assert set(one([5.0, 7.0], [0, 0]).values()) == {0.0}


def test_gradients_of_a_constant_sequence_are_finite():
    values = torch.ones(1, 4, 1, requires_grad=True)
    summarise(values, torch.ones(1, 4, 1, dtype=torch.bool)).sum().backward()
    assert torch.isfinite(values.grad).all()


def test_chosen_summaries_come_in_the_order_asked_for():
    values, mask = torch.tensor([[[1.0], [3.0]]]), torch.ones(1, 2, 1, dtype=torch.bool)
    assert summarise(values, mask, ("change", "last")).tolist() == [[2.0, 3.0]]
