import warnings

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.fits_image import read_fits_image
from sunproof.pipeline.ingest.fits_sums import verify_sums


def write(path, data, header=None):
    fits.HDUList([fits.PrimaryHDU(data, header), fits.ImageHDU(data[:2])]).writeto(path, checksum=True)
    return path


def noise(dtype, shape=(40, 70)):
    return np.random.default_rng(1).normal(300, 80, shape).astype(dtype)


def verified(content, path):
    path.write_bytes(content)
    broken = []
    with warnings.catch_warnings(), fits.open(path, memmap=False) as hdus:
        warnings.simplefilter("ignore")
        return verify_sums(hdus, memoryview(content), broken), broken


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_sums_are_those_astropy_writes(tmp_path, dtype):
    content = write(tmp_path / "a.fits", noise(dtype, (7, 9))).read_bytes()
    assert verified(content, tmp_path / "b.fits") == ("verified", [])


@pytest.mark.parametrize("place", [-1, -2881, 2880, 2900])
def test_every_changed_byte_of_the_data_is_noticed(tmp_path, place):
    content = bytearray(write(tmp_path / "a.fits", noise(np.int16)).read_bytes())
    content[place] ^= 4
    broken = verified(bytes(content), tmp_path / "b.fits")[1]
    assert [text[:26] for text in broken] in (["Datasum verification faile"], [])
    # A byte of the second header is no data: then the unit's own sum is what differs.
    assert broken or verified(bytes(content), tmp_path / "b.fits")[0] != "verified"


def test_pixels_without_a_sum_of_their_own_are_vouched_for_by_the_units(tmp_path):
    path = write(tmp_path / "a.fits", noise(np.int16))
    path.write_bytes(path.read_bytes().replace(b"DATASUM ", b"COMMENT ", 1))
    with pytest.raises(InputError, match="Checksum verification failed for HDU 0, whose data have no DATASUM"):
        read_fits_image(path)


def test_a_sum_of_the_data_alone_is_a_sum(tmp_path):
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(noise(np.int16)).writeto(path, checksum="datasum")
    assert read_fits_image(path).checksum == "verified"


def test_units_that_end_beyond_the_file_are_truncated(tmp_path):
    path = write(tmp_path / "a.fits", noise(np.int16))
    broken = []
    with fits.open(path, memmap=False) as hdus:
        verify_sums(hdus, memoryview(path.read_bytes()[:6000]), broken)
    assert broken[0].startswith("truncated: 6000 bytes, HDU 0 ends at 8640")


def test_a_header_edited_since_is_told(tmp_path):
    path = write(tmp_path / "a.fits", noise(np.int16), header=fits.Header({"OBSERVER": "first"}))
    path.write_bytes(path.read_bytes().replace(b"first", b"later"))
    assert read_fits_image(path).checksum == "pixels verified, header changed since"


def test_a_file_without_sums_says_so(tmp_path):
    path = tmp_path / "a.fits"
    fits.PrimaryHDU(noise(np.int16)).writeto(path)
    assert read_fits_image(path).checksum == "none in file"
