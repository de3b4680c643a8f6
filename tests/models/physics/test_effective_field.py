"""B_eff of spots whose flux and distance are known, its symmetries, and the real record of HARP 377."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.physics.effective_field import Concentrations, connect, effective_field, flux_concentrations

PIXEL = 364.42e5  # cm, SHARP


def spots(*places, shape=(160, 240), width=6.0):
    """Gaussian spots (x, y in pixels, peak field in G)."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return sum(peak * np.exp(-((x - i) ** 2 + (y - j) ** 2) / (2 * width**2)) for i, j, peak in places)


def test_two_spots_give_flux_over_distance_squared():
    field = spots((80, 80, 1500.0), (160, 80, -1500.0))
    found = flux_concentrations(field, PIXEL)
    assert len(found.flux) == 2
    flux = np.abs(found.flux).mean()
    # what lies below 100 G is left out: exp(-r^2 / 2 w^2) there holds a fifteenth of the flux
    assert flux == pytest.approx(1500 * 2 * np.pi * 36 * PIXEL**2 * (1 - 100 / 1500), rel=0.02)
    assert effective_field(field, PIXEL) == pytest.approx(flux / (80 * PIXEL) ** 2, rel=0.01)


@given(st.floats(0.5, 3.0))
def test_it_grows_with_the_field(factor):
    # Whole bins that are empty or far above the threshold: nothing crosses it.
    field = spots((20, 20, 1500.0), (38, 22, -1200.0), shape=(40, 60), width=2.0)
    field = np.kron(np.where(np.abs(field) < 400, 0.0, field), np.ones((4, 4)))
    assert effective_field(field * factor, PIXEL) == pytest.approx(factor * effective_field(field, PIXEL), rel=1e-6)


def test_the_sign_and_the_mirror_do_not_matter():
    field = spots((60, 40, 1800.0), (120, 60, -900.0), (150, 120, -1000.0))
    plain = effective_field(field, PIXEL)
    assert effective_field(-field, PIXEL) == pytest.approx(plain, rel=1e-6)
    assert effective_field(field[::-1, ::-1], PIXEL) == pytest.approx(plain, rel=1e-6)


def test_flux_goes_where_all_of_it_travels_least():
    # Greedy pairing of the closest two (middle ones) would leave a long connection for the rest.
    centre = np.array([[0.0, 0.0], [10.0, 0.0], [12.0, 0.0], [22.0, 0.0]])
    flux, length = connect(Concentrations(np.array([1.0, -1.0, 1.0, -1.0]) * 1e21, centre))
    assert (flux * length).sum() == pytest.approx(20 * 1e21)
    np.testing.assert_allclose(np.diag(flux), 1e21, rtol=1e-6)


def test_what_the_weaker_polarity_cannot_hold_stays_open():
    flux, _ = connect(Concentrations(np.array([3e21, -1e21]), np.array([[0.0, 0.0], [1e9, 0.0]])))
    assert flux.sum() == pytest.approx(1e21)


def test_one_polarity_and_no_field_connect_nothing():
    assert effective_field(spots((80, 80, 1500.0)), PIXEL) == 0
    assert effective_field(np.full((50, 50), np.nan), PIXEL) == 0


@pytest.mark.data
def test_the_region_of_an_x_flare_lies_above_the_floor_of_x_flares(data_root):
    from astropy.io import fits

    (path,) = (data_root / "vector_magnetograms" / "files").glob("*.Br.fits")
    field = fits.getdata(path, 1).astype(float)
    found = effective_field(field, PIXEL)
    assert 750 < found < 1500
    # where the bins begin moves the value by a tenth
    assert effective_field(field[2:, 2:], PIXEL) == pytest.approx(found, rel=0.15)
