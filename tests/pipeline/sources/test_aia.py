import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.aia import SOURCE
from sunproof.pipeline.sources.image_source import ImageSettings

from .images import SUNPY, write_example
from .test_aia_tables import V8


def test_real_image_of_15_february_2011_is_counts_a_second():
    frame = SOURCE.frame(SUNPY / "aia_171_level1.fits")
    assert frame.group == "aia_171"
    assert frame.quantity == "intensity"
    # T_OBS is the middle: 00:00:00.34 and half of 2.000191 s.
    assert frame.time == np.datetime64("2011-02-15T00:00:01.340", "ns")
    np.testing.assert_allclose(frame.physical().data, frame.data / 2.000191, rtol=1e-5)
    assert frame.accepted
    assert frame.facts["degradation"] == "not corrected: no table was given"


def test_degradation_brightens_and_is_told(tmp_path):
    path = write_example(tmp_path, "aia")
    plain, corrected = SOURCE.frame(path), SOURCE.frame(path, ImageSettings(aia_degradation=V8))
    factor = corrected.facts["degradation"]["factor"]
    assert 0.9 < factor < 1
    assert corrected.scale == pytest.approx(plain.scale / factor)
    assert corrected.facts["degradation"]["table"] == V8.name


def test_image_younger_than_its_table_is_flagged(tmp_path):
    path = write_example(tmp_path, "aia", T_OBS="2019-02-15T00:00:01.34Z")
    frame = SOURCE.frame(path, ImageSettings(aia_degradation=V8))
    assert frame.flags == ("degradation_extrapolated",)
    assert frame.accepted


def test_pointing_table_replaces_the_header(tmp_path):
    table = tmp_path / "pointing.csv"
    table.write_text(
        "T_START,T_STOP,A_171_X0,A_171_Y0,A_171_IMSCALE,A_171_INSTROT\n"
        "2011-02-15T00:00:00Z,2011-02-15T03:00:00Z,64.0,63.5,19.2,0.5\n"
    )
    path = write_example(tmp_path, "aia", SAT_ROT=0.1, CRVAL1=0.0, CRVAL2=0.0)
    frame = SOURCE.frame(path, ImageSettings(aia_pointing=table))
    geometry = frame.geometry
    assert np.degrees(np.arctan2(geometry.yx, geometry.xx)) == pytest.approx(0.6)
    assert np.hypot(geometry.xx, geometry.yx) == pytest.approx(19.2)
    # Column 64 counted from zero: its centre is the edge coordinate 64.5.
    centre = geometry.inverse()
    assert (centre.x0, centre.y0) == pytest.approx((64.5, 64.0))
    assert frame.facts["pointing"]["table"] == "pointing.csv"


def test_registered_image_keeps_its_own_pointing(tmp_path):
    path = write_example(tmp_path, "aia", LVL_NUM=1.5)
    assert SOURCE.frame(path, ImageSettings(aia_pointing=tmp_path / "none.csv")).facts["pointing"] == "header"


@pytest.mark.parametrize("channel", [94, 131, 1600, 1700])
def test_groups_are_named_by_channel(tmp_path, channel):
    assert SOURCE.frame(write_example(tmp_path, "aia", WAVELNTH=channel)).group == f"aia_{channel}"


def test_raw_image_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"LVL_NUM: raw image; got 0\.5; wanted level 1 or 1\.5"):
        SOURCE.frame(write_example(tmp_path, "aia", LVL_NUM=0.5))


def test_eclipsed_image_is_returned_but_not_accepted(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "aia", QUALITY=1 << 13 | 1 << 8))
    assert frame.flags == ("pixels_missing", "eclipse")
    assert frame.rejected_for == ("eclipse",)


@pytest.mark.data
def test_real_level_15_image_is_read(data_root):
    frame = SOURCE.frame(data_root / "multi_satellite" / "aia_sample.fits")
    assert (frame.group, frame.data.shape) == ("aia_94", (1024, 1024))
    assert frame.observer.latitude == pytest.approx(-0.094685)
    assert 0 < np.median(frame.physical().data) < 5
