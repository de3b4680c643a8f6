import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.register import Grid, register
from sunproof.pipeline.sources.hmi import SOURCE

from .images import SUNPY, write_example


@pytest.mark.filterwarnings("ignore:Invalid 'BLANK'")
def test_real_continuum_image_is_upright_dark_at_the_limb_and_on_utc():
    frame = SOURCE.frame(SUNPY / "resampled_hmi.fits")
    assert (frame.group, frame.quantity) == ("hmi_ic_45s", "continuum")
    assert frame.t_tai == np.datetime64("2014-03-01T00:01:25", "ns")
    assert frame.time == np.datetime64("2014-03-01T00:00:50", "ns")  # 35 leap seconds then
    assert frame.geometry.xx < 0  # the camera is upside down
    found = register(frame, Grid.full_disk(64, 1100.0)).data
    assert np.isnan(found[0, 0])
    assert found[32, 32] > 1.5 * np.nanmin(found[32, 4:8])


def magnetogram(tmp_path, **changes):
    data = np.zeros((100, 100), np.float32)
    data[20, 30] = 1500.0  # below left on the detector: above right on the Sun
    given = {"CONTENT": "MAGNETOGRAM", "BUNIT": "Gauss", "CADENCE": 720.0}
    return SOURCE.frame(write_example(tmp_path, "hmi", data, **{**given, **changes}))


def test_magnetogram_is_turned_to_solar_north_with_its_sign(tmp_path):
    frame = magnetogram(tmp_path)
    assert (frame.group, frame.quantity) == ("hmi_m", "magnetic_field")
    found = register(frame, Grid(100, 100, 20.65575936)).data
    row, column = np.unravel_index(np.nanargmax(found), found.shape)
    assert (row, column) == (pytest.approx(79, abs=1), pytest.approx(69, abs=1))
    assert np.nanmax(found) > 500


def test_off_limb_is_nan_never_zero(tmp_path):
    frame = magnetogram(tmp_path)
    assert np.isnan(frame.data[0]).all()
    assert frame.data[50, 50] == 0.0


@pytest.mark.parametrize("word", [0x100, 0x4000, 0x20, -2147483648])
def test_image_that_a_size_limit_lets_pass_is_rejected(tmp_path, word):
    assert not magnetogram(tmp_path, QUALITY=word).accepted


def test_utc_stamp_in_place_of_tai_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"T_OBS: no TAI time; got '2014-03-01T00:01:25Z'"):
        magnetogram(tmp_path, T_OBS="2014-03-01T00:01:25Z")


def test_dopplergram_is_told_what_is_read(tmp_path):
    with pytest.raises(InputError, match=r"product is not read; got \('DOPPLERGRAM', 'm/s'\).*MAGNETOGRAM"):
        magnetogram(tmp_path, CONTENT="DOPPLERGRAM", BUNIT="m/s")


def test_series_of_another_cadence_is_refused(tmp_path):
    with pytest.raises(InputError, match="CADENCE: series is not read; got 5760"):
        magnetogram(tmp_path, CADENCE=5760.0)
