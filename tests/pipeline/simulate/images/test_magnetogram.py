import numpy as np
import pytest

from sunproof.pipeline.simulate.images.magnetogram import line_of_sight_field
from sunproof.pipeline.simulate.images.pointing import Pointing
from sunproof.pipeline.sources.frames import Observer
from sunproof.pipeline.sources.observer import SOLAR_RADIUS

from .single import one_region

EARTH = Observer(-7.2, 0.0, 0.993)


def flux_of(view, field):
    """Unsigned radial flux (Mx) of a line-of-sight field, pixel by pixel on the sphere."""
    x, y = view.plane
    nx, ny, nz = view.sphere
    distance = np.sqrt(nx**2 + ny**2 + (view.distance - nz) ** 2)
    cosine = (view.distance * nz - 1.0) / distance
    angle = view.geometry.pixel_area * np.radians(1 / 3600) ** 2 / (1 + x**2 + y**2) ** 1.5
    area = angle * distance**2 / cosine * (SOLAR_RADIUS * 100) ** 2
    return np.nansum(np.abs(field) / cosine * area)


@pytest.mark.parametrize("flux", [1e21, 1e22, 6e22])
@pytest.mark.parametrize(("latitude", "longitude"), [(15.0, 0.0), (-30.0, 40.0), (5.0, -55.0)])
@pytest.mark.parametrize("size", [256, 1024])
def test_the_flux_in_the_magnetogram_is_the_region_s_within_one_percent(flux, latitude, longitude, size):
    spread = np.sqrt(flux / 2 / (2 * np.pi * 200.0)) / 6.957e10
    region = one_region(latitude, longitude, flux, spread=spread)
    view = Pointing.of(2065.2, size, 179.93).view(EARTH)
    assert flux_of(view, line_of_sight_field(view, region)) == pytest.approx(flux, rel=0.01)


def test_the_western_polarity_leads_and_lies_nearer_to_the_equator():
    view = Pointing.of(2065.2, 512).view(Observer(0.0, 0.0, 1.0))
    field = line_of_sight_field(view, one_region(leading=-1.0))
    negative, positive = (np.unravel_index(at, field.shape) for at in (np.nanargmin(field), np.nanargmax(field)))
    assert negative[1] > positive[1]
    assert negative[0] < positive[0]


def test_polarities_balance_and_nothing_is_off_the_disk():
    view = Pointing.of(2065.2, 256).view(EARTH)
    field = line_of_sight_field(view, one_region(0.0, 0.0))
    assert abs(np.nansum(field)) < 0.01 * np.nansum(np.abs(field))
    assert (np.isnan(field) == (view.off > 1.0)).all()


def test_the_far_side_is_not_seen():
    view = Pointing.of(2065.2, 128).view(EARTH)
    assert np.nanmax(np.abs(line_of_sight_field(view, one_region(longitude=170.0)))) == 0.0


def test_a_region_about_to_emerge_has_no_field():
    view = Pointing.of(2065.2, 128).view(EARTH)
    field = line_of_sight_field(view, one_region(flux=0.0, spread=0.0))
    assert (field[view.off <= 1.0] == 0).all()
