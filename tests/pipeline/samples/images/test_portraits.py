"""What a frame says in a few numbers."""

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.ingest.register import Grid
from sunproof.pipeline.ingest.storage import seal
from sunproof.pipeline.samples.config import DiskConfig, InputConfig
from sunproof.pipeline.samples.images.frames import Viewpoint
from sunproof.pipeline.samples.images.portraits import FEATURES, Portraits
from sunproof.pipeline.samples.images.projection import project
from tests.pipeline.samples.images.build import START, write_images

SIDE = 64
PLACES = ((15.0, -40.0), (-20.0, 30.0), (8.0, 10.0))
HOUR = np.timedelta64(3_600_000_000_000, "ns")


def sun(level=1.0):
    """A disk with a bright limb and three regions; a little noise, so that no two are alike."""
    scale = Grid.full_disk(SIDE).scale
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    away = np.hypot(y, x) * scale / 960
    image = np.where(away < 1, 1 + away**4, 0.05)
    for latitude, longitude in PLACES:
        seen = project(np.array(latitude), np.array(longitude), Viewpoint(0.0, 0.0, 1.0))
        image += 20 * np.exp(-0.5 * ((y - seen.y / scale) ** 2 + (x - seen.x / scale) ** 2) / 2**2)
    return level * image * np.random.default_rng(0).uniform(0.95, 1.05, image.shape)


@pytest.fixture(scope="module")
def portraits(tmp_path_factory):
    path = tmp_path_factory.mktemp("portraits") / "archive.zarr"
    clean, dead, spoilt = sun(), sun(), sun()
    dead[:, ::4] = 0
    spoilt[:, 40:] = np.nan
    frames = [clean, clean[:, ::-1], clean[::-1, ::-1], 3 * clean, clean, dead, spoilt, np.rot90(clean)]
    write_images(path, "aia_171", np.stack(frames))
    columns = {
        "harpnum": np.repeat([1, 2, 3], 3),
        "time": np.tile(START + np.arange(3) * 3 * HOUR, 3),
        "usflux": np.repeat([2e22, 1e22, 3e22], 3).astype(np.float32),
        "latitude": np.repeat([latitude for latitude, _ in PLACES], 3),
        "longitude": np.repeat([longitude for _, longitude in PLACES], 3),
    }
    table = xr.Dataset({name: ("record", values) for name, values in columns.items()})
    table.to_zarr(path, group="sharp", mode="a", zarr_format=3, consolidated=False)
    seal(path)
    return Portraits(path, InputConfig(disk=DiskConfig(groups=("aia_171",), size=32)))


def feature(portraits, slot, name):
    return portraits.of("aia_171", slot).features[FEATURES.index(name)]


def test_regions_are_in_place_until_the_image_is_turned(portraits):
    own = portraits.of("aia_171", 0).agreement
    turned = [portraits.of("aia_171", slot).agreement for slot in (1, 2, 7)]
    assert own > 0.6
    assert max(turned) < own - 0.4


def test_a_gain_moves_the_light_and_nothing_else(portraits):
    names = ("log mean on the disk", "log median on the disk", "log 99 % on the disk")
    for name in names:
        assert feature(portraits, 3, name) - feature(portraits, 0, name) == pytest.approx(np.log10(3), abs=1e-3)
    for name in set(FEATURES) - {*names}:
        assert feature(portraits, 3, name) == pytest.approx(feature(portraits, 0, name), abs=1e-3)


def test_zeros_gaps_and_texture_are_told(portraits):
    assert feature(portraits, 5, "zeros on the disk") == pytest.approx(0.25, abs=0.02)
    assert feature(portraits, 5, "texture along rows") > feature(portraits, 0, "texture along rows") + 0.2
    assert feature(portraits, 6, "missing on the disk") > 0.2
    assert feature(portraits, 0, "missing on the disk") == 0


