"""One grid a product: where things end up, and how much light arrives."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.register import Grid, register
from sunproof.pipeline.sources.aia import SOURCE as AIA
from sunproof.pipeline.sources.frames import Frame, Geometry, Observer

from ..sources.images import header_of


def spots(geometry, shape, places, width=60.0):
    """Draw round spots of given brightness at places in arcsec, as this geometry sees them."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    g = geometry
    across, up = g.xx * x + g.xy * y + g.x0, g.yx * x + g.yy * y + g.y0
    data = sum(v * np.exp(-((across - a) ** 2 + (up - b) ** 2) / 2 / width**2) for a, b, v in places)
    return frame(np.asarray(data, np.float32), geometry)


def frame(data, geometry, **changes):
    time, place = np.datetime64("2011-02-15", "ns"), Observer(0, 0, 1)
    return Frame(data, "intensity", "aia_171", time, geometry, place, 960.0, **changes)


def turned(degrees, scale=20.0, shape=(128, 128), centre=(64.0, 64.0), mirror=1.0):
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    x0, y0 = -(mirror * cos * centre[0] - sin * centre[1]), -(mirror * sin * centre[0] + cos * centre[1])
    return Geometry(mirror * cos, -sin, x0, mirror * sin, cos, y0)


PLACES = ((400.0, 250.0, 100.0), (-300.0, 100.0, 40.0))
GRID = Grid.full_disk(64, 1280.0)


@pytest.mark.parametrize("degrees", [0.0, 0.02, 3.8, -17.0, 45.0, 90.0, 92.0, 130.0, 179.93, 180.0, -60.0])
def test_features_end_up_where_they_are_at_any_roll(degrees):
    wanted = spots(GRID.geometry, GRID.shape, PLACES).data
    found = register(spots(turned(degrees), (128, 128), PLACES), GRID)
    assert found.data.shape == (64, 64)
    assert found.geometry == GRID.geometry
    both = np.isfinite(found.data)
    assert both.mean() > 0.75
    np.testing.assert_allclose(found.data[both], wanted[both], atol=6.0)
    assert np.nansum(found.data) == pytest.approx(wanted.sum(), rel=2e-3)


def test_sun_north_is_up_and_west_is_right():
    found = register(spots(turned(179.93), (128, 128), PLACES), GRID).data
    row, column = np.unravel_index(np.nanargmax(found), found.shape)
    assert (column + 0.5) * GRID.scale - 1280 == pytest.approx(400, abs=40)
    assert (row + 0.5) * GRID.scale - 1280 == pytest.approx(250, abs=40)


@pytest.mark.parametrize(("size", "half_width"), [(512, 1228.8), (4096, 1228.8), (60, 1100.0)])
def test_shape_is_the_grids_whatever_the_frame(size, half_width):
    small = spots(turned(0.3, 80.0, centre=(16, 16)), (32, 32), PLACES)
    found = register(small, Grid.full_disk(size, half_width))
    assert found.data.shape == (size, size)
    assert found.data.dtype == np.float32
    assert found.facts["native_shape"] == [32, 32]


def test_frame_that_covers_part_of_the_grid_leaves_nan_around():
    part = spots(turned(0.0, 20.0, centre=(16, 16)), (32, 32), PLACES)
    found = register(part, GRID).data
    assert np.isfinite(found).sum() == 16 * 16
    assert np.isnan(found[0]).all()


def test_scale_and_offset_are_applied_after_averaging():
    counts = np.random.default_rng(1).poisson(900, (128, 128)).astype(np.int16)
    raw = frame(counts, turned(0.4), scale=0.5, offset=-350.0)
    np.testing.assert_allclose(register(raw, GRID).data, register(raw.physical(), GRID).data, rtol=1e-5)
    assert register(raw, GRID).scale == 1.0


def test_missing_pixels_do_not_darken_their_cell():
    data = np.full((128, 128), 7.0, np.float32)
    data[40, 40] = np.nan
    np.testing.assert_allclose(register(frame(data, turned(0.0)), GRID).data, 7.0, rtol=1e-6)


def test_patches_of_any_size_fit_one_grid_in_degrees():
    field = np.full((40, 90), 7.0, np.float32)
    patch = frame(field, Geometry(0.03, 0.0, -1.35, 0.0, 0.03, -0.6), projection="carrington_cea")
    found = register(patch, Grid(24, 48, 0.06)).data
    assert found.shape == (24, 48)
    # 20 x 45 cells of two pixels a side; the half cell at each end is just seen enough.
    assert np.isfinite(found).sum() == 20 * 46
    assert np.nanmax(found) == 7.0


def test_impossible_grid_is_refused():
    with pytest.raises(InputError, match=r"no such grid; got \(0, 1228\.8\)"):
        Grid.full_disk(0)


@pytest.fixture(scope="module")
def real():
    """The real AIA image of 15 February 2011, its pixels made 8 times finer by a smooth spline, roll and all."""
    from scipy.ndimage import zoom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sunpy.data.test

        with fits.open(sunpy.data.test.get_test_filepath("aia_171_level1.fits"), memmap=False) as hdus:
            small = hdus[0].data.astype(np.float64)
    data = np.clip(zoom(small, 8, order=3, mode="nearest", grid_mode=True), 0, None)
    header = header_of("aia_171_level1.fits")
    for axis in (1, 2):
        header[f"CRPIX{axis}"] = (header[f"CRPIX{axis}"] - 0.5) * 8 + 0.5
        header[f"CDELT{axis}"] /= 8
    return data.astype(np.float32), header


@pytest.mark.parametrize("roll", [0.019, -0.14, 0.7])
def test_registration_agrees_with_aiapy_and_conserves_flux(real, roll, tmp_path):
    """RMS to aiapy.register (order 3) and mean at most 0.5 % of the image mean; total flux within 1e-4."""
    import sunpy.map
    from aiapy.calibrate import register as aiapy_register

    data, header = real
    header = header.copy()
    header["CROTA2"] = roll
    path = tmp_path / "aia.fits"
    fits.PrimaryHDU(data, header).writeto(path, output_verify="silentfix")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level = aiapy_register(sunpy.map.Map(path), order=3, missing=0.0)
    # Its shape and centre are what the rotation gives; cells are laid around that centre, a margin is cut off.
    side, factor = 112, 8
    centre = np.array([level.meta["crpix1"], level.meta["crpix2"]]) - 0.5
    start = np.round(centre).astype(int) - side * factor // 2
    pixels = level.data[start[1] : start[1] + side * factor, start[0] : start[0] + side * factor]
    wanted = pixels.reshape(side, factor, side, factor).mean((1, 3))
    at = np.array([level.meta["crval1"], level.meta["crval2"]])
    shift = (centre - start - side * factor / 2) * level.meta["cdelt1"] - at
    source = AIA.frame(path)
    geometry = source.geometry._replace(x0=source.geometry.x0 + shift[0], y0=source.geometry.y0 + shift[1])
    grid = Grid(side, side, factor * level.meta["cdelt1"])
    found = register(replace(source, geometry=geometry, scale=1.0), grid).data
    difference = float(np.sqrt(np.mean((found - wanted) ** 2)) / wanted.mean())
    assert difference <= 0.005
    assert found.mean(dtype=float) == pytest.approx(wanted.mean(), rel=1e-4)
