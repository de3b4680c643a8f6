import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ingest.images.coding import encode, scale_of


@pytest.mark.parametrize("quantity", ["intensity", "magnetic_field", "radiance"])
def test_float16_keeps_eleven_bits_and_what_is_missing(quantity):
    values = np.float32([1e-3, 0.37, 812.5, np.nan, 9999.0, 0.0])
    stored = encode(values, quantity, "float16", "x.fits")
    back = stored.astype(np.float32) * scale_of(quantity, "float16")
    np.testing.assert_allclose(back[1:], values[1:], rtol=2**-11)
    assert abs(back[0] - values[0]) < 2e-6 * scale_of(quantity, "float16")


def test_a_flare_in_the_shortest_exposure_fits():
    flare = np.float32([16383 / 0.01])
    np.testing.assert_allclose(encode(flare, "intensity", "float16", "x.fits") * np.float32(64), flare, rtol=2**-11)


def test_float32_is_stored_as_it_is():
    values = np.float32([1.2345678, np.nan])
    np.testing.assert_array_equal(encode(values, "intensity", "float32", "x.fits"), values)


@pytest.mark.parametrize(("value", "dtype"), [(1e6, "float16"), (np.inf, "float16"), (np.inf, "float32")])
def test_what_does_not_fit_is_an_error_and_never_infinite(value, dtype):
    with pytest.raises(InputError, match=rf"x.fits: radiance beyond what {dtype} holds; got .*; wanted up to"):
        encode(np.float32([1.0, value]), "radiance", dtype, "x.fits")
