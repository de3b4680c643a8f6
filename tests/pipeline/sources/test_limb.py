import numpy as np
import pytest

from sunproof.pipeline.sources.frames import Geometry
from sunproof.pipeline.sources.limb import blank_off_limb


@pytest.mark.parametrize(
    "geometry",
    [
        Geometry(50, 0, -1550, 0, 50, -1650),
        Geometry(-50, 3, 1500, -3, -50, 1700),
        Geometry(10, 50, -1800, -50, 10, 1200),
        Geometry(50, 0, 200, 0, 50, -1650),
    ],
)
def test_pixels_are_blank_where_their_centres_lie_off_the_disk(geometry):
    y, x = np.mgrid[:60, :64] + 0.5
    away = np.hypot(geometry.xx * x + geometry.xy * y + geometry.x0, geometry.yx * x + geometry.yy * y + geometry.y0)
    found = blank_off_limb(np.ones((60, 64), np.int16), geometry, 960.0)
    np.testing.assert_array_equal(np.isnan(found), away > 960.0)


def test_image_beside_the_disk_is_blank_and_the_given_one_untouched():
    data = np.ones((8, 8), np.float32)
    assert np.isnan(blank_off_limb(data, Geometry(1, 0, 5000, 0, 1, 0), 960.0)).all()
    assert np.isfinite(data).all()