@pytest.fixture(scope="module")
def two_sides(tmp_path_factory):
    """Frames every ten days; a large region reaches the west limb on day 30, a small one pauses around day 20."""
    path = tmp_path_factory.mktemp("sides") / "archive.zarr"
    for name, longitude in (("aia_171", 0.0), ("euvi_a_195", -140.0)):
        write_images(path, name, np.stack([sun()] * 5), observer=(0.0, longitude, 1.0), hours=240)
    hours = np.arange(0, 961, 3)
    small, large = hours[np.abs(hours - 475) > 10], hours[(hours > 690) & (hours <= 720)]
    columns = {
        "harpnum": np.repeat([1, 2], [len(small), len(large)]),
        "time": START + np.concatenate([small, large]) * HOUR,
        "usflux": np.repeat([2e21, 5e22], [len(small), len(large)]).astype(np.float32),
        "latitude": np.full(len(small) + len(large), 5.0),
        "longitude": np.repeat([0.0, 85.0], [len(small), len(large)]),
    }
    table = xr.Dataset({name: ("record", values) for name, values in columns.items()})
    table.to_zarr(path, group="sharp", mode="a", zarr_format=3, consolidated=False)
    seal(path)
    return Portraits(path, InputConfig(disk=DiskConfig(groups=("aia_171", "euvi_a_195"), size=32)))


def test_what_the_earth_has_out_of_sight_counts_as_it_was_last_seen(two_sides):
    far = [two_sides.of("euvi_a_195", slot).flux for slot in (3, 4)]
    # turned by 133 degrees in ten days the large region is in the middle of what the far camera sees
    assert far == [0, pytest.approx(np.log10(1 + 50), abs=0.02)]
    # where the Earth looks, only what has a fresh record counts
    assert two_sides.of("aia_171", 4).flux == pytest.approx(np.log10(1 + 2), abs=0.02)
    # a place out of the Earth's sight is no place to hold an image against
    assert np.isnan(two_sides.of("euvi_a_195", 4).agreement)


def test_flux_that_nothing_was_recorded_of_is_unknown(two_sides):
    # day 20: both regions are without a record; day 10: the far side was not yet seen for a rotation
    assert np.isnan([two_sides.of(name, 2).flux for name in ("aia_171", "euvi_a_195")]).all()
    assert np.isnan(two_sides.of("euvi_a_195", 1).flux)
    assert np.isfinite(two_sides.of("aia_171", 1).flux)


def test_flux_of_records_without_a_place_is_unknown(tmp_path):
    path = tmp_path / "archive.zarr"
    write_images(path, "aia_171", np.stack([sun()]))
    columns = {"harpnum": [1], "time": [START], "usflux": np.array([2e21], np.float32)}
    for name in ("latitude", "longitude"):
        columns[name] = [np.nan]
    table = xr.Dataset({name: ("record", values) for name, values in columns.items()})
    table.to_zarr(path, group="sharp", mode="a", zarr_format=3, consolidated=False)
    seal(path)
    placeless = Portraits(path, InputConfig(disk=DiskConfig(groups=("aia_171",), size=32)))
    assert np.isnan(placeless.of("aia_171", 0).flux)


def test_a_copy_is_one_of_three_frames_before(portraits):
    # the fifth frame is the first again, four slots later; the fourth is the first times three
    assert [portraits.of("aia_171", slot).copy for slot in (0, 3, 4)] == [False, False, False]


def test_a_frame_served_again_is_a_copy(tmp_path, portraits):
    path = tmp_path / "again.zarr"
    write_images(path, "aia_171", np.stack([sun(), sun(2.0), sun()]))
    none = {name: ("record", np.zeros(0, kind)) for name, kind in (("harpnum", int), ("time", "datetime64[ns]"))}
    empty = xr.Dataset(none | {"usflux": ("record", np.zeros(0, np.float32))})
    empty.to_zarr(path, group="sharp", mode="a", zarr_format=3, consolidated=False)
    seal(path)
    again = Portraits(path, InputConfig(disk=DiskConfig(groups=("aia_171",), size=32)))
    assert [again.of("aia_171", slot).copy for slot in range(3)] == [False, False, True]
    # without a region in sight there is no place to be out of
    assert np.isnan(again.of("aia_171", 0).agreement)
    # and nothing recorded is not nothing there
    assert np.isnan(again.of("aia_171", 0).flux)


def test_the_frame_of_a_cut_off_is_the_latest_before_it(portraits):
    cutoffs = (START + np.array([2, 5]) * HOUR + HOUR // 2).astype("datetime64[us]")
    assert portraits.slots(cutoffs)["aia_171"].tolist() == [2, 5]
