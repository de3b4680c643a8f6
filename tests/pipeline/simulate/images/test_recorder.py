import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.fits_image import read_fits_image
from sunproof.pipeline.simulate.images.recorder import Shot, record
from sunproof.pipeline.simulate.images.schedule import Exposure


def frame(hour, fault=""):
    time = np.datetime64("2014-03-10", "ns") + np.timedelta64(hour, "h")
    return Exposure(time, time, float(hour), np.random.default_rng(hour), fault)


def camera(exposure):
    pixels = exposure.noise.integers(0, 1000, (128, 128)).astype(np.int16)
    return Shot(f"{exposure.number}.fits", pixels, {"EXPTIME": 1.0})


def test_faults_are_what_they_say_and_labelled(tmp_path):
    frames = [frame(0), frame(1, "copy"), frame(2, "truncated"), frame(3, "eclipse")]
    good, copy, truncated, eclipse = record("images", tmp_path, [(each, camera) for each in frames])
    assert copy.read_bytes() == good.read_bytes()
    assert copy.name != good.name
    with pytest.raises(InputError, match="not readable as FITS"):
        read_fits_image(truncated)
    assert read_fits_image(eclipse).header["PLANTED"] == "eclipse"
    assert "PLANTED" not in read_fits_image(good).header
