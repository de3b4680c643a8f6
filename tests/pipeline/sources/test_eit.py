import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.register import Grid, register
from sunproof.pipeline.sources.eit import SOURCE
from sunproof.pipeline.sources.image_source import ImageSettings

from .images import write_example

GRID = Grid(96, 96, 20.0)


def test_image_is_counts_a_second_at_the_middle_of_the_exposure(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "eit"))
    assert frame.group == "eit_195"
    assert frame.exposure_time == 13.0
    assert frame.time == np.datetime64("2004-03-01T00:00:17.015", "ns")
    assert frame.flags == ("camera_offset_included", "blocks_missing")  # one of 1024
    assert frame.accepted
    assert frame.facts["corrected_date_obs"] == "2004-02-29T23:58:20.443Z"


def test_the_camera_offset_is_subtracted_where_it_is_given(tmp_path):
    path = write_example(tmp_path, "eit")
    plain, corrected = SOURCE.frame(path), SOURCE.frame(path, ImageSettings(eit_offset=840.0))
    difference = plain.physical().data - corrected.physical().data
    np.testing.assert_allclose(difference, 840.0 / 13.0, rtol=1e-4)
    assert "camera_offset_included" not in corrected.flags
    assert corrected.facts["camera_offset_dn"] == 840.0
    assert "camera offset" not in corrected.facts["not_applied"]


def test_spacecraft_upside_down_is_turned(tmp_path):
    data = np.ones((128, 128), np.float32)
    data[30, 40] = 500.0
    upside_down = register(SOURCE.frame(write_example(tmp_path, "eit", data, SC_ROLL=180.0)), GRID).data
    upright = register(SOURCE.frame(write_example(tmp_path, "eit", data, SC_ROLL=0.0)), GRID).data
    np.testing.assert_allclose(upside_down, upright[::-1, ::-1], rtol=1e-4)


def test_image_resampled_without_its_header_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"pixel scale does not fit the full field; got 2\.63.*2\.6 to 2\.66"):
        SOURCE.frame(write_example(tmp_path, "eit", CDELT1=2.63))


def test_header_of_1996_without_a_position_is_placed_at_l1(tmp_path):
    path = write_example(tmp_path, "eit", HEC_X=None, HEC_Y=None, HEC_Z=None)
    frame = SOURCE.frame(path)
    assert frame.observer.longitude == pytest.approx(0, abs=1e-6)
    assert frame.observer.distance == pytest.approx(0.99 * 0.9909, abs=0.002)


@pytest.mark.parametrize(
    ("comment", "flag"), [("N_MISSING_BLOCKS =  11", "blocks_missing"), ("CAMERA_ERR = 'yes'", "camera_error")]
)
def test_comments_tell_what_is_wrong(tmp_path, comment, flag):
    path = write_example(tmp_path, "eit")
    header = fits.Header.fromfile(path)
    header.remove("COMMENT", remove_all=True)
    header["COMMENT"] = comment
    fits.PrimaryHDU(np.eye(128, dtype=np.float32), header).writeto(path, overwrite=True, checksum=True)
    assert SOURCE.frame(path).rejected_for == (flag,)


@pytest.mark.data
def test_features_of_a_real_day_move_west_as_the_sun_turns(data_root, tmp_path):
    """In the camera's own orientation they move the other way: SOHO flew upside down on 1 March 2004."""
    frames = [real(data_root, tmp_path, hour) for hour in (0, 12)]
    first, last = (register(frame, GRID).data * 13.0 - 845.0 for frame in frames)
    assert turn_between(first, last, frames[0].apparent_radius) == pytest.approx(12 * 0.55, abs=1.6)


def real(data_root, tmp_path, hour):
    (path,) = (data_root / "multi_satellite" / "sunpy_history").glob(f"efz20040301.{hour:02d}*.fits.gz")
    with fits.open(path) as hdus:
        header, data = hdus[0].header.copy(), hdus[0].data.astype(np.float32)
    header["CDELT1"] = header["CDELT2"] = 8 * 2.63  # the pixels were averaged by eight, the header was not told
    target = tmp_path / f"{hour}.fits"
    fits.PrimaryHDU(data, header).writeto(target, output_verify="silentfix")
    return SOURCE.frame(target)


def turn_between(first, last, radius):
    """Degrees to the west by which the second image fits the first best, within 50 degrees of the disk's centre."""
    from scipy.ndimage import map_coordinates

    places = (np.arange(96) - 47.5) * GRID.scale / radius
    across, up = np.meshgrid(places, places)
    inside = across**2 + up**2 < 0.6
    latitude = np.arcsin(up[inside])
    longitude = np.arcsin(across[inside] / np.cos(latitude))
    fits_best = []
    for turn in np.arange(-12.0, 12.5, 0.5):
        columns = np.sin(longitude + np.radians(turn)) * np.cos(latitude) * radius / GRID.scale + 47.5
        moved = map_coordinates(last, [up[inside] * radius / GRID.scale + 47.5, columns], order=1)
        pair = np.log(np.clip([first[inside], moved], 1, None))
        fits_best.append((np.corrcoef(pair)[0, 1], turn))
    return max(fits_best)[1]
