import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.fits_image import read_fits_image
from sunproof.pipeline.sources.euvi import SOURCE

from .images import REPROJECT, write_example


@pytest.mark.filterwarnings("ignore:Invalid 'BLANK'")
@pytest.mark.parametrize(("side", "longitude"), [("a", 87.06), ("b", -93.73)])
def test_both_spacecraft_saw_the_sun_of_15_february_2011(side, longitude):
    frame = SOURCE.frame(REPROJECT / f"secchi_l0_{side}.fits")
    assert frame.group == f"euvi_{side}_171"
    assert frame.observer.longitude == pytest.approx(longitude, abs=0.01)
    # Sky far off the limb is dark once the bias of some 700 counts is gone.
    values = frame.physical().data
    assert abs(np.median(values[:10, :10])) < 2.0
    assert np.percentile(values, 95) > 100.0


def test_bias_and_exposure_are_taken_out(tmp_path):
    frame = SOURCE.frame(
        write_example(tmp_path, "euvi", np.full((128, 128), 804.545, np.float32) + np.eye(128, dtype="f4"))
    )
    assert frame.physical().data[0, 1] == pytest.approx(80.0 / 16.0074, rel=1e-4)
    assert frame.facts["bias"] == pytest.approx(724.545)


def test_bias_subtracted_on_board_is_not_subtracted_again(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "euvi", OFFSETCR=700.0))
    assert frame.offset == 0


def test_summed_pixels_hold_the_bias_of_all(tmp_path):
    assert SOURCE.frame(write_example(tmp_path, "euvi", IPSUM=2.0)).facts["bias"] == pytest.approx(4 * 724.545)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"NMISSING": 11}, "blocks_missing"),
        ({"LEDCOLOR": "BLUE"}, "calibration_lamp"),
        ({"SEB_PROG": "DARK"}, "no_normal_exposure"),
    ],
)
def test_what_is_no_whole_image_of_the_sun_is_rejected(tmp_path, changes, flag):
    assert SOURCE.frame(write_example(tmp_path, "euvi", **changes)).rejected_for == (flag,)


def test_coronagraph_of_the_same_instrument_is_refused(tmp_path):
    with pytest.raises(InputError, match="DETECTOR: not a file of euvi; got 'COR1'"):
        SOURCE.frame(write_example(tmp_path, "euvi", DETECTOR="COR1"))


def test_calibrated_image_is_refused_before_its_bias_is_taken_twice(tmp_path):
    with pytest.raises(InputError, match="not level 0; got 'photons/s'"):
        SOURCE.frame(write_example(tmp_path, "euvi", BUNIT="photons/s"))


@pytest.mark.data
def test_real_image_of_2009_is_read(data_root, tmp_path):
    path = data_root / "multi_satellite" / "sunpy_history" / "euvi_20090615_000900_n4euA_s.fts.gz"
    assert read_fits_image(path).data.min() > 700
    assert SOURCE.frame(path).physical().data.min() > -1.0
