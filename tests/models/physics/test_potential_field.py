import numpy as np
import pytest
import torch

from sunproof.models.physics.potential_field import potential_energy, potential_field
from tests.models.physics.fields import dipole, grid, monopole_energy, monopoles

PAIR = [(1, -1.0, 0.0, 1.0), (-1, 1.0, 0.0, 1.0)]
UNEVEN = [(1, -1.0, 0.0, 1.0), (-1, 1.0, 0.5, 2.0)]


def test_single_charge_has_the_energy_of_its_image():
    assert monopole_energy([(1, 0, 0, 1)]) == pytest.approx(0.125)


@pytest.mark.parametrize(("charges", "exact"), [(PAIR, 0.073223), (UNEVEN, 0.050139)])
def test_energy_of_charge_pairs(charges, exact):
    plane = monopoles(charges)
    assert monopole_energy(charges) == pytest.approx(exact, abs=2e-6)
    assert potential_energy(plane.bz, plane.pixel) == pytest.approx(exact, rel=2e-4)


@pytest.mark.parametrize(("moment", "exact"), [((0, 0, 1), 1 / 16), ((1, 0, 0), 1 / 32)])
def test_energy_of_dipoles(moment, exact):
    plane = dipole(moment)
    assert potential_energy(plane.bz, plane.pixel) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("charges", [PAIR, UNEVEN])
def test_horizontal_field_of_charges_is_recovered(charges):
    plane = monopoles(charges, half=16)
    bx, by = potential_field(plane.bz, pad=3)
    inner = (slice(64, -64), slice(64, -64))
    scale = np.abs(plane.bz).max()
    np.testing.assert_allclose(bx[inner], plane.bx[inner], atol=2e-3 * scale)
    np.testing.assert_allclose(by[inner], plane.by[inner], atol=2e-3 * scale)


@pytest.mark.parametrize("shape", [(16, 24), (15, 25)])
def test_periodic_cosine_is_exact_without_padding(shape):
    ny, nx = shape
    k = 2 * np.pi * 3 / nx
    bz = 7.0 * np.cos(k * np.arange(nx)) * np.ones((ny, 1))
    exact = (nx * ny) * 49 / (16 * np.pi * k)
    assert potential_energy(bz, 1.0, pad=1) == pytest.approx(exact, rel=1e-13)
    bx, by = potential_field(bz, pad=1)
    np.testing.assert_allclose(bx, 7.0 * np.sin(k * np.arange(nx)) * np.ones((ny, 1)), atol=1e-12)
    np.testing.assert_allclose(by, 0, atol=1e-12)


@pytest.mark.parametrize(("ratio", "excess"), [(0.5, 1.1547), (0.9, 2.294)])
def test_linear_force_free_arcade_holds_more_than_its_potential_field(ratio, excess):
    n, periods = 256, 4
    k = 2 * np.pi * periods / n
    decay = k * np.sqrt(1 - ratio**2)
    bz = np.sin(k * np.arange(n)) * np.ones((8, 1))
    arcade = 8 * n / (16 * np.pi * decay)
    assert arcade / potential_energy(bz, 1.0, pad=1) == pytest.approx(excess, rel=1e-3)


def test_unbalanced_flux_biases_low_and_padding_recovers_part():
    plane = monopoles([(1, 0, 0, 1)], half=16)
    energies = [float(potential_energy(plane.bz, plane.pixel, pad=pad)) for pad in (1, 2, 4)]
    assert energies == pytest.approx([0.0976, 0.1107, 0.1174], rel=2e-3)


def test_energy_scales_with_the_square_of_the_field():
    bz = grid(4, 0.5)[0]
    assert potential_energy(2 * bz, 1.0) == pytest.approx(4 * potential_energy(bz, 1.0), rel=1e-12)


def test_a_batch_gives_what_each_patch_gives_and_tensors_stay_tensors():
    patches = np.random.default_rng(3).normal(size=(4, 12, 17))
    together = potential_energy(torch.from_numpy(patches), 2.0)
    assert isinstance(together, torch.Tensor)
    np.testing.assert_allclose(together, [potential_energy(patch, 2.0) for patch in patches], rtol=1e-12)


def test_missing_pixels_count_as_no_field():
    bz = monopoles(PAIR, half=4).bz
    holed = bz.copy()
    holed[:3] = np.nan
    bz[:3] = 0
    assert potential_energy(holed, 1.0) == potential_energy(bz, 1.0)
