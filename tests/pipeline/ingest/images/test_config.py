import pytest
from pydantic import ValidationError

from sunproof.pipeline.ingest.images.config import ImagesConfig


def test_a_product_has_what_it_overrides_and_the_rest_from_above():
    images = ImagesConfig(size=256, products={"eui_fsi_174": {"half_width": 4000, "tolerance_seconds": 300}})
    product = images.product("eui_fsi_174")
    assert (product.size, product.half_width, product.tolerance_seconds) == (256, 4000, 300)
    assert images.product("aia_171").half_width == 1228.8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 8192}, "less than or equal to 4096"),
        ({"cadence_seconds": 0}, "greater than 0"),
        ({"dtype": "int16"}, "'float16' or 'float32'"),
        ({"reject_bits": {"aia": [32]}}, "less than or equal to 31"),
        ({"products": {"aia_171": {"sise": 3}}}, "Extra inputs are not permitted"),
    ],
)
def test_absurd_settings_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        ImagesConfig(**change)
