import numpy as np
import pytest
import torch

from sunproof.models.heads import FlareProcess, masked_loss
from sunproof.pipeline.training.calibration import fit_calibration

FLUXES = torch.tensor([1e-6, 1e-5, 1e-4], dtype=torch.float64)


def world(size: int, seed: int = 0) -> tuple[FlareProcess, torch.Tensor]:
    """True processes and what happened."""
    random = torch.Generator().manual_seed(seed)
    log_rate = torch.randn(size, 1, generator=random).double() * 1.5 - 1
    process = FlareProcess(
        torch.cat([log_rate, log_rate + 0.5], dim=1),
        1.6 + torch.rand(size, generator=random).double(),
        torch.full((size,), 5e-3).double(),
    )
    events = torch.rand(size, 3, 2, generator=random).double() < process.probabilities(FLUXES)
    return process, events.double()


def test_a_distorted_forecast_is_mended():
    truth, events = world(20_000)
    told = FlareProcess(0.5 + 1.6 * truth.log_rate, 1 + 1.5 * (truth.alpha - 1), truth.limit)
    found = fit_calibration(told, events, FLUXES)
    assert masked_loss(found(told), FLUXES, events) < masked_loss(told, FLUXES, events)
    np.testing.assert_allclose(found(told).log_rate, truth.log_rate, atol=0.25)
    np.testing.assert_allclose(found(told).alpha, truth.alpha, atol=0.15)


def test_a_calibrated_forecast_is_left_nearly_alone():
    truth, events = world(5_000)
    found = fit_calibration(truth, events, FLUXES)
    assert found.rate == pytest.approx((0, 1), abs=0.1)
    assert found.index == pytest.approx((0, 1), abs=0.1)


@pytest.mark.parametrize("size", [0, 50])
def test_without_labels_it_is_the_identity(size: int):
    truth, events = world(size)
    found = fit_calibration(truth, torch.full_like(events, torch.nan), FLUXES)
    assert found.rate == pytest.approx((0, 1))
    assert found.index == pytest.approx((0, 1))


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_slopes_stay_positive_whatever_happened(outcome: float):
    truth, events = world(500)
    found = fit_calibration(truth, torch.full_like(events, outcome), FLUXES)
    assert found.rate[1] > 0
    assert found.index[1] > 0
    probabilities = found(truth).probabilities(FLUXES)
    assert (probabilities.diff(dim=1) <= 0).all()
    assert (probabilities.diff(dim=2) >= 0).all()


def test_many_samples_of_few_regions_move_it_less_than_many_regions():
    truth, events = world(20_000)
    told = FlareProcess(0.5 + 1.6 * truth.log_rate, truth.alpha, truth.limit)
    slopes = [fit_calibration(told, events, FLUXES, regions).rate[1] for regions in (20, 500, None)]
    assert 1 > slopes[0] > slopes[1] > slopes[2]
    assert slopes[0] > 0.9


def test_a_sample_never_counts_for_more_than_one():
    truth, events = world(300)
    assert fit_calibration(truth, events, FLUXES, 10_000) == fit_calibration(truth, events, FLUXES)
