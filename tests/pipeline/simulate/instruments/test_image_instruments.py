"""What all image instruments have in common, seen through the sources that read their files."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from sunpy.coordinates import HeliographicStonyhurst, Helioprojective

from sunproof.pipeline.ingest.fits_image import read_fits_image

from .frames import observe, prominent

GROUPS = {
    "aia": {"aia_171", "aia_193"},
    "hmi": {"hmi_m"},
    "suvi": {"suvi16_171", "suvi16_195"},
    "euvi": {"euvi_a_195", "euvi_b_195"},
}


@pytest.fixture(scope="module")
def seen(images_scene, tmp_path_factory):
    root = tmp_path_factory.mktemp("images")
    return {name: observe(name, images_scene, root) for name in GROUPS}, root


def pixel_of(frame, latitude, longitude):
    """Row and column at which sunpy and the frame's own geometry see a place on the photosphere."""
    time = str(frame.time)[:23]
    place = HeliographicStonyhurst(
        lon=frame.observer.longitude * u.deg,
        lat=frame.observer.latitude * u.deg,
        radius=frame.observer.distance * u.AU,
        obstime=time,
    )
    surface = SkyCoord(longitude * u.deg, latitude * u.deg, 695.7e6 * u.m, frame=HeliographicStonyhurst(obstime=time))
    sky = surface.transform_to(Helioprojective(observer=place, obstime=time))
    back = frame.geometry.inverse()
    x, y = sky.Tx.to_value(u.arcsec), sky.Ty.to_value(u.arcsec)
    return int(back.yx * x + back.yy * y + back.y0), int(back.xx * x + back.xy * y + back.x0)


@pytest.mark.parametrize("name", GROUPS)
def test_every_channel_is_read_as_simulated_with_a_verified_checksum(seen, name):
    frames, _ = seen[0][name]
    assert {frame.group for frame in frames.values()} == GROUPS[name]
    for frame in frames.values():
        assert frame.facts["simulated"] == 1
        assert frame.facts["checksum"] == "verified"
        assert frame.data.shape == (256, 256)


@pytest.mark.parametrize("name", GROUPS)
def test_the_strongest_regions_stand_where_sunpy_and_the_header_put_them(seen, name, images_scene):
    frames, _ = seen[0][name]
    checked, regions = set(), 0
    for frame in frames.values():
        if not frame.accepted or frame.group in checked:
            continue
        checked.add(frame.group)
        found = prominent(images_scene, frame, most=0.6)
        assert found, frame.group
        bright = np.abs(np.nan_to_num(frame.physical().data))
        for _, latitude, longitude, flux in found[:2]:
            if flux < 4e21:
                continue
            regions += 1
            row, column = pixel_of(frame, latitude, longitude)
            patch = bright[row - 4 : row + 5, column - 4 : column + 5]
            assert patch.max() > 2.5 * np.median(bright[bright > 0.1 * np.median(bright)]), (frame.group, latitude)
    assert checked == GROUPS[name]
    assert regions >= len(checked)


@pytest.mark.parametrize("name", GROUPS)
def test_observers_stand_where_their_spacecraft_are(seen, name):
    for frame in seen[0][name][0].values():
        east_west = {"euvi_a_195": 153.3, "euvi_b_195": -161.7}.get(frame.group, 0.0)
        assert frame.observer.longitude == pytest.approx(east_west, abs=0.4)
        assert abs(frame.observer.latitude) == pytest.approx(7.0, abs=0.4)


def test_flagged_frames_are_rejected_and_near_real_time_ones_are_not(seen):
    for name in ("aia", "hmi", "suvi"):
        rejected = [frame for frame in seen[0][name][0].values() if not frame.accepted]
        assert [frame.rejected_for for frame in rejected] == [("eclipse",)]
    late = [frame for frame in seen[0]["aia"][0].values() if "near_real_time" in frame.flags]
    assert any(frame.accepted for frame in late)
    assert not any("near_real_time" in frame.rejected_for for frame in late)


def test_one_truncated_file_is_refused_and_no_other(seen):
    refused = {name: messages for name, (_, messages) in seen[0].items() if messages}
    assert list(refused) == ["aia"]
    (message,) = refused["aia"].values()
    assert "not readable as FITS" in message


def test_a_copy_and_a_stale_frame_are_planted(seen):
    root = seen[1]
    suvi = [path.read_bytes() for path in sorted((root / "suvi").glob("*ci171*"))]
    assert len(set(suvi)) == len(suvi) - 1
    first, repeated = (
        read_fits_image(root / "euvi" / name) for name in ("20140310_120030_n4euA.fts", "20140311_000030_n4euA.fts")
    )
    assert (first.data == repeated.data).all()
    assert first.header["DATE-OBS"] != repeated.header["DATE-OBS"]
    assert repeated.header["PLANTED"] == "stale"


def test_the_same_scene_gives_the_same_bytes(seen, images_scene, tmp_path):
    for name in GROUPS:
        observe(name, images_scene, tmp_path)
        one, same = ({path.name: path.read_bytes() for path in (root / name).iterdir()} for root in (seen[1], tmp_path))
        assert one == same
