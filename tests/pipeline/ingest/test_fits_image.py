import gzip
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest import fits_image
from sunproof.pipeline.ingest.fits_image import read_fits_image


def write(path, data, compression="RICE_1", header=None, tile_shape=None, **options):
    if compression is None:
        hdus = [fits.PrimaryHDU(data, header)]
    else:
        image = fits.CompImageHDU(data, header, compression_type=compression, tile_shape=tile_shape, **options)
        hdus = [fits.PrimaryHDU(), image]
    fits.HDUList(hdus).writeto(path, checksum=True)
    return path


def noise(dtype, shape=(40, 70)):
    return np.random.default_rng(1).normal(300, 80, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32])
@pytest.mark.parametrize("compression", [None, "RICE_1", "GZIP_1"])
def test_pixels_are_those_astropy_gives(tmp_path, dtype, compression):
    path = write(tmp_path / "a.fits", np.clip(noise(dtype), 0, 250).astype(dtype), compression)
    found = read_fits_image(path)
    np.testing.assert_array_equal(found.data, fits.getdata(path))
    assert found.checksum == "verified"


def test_tiles_that_are_no_rows_are_read_too(tmp_path):
    path = write(tmp_path / "a.fits", noise(np.int16), tile_shape=(8, 8))
    np.testing.assert_array_equal(read_fits_image(path).data, fits.getdata(path))


def test_blank_pixels_become_nan_and_scaled_pixels_physical(tmp_path):
    data = noise(np.int16)
    data[3, 4] = -32768
    header = fits.Header({"BLANK": -32768, "BSCALE": 0.5, "BZERO": 10.0})
    image = fits.CompImageHDU(data, compression_type="RICE_1")
    image.header.update(header)
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    found = read_fits_image(path).data
    assert np.isnan(found[3, 4])
    assert np.isnan(found).sum() == 1
    assert found[0, 0] == data[0, 0] * 0.5 + 10.0


def test_a_flipped_bit_is_an_error(tmp_path):
    path = write(tmp_path / "a.fits", noise(np.int16))
    content = bytearray(path.read_bytes())
    content[-3000] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.fits: not readable as FITS; got .*Datasum verification failed"):
        read_fits_image(path)


def test_a_packed_file_is_the_same_image(tmp_path):
    path = write(tmp_path / "a.fits", noise(np.int16))
    packed = tmp_path / "a.fits.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    found = read_fits_image(packed)
    np.testing.assert_array_equal(found.data, fits.getdata(path))
    assert found.checksum == "verified"
    packed.write_bytes(packed.read_bytes()[:-2000])
    with pytest.raises(InputError, match="not readable as FITS"):
        read_fits_image(packed)


def test_a_truncated_file_is_an_error(tmp_path):
    path = write(tmp_path / "a.fits", noise(np.int16, (200, 300)))
    path.write_bytes(path.read_bytes()[:20000])
    with pytest.raises(InputError, match=r"a\.fits: not readable as FITS"):
        read_fits_image(path)


def test_a_truncated_file_is_an_error_while_another_thread_reads(tmp_path, monkeypatch):
    """Where warnings go belongs to the process: whoever ends first must not take it from who reads on."""
    whole, cut = tmp_path / "whole.fits", tmp_path / "cut.fits"
    write(whole, noise(np.int16))
    content = whole.read_bytes()
    # the header of what follows the image has no end, of which astropy only warns
    cut.write_bytes(content + content[-2880:][:80] + b"XTENSION= 'IMAGE   '" + b" " * 2780)
    begun, ended, read = Event(), Event(), fits_image._read

    def slowly(path, *arguments):
        if path == whole:
            # without a lock the other one begins now, and is still at it when this one ends
            begun.wait(0.5)
        else:
            begun.set()
            ended.wait(0.5)
        return read(path, *arguments)

    monkeypatch.setattr(fits_image, "_read", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(read_fits_image, whole)
        second = pool.submit(read_fits_image, cut)
        assert first.result().data.shape == (40, 70)
        ended.set()
        with pytest.raises(InputError, match="not readable as FITS"):
            second.result()


def test_a_saved_error_page_is_told_as_such(tmp_path):
    path = tmp_path / "aia.fits"
    path.write_text("<!DOCTYPE html>\n<title>403 Forbidden</title>")
    with pytest.raises(InputError, match=r"not a FITS file; got '<!DOCTYPE html>'.*error page"):
        read_fits_image(path)


def test_a_file_without_an_image_is_an_error(tmp_path):
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU()]).writeto(path)
    with pytest.raises(InputError, match=r"no two-dimensional image; got \[0\]"):
        read_fits_image(path)


@pytest.mark.data
def test_a_real_magnetogram_is_read_whole(data_root):
    (path,) = (data_root / "vector_magnetograms" / "files").glob("*.Br.fits")
    found = read_fits_image(path)
    np.testing.assert_array_equal(found.data, fits.getdata(path).astype(found.data.dtype))
    assert found.header["HARPNUM"] == 377
    assert found.checksum == "verified"
