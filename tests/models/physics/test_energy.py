import numpy as np
import pytest
import torch

from sunproof.models.physics.energy import bolometric_energy, flux_limit, flux_of_energy, potential_energy_proxy


def test_the_anchor_region_has_its_fft_energy():
    assert potential_energy_proxy(np.array([2.7e22]))[0] == pytest.approx(9e32)


@pytest.mark.parametrize(("flux", "low", "high"), [(1.5e-5, 8e29, 1.3e31), (1.5e-4, 8e30, 1.3e32)])
def test_flare_energies_lie_in_the_observed_ranges(flux: float, low: float, high: float):
    # 5-95 % of the bolometric energies of M1-2 and X1-2 flares, SWPC fluences 1996-2018
    assert low < bolometric_energy(np.array([flux]))[0] < high


def test_energy_and_flux_are_inverse():
    flux = np.geomspace(1e-6, 5e-3, 20)
    np.testing.assert_allclose(flux_of_energy(bolometric_energy(flux)), flux, rtol=1e-12)


def test_the_limit_grows_with_the_flux_between_its_bounds():
    limit = flux_limit(torch.logspace(18, 25, 50))
    assert (limit.diff() >= 0).all()
    assert float(limit[0]) == pytest.approx(1.25e-4)
    assert float(limit[-1]) == pytest.approx(5e-3)


def test_unknown_flux_leaves_only_the_largest_flare_on_record():
    assert float(flux_limit(torch.tensor([torch.nan]))) == pytest.approx(5e-3)


@pytest.mark.parametrize(("usflux", "observed"), [(1.13e22, 1e-4), (3.1e21, 1.4e-5), (2.7e22, 2.2e-4)])
def test_smallest_regions_that_flared_were_allowed_to(usflux: float, observed: float):
    # lowest total unsigned flux with an X flare and with an M flare 2010-2016, and AR 11158 before its X2.2
    assert float(flux_limit(torch.tensor([usflux]))) > observed
