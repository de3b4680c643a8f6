"""Geometry and observer of every instrument beside what sunpy makes of the same header."""

import warnings

import astropy.units as u
import numpy as np
import pytest
import sunpy.map
from sunpy.coordinates import HeliographicStonyhurst

from sunproof.pipeline.registry import members
from sunproof.pipeline.sources.image_source import ImageSource

from .images import HEADERS, write_example

SOURCES = {
    name: source
    for name, source in members("sunproof.pipeline.sources", "SOURCE").items()
    if isinstance(source, ImageSource)
}
# sunpy knows nothing of SC_ROLL; patches are no sky images.
COMPARED = sorted(set(SOURCES) & set(HEADERS) - {"eit", "sharp_cea"})


# Degrees. GONG's site and XRT's orbit are taken for the Earth's centre; SUVI's header gives its latitude twice. JSOC's
# Carrington longitudes disregard the light time, which sunpy's account for: 0.08 degrees.
NEAR = {"gong": 0.01, "xrt": 0.01, "suvi": 0.02, "hmi": 0.1, "mdi": 0.1}


@pytest.fixture(params=COMPARED)
def pair(request, tmp_path):
    path = write_example(tmp_path, request.param)
    frame = SOURCES[request.param].frame(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sunpy's remarks on keywords it has to assume
        image = sunpy.map.Map(path)
        place = image.observer_coordinate.transform_to(HeliographicStonyhurst(obstime=image.reference_date))
    return request.param, frame, image, place


def test_pixels_lie_where_sunpy_puts_them(pair):
    _, frame, image, _ = pair
    height, width = frame.data.shape
    for column, row in ((0, 0), (width - 1, 0), (3, height - 1), (width // 2, height // 2)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sky = image.pixel_to_world(column * u.pix, row * u.pix)
        g = frame.geometry
        x = g.xx * (column + 0.5) + g.xy * (row + 0.5) + g.x0
        y = g.yx * (column + 0.5) + g.yy * (row + 0.5) + g.y0
        # Sky to tangent plane (FITS WCS paper II, section 5.1.3): 6 arcsec at the corners of the Full Sun Imager.
        plane = np.degrees([np.tan(sky.Tx).value, (np.tan(sky.Ty) / np.cos(sky.Tx)).value]) * 3600
        np.testing.assert_allclose([x, y], plane, atol=0.03 * image.scale[0].value)


def test_observer_stands_where_sunpy_puts_it(pair):
    name, frame, _, place = pair
    near = NEAR.get(name, 0.001)
    assert frame.observer.latitude == pytest.approx(place.lat.deg, abs=near)
    assert frame.observer.longitude == pytest.approx(place.lon.wrap_at("180d").deg, abs=near)
    assert frame.observer.distance == pytest.approx(place.radius.to_value("AU"), rel=3e-4)


def test_time_is_near_the_one_sunpy_reads(pair):
    _, frame, image, _ = pair
    away = abs((frame.time - np.datetime64(image.date.utc.isot, "ns")) / np.timedelta64(1, "s"))
    exposure = 0.0 if np.isnan(frame.exposure_time) else frame.exposure_time
    assert away <= max(exposure, 200.0)


def test_limb_lies_where_the_header_says(pair):
    _, frame, image, _ = pair
    assert frame.apparent_radius == pytest.approx(image.rsun_obs.value, rel=2e-3)
