import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.xrt import SOURCE

from .images import write_example


def test_filters_name_the_group_and_normalised_pixels_stay(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "xrt"))
    assert frame.group == "xrt_be_thin_open"
    assert frame.scale == 1.0
    assert frame.facts["normalised_in_file"] is True


def test_pixels_not_yet_normalised_are_divided_by_exposure(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "xrt", HISTORY=None, DATA_LEV=0))
    assert frame.scale == pytest.approx(1 / 0.129392)
    assert frame.flags == ("dark_not_subtracted",)


@pytest.mark.parametrize(
    ("changes", "flag"), [({"EC_IMTY_": "dark"}, "no_normal_exposure"), ({"E_SH_ERR": 2}, "shutter_error")]
)
def test_what_is_no_exposure_of_the_sun_is_rejected(tmp_path, changes, flag):
    assert SOURCE.frame(write_example(tmp_path, "xrt", **changes)).rejected_for == (flag,)


def test_unknown_filters_and_exposure_are_told_together(tmp_path):
    with pytest.raises(InputError, match=r"filters are not told; got \['', 'Open'\]") as caught:
        SOURCE.frame(write_example(tmp_path, "xrt", EC_FW1_=None, EXPTIME=0.0))
    assert len(caught.value.problems) == 2


def test_optical_telescope_of_the_same_spacecraft_is_refused(tmp_path):
    with pytest.raises(InputError, match="INSTRUME: not a file of xrt; got 'SOT/NB'"):
        SOURCE.frame(write_example(tmp_path, "xrt", INSTRUME="SOT/NB"))


@pytest.mark.data
def test_real_level_0_image_is_read(data_root):
    frame = SOURCE.frame(data_root / "multi_satellite" / "sunpy_history" / "HinodeXRT.fits.gz")
    assert frame.data.shape == (512, 512)
    assert "dark_not_subtracted" in frame.flags
    assert str(frame.time).startswith("2007-04-24T10:20:17.89")
