import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.fits_image import read_fits_image
from sunproof.pipeline.ingest.fits_rice import decode_rows, is_rice_by_rows


def write(path, data, header=None, **options):
    image = fits.CompImageHDU(data, header, compression_type="RICE_1", **options)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path, checksum=True)
    return path


def noise(dtype, shape=(40, 70)):
    return np.random.default_rng(1).normal(120, 30, shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32])
@pytest.mark.parametrize("shape", [(40, 70), (1, 33), (5, 4096)])
def test_pixels_are_those_astropy_gives(tmp_path, dtype, shape):
    path = write(tmp_path / "a.fits", noise(dtype, shape))
    with fits.open(path, disable_image_compression=True) as hdus:
        assert is_rice_by_rows(hdus[1])
        found = decode_rows(hdus[1], memoryview(path.read_bytes()))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, fits.getdata(path))


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (noise(np.int16), {"tile_shape": (8, 8)}),
        (noise(np.float32), {}),
        (noise(np.int16, (2, 30, 40)), {"tile_shape": (1, 1, 40)}),
    ],
    ids=["square tiles", "floats", "a cube"],
)
def test_other_images_are_left_to_astropy(tmp_path, data, options):
    path = write(tmp_path / "a.fits", data, **options)
    with fits.open(path, disable_image_compression=True) as hdus:
        assert not is_rice_by_rows(hdus[1])


def test_rows_that_are_no_rice_code_are_an_error(tmp_path):
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(noise(np.int16), compression_type="RICE_1")]).writeto(path)
    content = bytearray(path.read_bytes())
    content[-2880:] = b"\x00" * 2880
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"not readable as FITS; got .row \d+ cannot be decoded"):
        read_fits_image(path)


def test_lent_pixels_lie_where_the_next_ones_will(tmp_path):
    paths = [write(tmp_path / f"{name}.fits", noise(np.int16) + np.int16(name)) for name in (0, 1)]
    first, kept = read_fits_image(paths[0], lend=True).data, read_fits_image(paths[0]).data
    second = read_fits_image(paths[1], lend=True).data
    assert np.shares_memory(first, second)
    np.testing.assert_array_equal(second, kept + 1)
