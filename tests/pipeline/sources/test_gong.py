import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.gong import SOURCE

from .images import write_example


def test_off_limb_filling_is_blank_and_the_field_stays(tmp_path):
    data = np.full((860, 860), -2000.0, np.float32)  # what GONG writes beside the disk
    y, x = np.mgrid[:860, :860] + 0.5
    disk = np.hypot(x - 422.0, y - 442.1) < 385.0
    data[disk] = 12.0
    data[442, 422] = 800.0
    frame = SOURCE.frame(write_example(tmp_path, "gong", data))
    assert (frame.group, frame.quantity) == ("gong_m", "magnetic_field")
    assert np.nanmin(frame.data[disk]) == 12.0
    assert np.nanmax(frame.data) == 800.0
    assert (frame.data == -2000.0).sum() < 800  # the rim, within half a pixel of the fitted limb
    assert np.isnan(frame.data[0, 0])


def test_time_of_day_stands_in_a_keyword_of_its_own(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "gong"))
    assert frame.time == np.datetime64("2025-01-09T01:35:46.009683", "ns")
    assert frame.exposure_time == pytest.approx(60.003, abs=1e-3)


@pytest.mark.parametrize(
    ("keyword", "flag"), [("SUNUP", "sun_below_horizon"), ("VALID", "invalid"), ("GUIDE", "not_guided")]
)
def test_states_of_the_site_reject(tmp_path, keyword, flag):
    assert SOURCE.frame(write_example(tmp_path, "gong", **{keyword: False})).rejected_for == (flag,)


def test_limb_that_was_not_found_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no limb was found; got \[0\.0, 385\.3471\]"):
        SOURCE.frame(write_example(tmp_path, "gong", FNDLMBMI=0.0))


def test_intensity_image_is_refused(tmp_path):
    with pytest.raises(InputError, match="IMTYPE: not a file of gong; got 'INTENSITY'"):
        SOURCE.frame(write_example(tmp_path, "gong", IMTYPE="INTENSITY"))
