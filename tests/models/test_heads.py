import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.heads import FlareProcess, MarkedPoissonHead, masked_loss

FLUXES = torch.tensor([1e-6, 3e-6, 1e-5, 1e-4], dtype=torch.float64)
scores = st.lists(st.floats(-40, 40), min_size=4, max_size=4)


def process(values: list[float], limit: float = 5e-3) -> FlareProcess:
    head = MarkedPoissonHead((24, 48, 72))
    return head(torch.tensor([values], dtype=torch.float64), torch.tensor([limit], dtype=torch.float64))


@given(scores, st.floats(1.25e-4, 5e-3))
def test_larger_classes_are_never_more_probable(values: list[float], limit: float):
    probabilities = process(values, limit).probabilities(FLUXES)[0]
    assert (probabilities.diff(dim=0) <= 0).all()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@given(scores, st.floats(1.25e-4, 5e-3))
def test_longer_windows_are_never_less_probable(values: list[float], limit: float):
    assert (process(values, limit).probabilities(FLUXES)[0].diff(dim=1) >= 0).all()


@given(scores)
def test_float32_processes_nest_too_once_doubled(values: list[float]):
    head = MarkedPoissonHead((24, 48, 72))
    found = head(torch.tensor([values]), torch.tensor([1e-3])).double().probabilities(FLUXES)[0]
    assert (found.diff(dim=0) <= 0).all()
    assert (found.diff(dim=1) >= 0).all()


@given(scores)
def test_logits_are_those_of_the_probabilities(values: list[float]):
    found = process(values)
    probabilities = found.probabilities(FLUXES)
    inner = (probabilities > 1e-12) & (probabilities < 1 - 1e-9)
    np.testing.assert_allclose(found.logits(FLUXES)[inner], torch.logit(probabilities[inner]), atol=1e-6)
    assert torch.isfinite(found.logits(FLUXES)).all()


@pytest.mark.parametrize("score", [-30.0, -5.0, 0.0, 3.0, 20.0])
def test_the_first_score_is_the_logit_of_c_class_in_the_first_window(score: float):
    assert float(process([score, score - 3, 0, 0]).logits(FLUXES)[0, 0, 0]) == pytest.approx(score, abs=1e-6)


@pytest.mark.parametrize(("c", "m"), [(-2.0, -4.5), (-4.0, -6.8), (1.0, -1.5)])
def test_the_second_score_is_nearly_the_logit_of_m_class(c: float, m: float):
    assert float(process([c, m, 0, 0]).logits(FLUXES)[0, 2, 0]) == pytest.approx(m, abs=0.2)


def test_without_learning_rates_grow_as_the_windows():
    rate = torch.exp(process([-3.0, -5.0, 0.0, 0.0]).log_rate)[0]
    np.testing.assert_allclose(rate / rate[0], [1, 2, 3], rtol=1e-9)


@pytest.mark.parametrize("flux", [2e-4, 1e-3])
def test_probability_vanishes_at_and_above_the_limit(flux: float):
    found = process([2.0, 1.0, 0, 0], limit=2e-4)
    probabilities = found.probabilities(torch.tensor([flux, 1.9e-4], dtype=torch.float64))[0, :, 0]
    assert float(probabilities[0]) < 1e-40
    assert float(probabilities[1]) > 1e-6


@pytest.mark.parametrize("alpha", [1.2, 2.0, 3.9])
def test_survival_is_the_truncated_power_law(alpha: float):
    slope, limit = alpha - 1, 1e-3
    numbers = torch.tensor([[alpha], [limit]], dtype=torch.float64)
    found = FlareProcess(torch.zeros(1, 1, dtype=torch.float64), *numbers)
    flux = np.array([1e-6, 1e-5, 5e-4])
    expected = (flux**-slope - limit**-slope) / (1e-6**-slope - limit**-slope)
    np.testing.assert_allclose(torch.exp(found.log_survival(torch.tensor(flux)))[0], expected, rtol=1e-9)


def test_loss_is_the_binary_cross_entropy_of_known_labels():
    values = torch.randn(50, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    found = MarkedPoissonHead((24, 48, 72))(values, torch.full((50,), 1e-3, dtype=torch.float64))
    events = (torch.rand(50, 4, 3, generator=torch.Generator().manual_seed(1)) < 0.3).double()
    events[:20, 1] = torch.nan
    known = ~torch.isnan(events)
    expected = torch.nn.functional.binary_cross_entropy(found.probabilities(FLUXES)[known], events[known])
    assert float(masked_loss(found, FLUXES, events)) == pytest.approx(float(expected), rel=1e-6)


def test_a_batch_without_labels_has_no_loss_and_no_gradient():
    values = torch.randn(3, 4, requires_grad=True)
    found = MarkedPoissonHead((24, 48, 72))(values, torch.full((3,), 1e-3))
    loss = masked_loss(found, FLUXES.float(), torch.full((3, 4, 3), torch.nan))
    loss.backward()
    assert float(loss.detach()) == 0
    assert (values.grad == 0).all()


@pytest.mark.parametrize("size", [1e-3, 1.0, 40.0, 80.0])
def test_gradients_are_finite_far_out(size: float):
    values = (torch.randn(200, 4, generator=torch.Generator().manual_seed(0)) * size).requires_grad_()
    found = MarkedPoissonHead((24, 48, 72))(values, torch.full((200,), 1.25e-4))
    masked_loss(found, FLUXES.float(), torch.ones(200, 4, 3)).backward()
    assert torch.isfinite(values.grad).all()


def test_counts_favour_the_true_rate():
    counts = torch.poisson(torch.full((4000, 3), 2.0), generator=torch.Generator().manual_seed(0)).cumsum(dim=1)
    nothing = torch.full((4000, 1, 3), torch.nan)

    def loss(rate: float) -> float:
        log_rate = torch.log(torch.tensor([rate, 2 * rate, 3 * rate])).expand(4000, 3)
        found = FlareProcess(log_rate, torch.full((4000,), 2.0), torch.full((4000,), 1e-3))
        return float(masked_loss(found, torch.tensor([1e-6]), nothing, counts, count_weight=1.0))

    assert loss(2.0) < min(loss(1.8), loss(2.2))
