import numpy as np
import pytest

from sunproof.models.physics.potential_field import potential_field
from sunproof.pipeline.simulate.energy import potential_energy
from sunproof.pipeline.simulate.images.regions import Regions, spread_of
from sunproof.pipeline.simulate.images.vector_field import Box, vector_field

FLUX = 1e22
BOX = Box(120, 180, float(np.radians(0.12)))
SOLAR_RADIUS_CM = 6.957e10


def one(leading=-1.0, tilt=0.1):
    arrays = [np.array([value]) for value in (15.0, 0.0, FLUX, float(spread_of(np.array(FLUX))), leading, tilt, 0.0)]
    return Regions(np.array([0]), *arrays)


def field(share=0.0, handedness=1.0, **changes):
    free = share * float(potential_energy(np.array(FLUX)))
    return vector_field(one(**changes), 0, free, handedness, BOX)


def current(values):
    """Vertical current, up to a factor: curl of the horizontal field (x to the west, y to the north)."""
    west, north = values[2], -values[1]
    return np.gradient(north, axis=1) - np.gradient(west, axis=0)


def test_the_patch_holds_the_flux_of_the_region():
    pixel = (BOX.cell * SOLAR_RADIUS_CM) ** 2
    assert np.abs(field()[0]).sum() * pixel == pytest.approx(FLUX, rel=0.02)


def test_without_free_energy_the_field_is_potential():
    radial, south, west = field()
    expected = potential_field(radial)
    np.testing.assert_allclose(west, expected[0])
    np.testing.assert_allclose(-south, expected[1])
    assert np.abs(current(field())).max() < 0.1 * np.abs(current(field(0.3))).max()


@pytest.mark.parametrize("handedness", [-1.0, 1.0])
def test_free_energy_twists_it_with_the_handedness_of_the_region(handedness):
    for leading in (-1.0, 1.0):
        values = field(0.3, handedness, leading=leading)
        assert np.sign((current(values) * values[0]).sum()) == handedness


def test_the_square_of_the_twisted_part_is_the_share_of_free_energy():
    potential, twisted = field(), field(0.25)
    extra = ((twisted - potential)[1:] ** 2).sum()
    assert extra / (potential[1:] ** 2).sum() == pytest.approx(0.25, rel=1e-6)
    np.testing.assert_array_equal(twisted[0], potential[0])


def test_the_leading_polarity_lies_west_and_nearer_to_the_equator():
    radial = field(leading=1.0, tilt=0.2)[0]
    rows, columns = np.mgrid[: BOX.rows, : BOX.columns]
    where = {
        sign: [np.average(axis, weights=np.maximum(sign * radial, 0)) for axis in (rows, columns)] for sign in (1, -1)
    }
    assert where[1][1] > where[-1][1]
    assert where[1][0] < where[-1][0]
