import numpy as np
import pytest

from sunproof.models.physics.potential_field import potential_energy
from sunproof.models.physics.virial import virial_energy
from tests.models.physics.fields import dipole, low_lou, low_lou_function, monopoles

PAIR = [(1, -1.0, 0.0, 1.0), (-1, 1.0, 0.0, 1.0)]


@pytest.mark.parametrize(
    ("plane", "exact"),
    [(monopoles(PAIR), 0.073223), (dipole((0, 0, 1)), 1 / 16), (dipole((1, 0, 0)), 1 / 32)],
    ids=["pair", "vertical dipole", "horizontal dipole"],
)
def test_virial_energy_of_potential_fields(plane, exact):
    found = virial_energy(plane.bx, plane.by, plane.bz, plane.pixel)
    assert found.energy == pytest.approx(exact, rel=1e-4)
    assert found.net_force < 1e-3


@pytest.fixture(scope="module")
def solution():
    return low_lou_function()


def test_low_lou_eigenvalue(solution):
    assert solution[0] == pytest.approx(0.427408377, abs=1e-6)


@pytest.mark.parametrize(
    ("tilt", "exact", "potential"),
    [
        (0.0, 55.7244, 45.149),
        (np.pi / 4, 42.8992, 30.675),
        (np.pi / 2, 31.9655, 23.601),
        (4 * np.pi / 5, 46.6365, 34.356),
    ],
)
def test_energies_of_the_low_lou_field(solution, tilt, exact, potential):
    plane = low_lou(tilt, solution=solution)
    found = virial_energy(plane.bx, plane.by, plane.bz, plane.pixel)
    assert found.energy == pytest.approx(exact, rel=5e-5)
    assert potential_energy(plane.bz, plane.pixel) == pytest.approx(potential, rel=3e-3)
    assert found.lowest <= found.energy <= found.highest


def test_a_field_that_is_not_force_free_says_so_and_depends_on_the_origin():
    plane = monopoles(PAIR, half=8)
    found = virial_energy(plane.bx + 0.2 * plane.bz, plane.by, plane.bz, plane.pixel)
    assert found.net_force > 0.1
    assert found.highest - found.lowest > found.energy


def test_moving_the_origin_changes_nothing_where_the_net_force_vanishes():
    centred, moved = (virial_energy(*monopoles(PAIR, shift=(shift, 0.0))) for shift in (0.0, 5.0))
    assert moved.energy == pytest.approx(float(centred.energy), rel=1e-3)
