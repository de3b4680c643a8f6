import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.area_average import Affine, area_average

STRAIGHT = Affine(4.0, 0.0, 0.0, 0.0, 4.0, 0.0)


def image(dtype=np.float32, shape=(48, 64), seed=1):
    return np.random.default_rng(seed).integers(0, 900, shape).astype(dtype)


def turned(degrees, scale=4.0, centre=(24.0, 32.0), shape=(12, 16)):
    """Affine that turns about the image's centre."""
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    y, x = shape[0] / 2, shape[1] / 2
    return Affine(cos, -sin, centre[1] - cos * x + sin * y, sin, cos, centre[0] - sin * x - cos * y)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_straight_integer_factor_is_the_plain_mean(dtype):
    pixels = image(dtype)
    wanted = pixels.reshape(12, 4, 16, 4).mean((1, 3))
    np.testing.assert_allclose(area_average(pixels, STRAIGHT, (12, 16)), wanted, rtol=1e-6)


def test_integers_and_floats_agree():
    affine = turned(0.7, 3.9)
    whole, floats = (area_average(image(dtype), affine, (12, 16)) for dtype in (np.int16, np.float32))
    np.testing.assert_allclose(whole, floats, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.floats(3.2, 5.0), st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_flux_of_a_star_inside_is_conserved(angle, scale, x, y):
    pixels = np.zeros((96, 128), np.float32)
    pixels[44:50, 60:67] = image(shape=(6, 7))
    affine = turned(angle, scale, (48.0, 64.0), (24, 32))
    found = area_average(pixels, affine._replace(x0=affine.x0 + x, y0=affine.y0 + y), (24, 32), least=0.01)
    assert np.nansum(found) * scale**2 == pytest.approx(pixels.sum(), rel=1e-5)


def test_a_plane_stays_a_plane_under_a_turn():
    y, x = np.mgrid[:48, :64] + 0.5
    affine = turned(1.5, 3.0)
    found = area_average(2 * x + 3 * y, affine, (12, 16))
    row, column = np.mgrid[:12, :16] + 0.5
    wanted = 2 * (affine.xx * column + affine.xy * row + affine.x0) + 3 * (
        affine.yx * column + affine.yy * row + affine.y0
    )
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_half_a_turn_is_two_mirrors():
    pixels = image()
    half = Affine(-4.0, 0.0, 64.0, 0.0, -4.0, 48.0)
    np.testing.assert_allclose(
        area_average(pixels, half, (12, 16)), area_average(pixels, STRAIGHT, (12, 16))[::-1, ::-1]
    )


def test_missing_pixels_are_left_out_and_cells_mostly_missing_are_nan():
    pixels = image()
    pixels[0, 0] = np.nan
    pixels[4:8, 4:7] = np.nan
    found = area_average(pixels, STRAIGHT, (12, 16))
    assert found[0, 0] == pytest.approx(np.nanmean(pixels[:4, :4]))
    assert np.isnan(found[1, 1])
    assert np.isnan(found).sum() == 1


def test_cells_outside_the_image_are_nan_never_zero():
    found = area_average(image(np.int16), STRAIGHT._replace(x0=-8.0), (12, 16))
    assert np.isnan(found[:, :2]).all()
    assert np.isfinite(found[:, 2:]).all()


def test_a_grid_turned_too_far_is_refused():
    with pytest.raises(InputError, match="turned too far; got"):
        area_average(image(), turned(30), (12, 16))


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int32])
def test_the_brightest_rows_do_not_overflow(dtype):
    brightest = min(np.iinfo(dtype).max, 2**24)
    pixels = np.full((8, 32000), brightest, dtype)
    found = area_average(pixels, STRAIGHT, (2, 8000))
    np.testing.assert_allclose(found, brightest, rtol=1e-6)
