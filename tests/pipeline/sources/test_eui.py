import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.eui import SOURCE

from .images import write_example


def test_level_1_is_divided_by_exposure(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "eui"))
    assert frame.group == "eui_fsi_304"
    assert frame.scale == pytest.approx(1 / 6.0)
    assert frame.time == np.datetime64("2020-10-21T14:55:13.206", "ns")  # DATE-AVG
    assert frame.observer.longitude == pytest.approx(125.257, abs=1e-3)


def test_level_2_is_taken_as_it_is(tmp_path):
    path = write_example(tmp_path, "eui", BUNIT="DN/s", WAVELNTH=174, TELESCOP="SOLO/EUI/HRI_EUV")
    frame = SOURCE.frame(path)
    assert (frame.group, frame.scale) == ("eui_hri_174", 1.0)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"IMGTYPE": "LED image"}, "no_solar_image"),
        ({"DOOREXT": "closed"}, "door_closed"),
        ({"COMPLETE": "I"}, "incomplete"),
    ],
)
def test_what_is_no_whole_image_of_the_sun_is_rejected(tmp_path, changes, flag):
    assert SOURCE.frame(write_example(tmp_path, "eui", **changes)).rejected_for == (flag,)


def test_unit_and_exposure_are_told_together(tmp_path):
    with pytest.raises(InputError, match="unit is not read; got 'W'") as caught:
        SOURCE.frame(write_example(tmp_path, "eui", BUNIT="W", XPOSURE=0.0))
    assert len(caught.value.problems) == 2
