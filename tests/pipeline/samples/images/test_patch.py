import numpy as np
import pytest

from sunproof.models.physics.geometry import rotation_rate
from sunproof.pipeline.samples.config import PatchConfig
from sunproof.pipeline.samples.images.frames import Viewpoint
from sunproof.pipeline.samples.images.patch import RegionPatches
from sunproof.pipeline.samples.images.projection import project
from tests.pipeline.samples.images.build import keys, write_images

CONFIG = PatchConfig(groups=("hmi_m",), size=16, degrees=16, oldest_hours=2)
SIZE = 256
SCALE = 2 * 1228.8 / SIZE


def spot(latitude, longitude, viewpoint, width=12.0):
    """A round spot of 1000 G on the disk."""
    seen = project(np.array(latitude), np.array(longitude), viewpoint)
    y, x = (np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2) * SCALE
    disk = np.where(np.hypot(x, y) < 960 / viewpoint.distance, 0.0, np.nan)
    return disk + 1000 * np.exp(-((x - seen.x) ** 2 + (y - seen.y) ** 2) / 2 / width**2)


def patches(tmp_path, latitude, longitude, frame, viewpoint, **settings):
    images = np.full((12, SIZE, SIZE), np.nan)
    images[10] = frame
    write_images(tmp_path / "a.zarr", "hmi_m", images, quantity="magnetic_field", observer=viewpoint)
    rows = keys(10.5)
    config = CONFIG.model_copy(update=settings)
    return RegionPatches(tmp_path / "a.zarr", rows, np.array([latitude]), np.array([longitude]), rows.cutoff, config)


@pytest.mark.parametrize("place", [(0.0, 0.0), (20.0, -45.0), (-30.0, 50.0)])
@pytest.mark.parametrize("viewpoint", [Viewpoint(0.0, 0.0, 1.0), Viewpoint(7.0, 25.0, 0.97)])
def test_a_spot_lies_in_the_middle_of_its_patch(tmp_path, place, viewpoint):
    # half an hour before the cut-off it was a quarter of a degree to the east
    before = place[1] - float(rotation_rate(place[0])) * 0.5 / 24
    images = patches(tmp_path, *place, spot(place[0], before, viewpoint), viewpoint)
    values, mask = images.read(np.array([0]))
    found = values[0, 0, 0] * mask[0, 0, 0]
    centre = [(found * axis).sum() / found.sum() for axis in np.mgrid[:16, :16] - 7.5]
    assert np.abs(centre).max() < 0.4


def test_north_is_up_and_west_is_right(tmp_path):
    earth = Viewpoint(0.0, 0.0, 1.0)
    images = patches(tmp_path, 10.0, 5.0, spot(14.0, 8.0, earth), earth)
    values, _ = images.read(np.array([0]))
    row, column = np.unravel_index(values[0, 0, 0].argmax(), (16, 16))
    assert row > 8
    assert column > 8


def test_the_limb_is_masked_and_the_angle_of_view_told(tmp_path):
    earth = Viewpoint(0.0, 0.0, 1.0)
    images = patches(tmp_path, 0.0, 78.0, spot(0.0, 78.0, earth), earth, degrees=30)
    values, mask = images.read(np.array([0]))
    mu = values[0, 0, 1][mask[0, 0, 1]]
    assert 0.17 <= mu.min() < 0.25
    assert mu.max() == pytest.approx(np.cos(np.radians(78.25 - 15 + 0.9)), abs=0.01)
    # all that lies behind the limb is missing
    assert not mask[0, 0, :, :, 10:].any()


def test_a_region_behind_the_limb_has_no_patch(tmp_path):
    earth = Viewpoint(0.0, 0.0, 1.0)
    images = patches(tmp_path, 0.0, 120.0, spot(0.0, 0.0, earth), earth)
    values, mask = images.read(np.array([0]))
    assert not mask.any()
    assert not values.any()


def test_a_region_without_a_place_has_no_patch(tmp_path):
    earth = Viewpoint(0.0, 0.0, 1.0)
    images = patches(tmp_path, 0.0, np.nan, spot(0.0, 0.0, earth), earth)
    assert not images.found.any()
    assert np.isnat(images.latest).all()
    assert not images.read(np.array([0]))[1].any()


def test_channels_of_a_field_are_known_to_be_signed(tmp_path):
    earth = Viewpoint(0.0, 0.0, 1.0)
    images = patches(tmp_path, 0.0, 0.0, spot(0.0, 0.0, earth), earth)
    assert images.names == ("hmi_m", "mu")
    assert images.signed == (True, False)


def test_what_is_behind_a_distance_is_seen_from_nearer():
    here, near = (project(np.array(10.0), np.array(20.0), Viewpoint(5.0, 0.0, distance)) for distance in (1.0, 0.5))
    # twice as near, the Sun is twice as large, a little less where it curves away
    assert 1.9 < near.x / here.x < 2.05
    assert near.mu < here.mu


def test_the_placement_of_a_patch_is_where_its_pixels_were_cut(tmp_path):
    viewpoint = Viewpoint(7.0, 25.0, 0.97)
    images = patches(tmp_path, 20.0, 30.0, spot(20.0, 30.0, viewpoint), viewpoint)
    found = images.placement(np.array([0]))
    assert found.projection == "stonyhurst"
    assert (found.time[0, 0] == np.datetime64("2013-03-01T10:00")).all()
    # the cosine of view is that of the first channel's camera
    np.testing.assert_allclose(found.observer[0, 0], [viewpoint, viewpoint])
    moved = 30 - float(rotation_rate(20.0)) * 0.5 / 24
    np.testing.assert_allclose(found.centre[0, 0], [[moved, 20.0]] * 2)
    np.testing.assert_allclose(found.step[0], [1 / np.cos(np.radians(20)), 1])
    longitude, latitude = (images._grid(0, found.time[0, 0, 0], 1)[axis] for axis in (1, 0))
    np.testing.assert_allclose(longitude.mean(), moved)
    np.testing.assert_allclose(np.diff(longitude[0]), found.step[0, 0])
    np.testing.assert_allclose(np.diff(latitude[:, 0]), found.step[0, 1])


def test_without_a_frame_there_is_no_place(tmp_path):
    earth = Viewpoint(0.0, 0.0, 1.0)
    images = patches(tmp_path, 0.0, 0.0, np.full((SIZE, SIZE), np.nan), earth)
    found = images.placement(np.array([0]))
    assert np.isnat(found.time).all()
    assert np.isnan(found.observer).all()
