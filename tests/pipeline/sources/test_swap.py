import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.swap import SOURCE

from .images import write_example


def test_level_1_is_taken_as_it_is(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "swap"))
    assert frame.group == "swap_174"
    assert (frame.scale, frame.offset, frame.exposure_time) == (1.0, 0.0, 10.0)
    assert frame.accepted


def test_level_0_is_refused(tmp_path):
    with pytest.raises(InputError, match="BUNIT: not level 1; got 'DN'"):
        SOURCE.frame(write_example(tmp_path, "swap", BUNIT="DN"))


@pytest.mark.parametrize(
    ("changes", "flag"), [({"LED_POW": "on"}, "calibration_lamp"), ({"LOS_ALT": 120000.0}, "seen_through_atmosphere")]
)
def test_lamp_and_atmosphere_reject(tmp_path, changes, flag):
    assert SOURCE.frame(write_example(tmp_path, "swap", **changes)).rejected_for == (flag,)


@pytest.mark.data
def test_real_image_of_2012_is_read(data_root):
    frame = SOURCE.frame(data_root / "multi_satellite" / "sunpy_history" / "swap_lv1_20120101_001607.fits.gz")
    assert frame.data.shape == (1024, 1024)
    assert frame.data.max() == pytest.approx(360.6, abs=0.1)
    assert frame.observer.distance == pytest.approx(0.98334, abs=1e-4)
