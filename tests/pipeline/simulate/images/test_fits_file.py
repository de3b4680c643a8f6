import warnings

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.ingest.fits_image import read_fits_image
from sunproof.pipeline.simulate.images.fits_file import write_fits

PIXELS = np.random.default_rng(1).integers(-50, 16000, (32, 48))


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint16])
def test_whole_numbers_survive_with_a_verified_checksum(tmp_path, dtype, compressed):
    pixels = np.abs(PIXELS).astype(dtype) if dtype is np.uint16 else PIXELS.astype(dtype)
    image = read_fits_image(write_fits(tmp_path / "a.fits", pixels, {"EXPTIME": 2.0}, compressed))
    assert (image.data == pixels).all()
    assert image.checksum == "verified"
    assert image.header["SIMULATE"] is True
    assert image.header["EXPTIME"] == 2.0


def test_scaled_and_blank_pixels_are_physical_when_read(tmp_path):
    pixels = PIXELS.astype(np.int32)
    pixels[0] = -(2**31)
    path = write_fits(tmp_path / "m.fits", pixels, {"BSCALE": 0.1, "BZERO": 0.0, "BLANK": -(2**31)})
    image = read_fits_image(path)
    assert np.isnan(image.data[0]).all()
    assert image.data[1:] == pytest.approx(pixels[1:] * 0.1)
    with fits.open(path) as hdus:  # and as astropy reads it
        assert hdus[1].data[1:] == pytest.approx(pixels[1:] * 0.1)


def test_floating_point_pixels_lose_less_than_their_noise(tmp_path):
    light = np.random.default_rng(2).normal(100.0, 8.0, (64, 64)).astype(np.float32)
    found = read_fits_image(write_fits(tmp_path / "f.fits", light, {})).data
    assert np.abs(found - light).max() < 8.0 / 16


def test_the_same_image_gives_the_same_bytes_at_any_time(tmp_path, monkeypatch):
    one = write_fits(tmp_path / "one.fits", PIXELS.astype(np.int16), {})
    same = write_fits(tmp_path / "same.fits", PIXELS.astype(np.int16), {})
    assert one.read_bytes() == same.read_bytes()
    assert b"updated 20" not in one.read_bytes()


def test_the_file_keeps_the_standard(tmp_path):
    path = write_fits(tmp_path / "a.fits", PIXELS.astype(np.int16), {"BUNIT": "DN"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(path, checksum=True) as hdus:
            hdus.verify("exception")
