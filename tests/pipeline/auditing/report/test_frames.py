import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.auditing.report import frames
from sunproof.pipeline.auditing.report.disk import Place
from sunproof.pipeline.auditing.report.frames import latest_images, strip
from tests.pipeline.auditing.archives import write_archive

NOON = np.datetime64("2014-10-20T12:00", "ns")


def write_frames(archive, group="hmi_m", quantity="magnetic_field", side=64, longitude=0.0, minutes=0):
    """Three frames, six hours apart, the second one missing; a bright square at the disk's centre."""
    times = NOON + np.arange(-2, 1) * np.timedelta64(6, "h")
    pixels = np.full((3, side, side), 1.0, "f4")
    middle = slice(side // 2 - 2, side // 2 + 2)
    pixels[:, middle, middle] = 300.0
    scale = 2400.0 / side
    wcs = {"WCSAXES": 2, "NAXIS1": side, "NAXIS2": side}
    for axis, kind in enumerate(("HPLN-TAN", "HPLT-TAN"), start=1):
        centre = {f"CTYPE{axis}": kind, f"CUNIT{axis}": "arcsec", f"CDELT{axis}": scale, f"CRVAL{axis}": 0.0}
        wcs |= centre | {f"CRPIX{axis}": (side + 1) / 2}
    constant = {"observer_longitude": longitude, "observer_latitude": 0.0, "observer_distance": 0.996}
    along = {name: ("time", np.full(3, value)) for name, value in (constant | {"apparent_radius": 963.0}).items()}
    variables = {
        quantity: (("time", "y", "x"), pixels),
        "missing_reason": ("time", np.array(["", "no file", ""], np.dtypes.StringDType())),
        "time_observed": ("time", times + np.asarray(minutes) * np.timedelta64(1, "m")),
        **along,
    }
    attributes = {"layout": "frames", "wcs": wcs}
    xr.Dataset(variables, {"time": times}, attributes).to_zarr(
        archive, group=group, mode="a", zarr_format=3, consolidated=False
    )


@pytest.fixture
def archive(tmp_path):
    path = write_archive(tmp_path / "archive.zarr")
    write_frames(path, "aia_171", "intensity")
    write_frames(path)
    return path


def test_the_last_frames_before_the_cutoff_are_found_magnetograms_first(archive):
    found = latest_images(archive, NOON)
    assert [(image.group, image.time, image.magnetic) for image in found] == [
        ("hmi_m", "2014-10-20 12:00", True),
        ("aia_171", "2014-10-20 12:00", False),
    ]


def test_nothing_after_the_cutoff_and_nothing_old_or_missing_is_shown(archive):
    hour = np.timedelta64(1, "h")
    assert [image.time for image in latest_images(archive, NOON - hour)] == ["2014-10-20 00:00"] * 2
    assert latest_images(archive, NOON + 13 * hour) == []


def test_a_frame_observed_after_the_cutoff_is_not_shown_though_its_slot_was_before(tmp_path):
    path = write_archive(tmp_path / "archive.zarr")
    write_frames(path, minutes=5)
    assert [image.time for image in latest_images(path, NOON)] == ["2014-10-20 00:05"]


def test_the_latest_frame_is_the_one_observed_last_whatever_its_slot(tmp_path):
    path = write_archive(tmp_path / "archive.zarr")
    write_frames(path, minutes=[11 * 60, 0, -2 * 60])
    assert [image.time for image in latest_images(path, NOON)] == ["2014-10-20 11:00"]


def test_large_frames_are_averaged_with_their_coordinates(archive, monkeypatch):
    monkeypatch.setattr(frames, "_SIDE", 32)
    (image, *_) = latest_images(archive, NOON)
    assert image.map.data.shape == (32, 32)
    x, y = frames._pixels(image.map, Place("", 0.0, 0.0, 100.0, 0.1, True))
    assert np.mean(x[:-1]) == pytest.approx(15.5, abs=0.1)
    assert np.mean(y[:-1]) == pytest.approx(15.5, abs=0.1)


def test_an_outline_lies_where_the_observer_sees_the_region_and_not_through_the_sun(tmp_path):
    path = write_archive(tmp_path / "archive.zarr")
    write_frames(path, longitude=90.0)
    (image,) = latest_images(path, NOON)
    west = Place("", 0.0, 90.0, 100.0, 0.1, True)
    x, _ = frames._pixels(image.map, west)
    assert np.nanmean(x) == pytest.approx(31.5, abs=0.2)
    hidden, _ = frames._pixels(image.map, Place("", 0.0, -60.0, 100.0, 0.1, False))
    assert np.isnan(hidden).all()


def test_the_strip_names_its_images(archive):
    picture = strip(latest_images(archive, NOON), [Place("AR 1", 0.0, 0.0, 500.0, 0.1, True)])
    assert "HMI magnetogram of 2014-10-20 12:00, AIA 171 Å of" in picture
    assert picture.count("<image") == 2
    assert strip([], []) == ""
