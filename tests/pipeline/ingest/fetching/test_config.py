from pathlib import Path

import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ingest.config import FetchConfig

EXAMPLE = Path(__file__).resolve().parents[4] / "configs/fetch_images.yaml"


def test_the_example_asks_for_all_of_aia_and_both_of_hmi():
    images = load_config(FetchConfig, EXAMPLE).images
    assert images.exports["aia"][0].keys_after == "[94,131,171,193,211,304,335]"
    assert [export.series for export in images.exports["hmi"]] == ["hmi.M_720s", "hmi.Ic_720s"]


def test_the_example_holds_no_address_and_takes_one():
    assert load_config(FetchConfig, EXAMPLE).images.email == ""
    assert load_config(FetchConfig, EXAMPLE, ["images.email=name@example.org"]).images.email == "name@example.org"


def test_a_product_that_cannot_be_exported_is_refused(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("raw: r\nstart: 2017-09-06\nend: 2017-09-07\nimages: {exports: {eui: []}}\n")
    with pytest.raises(ConfigError, match=r"images.exports.*eui.*'aia', 'hmi', 'mdi' or 'sharp_cea'"):
        load_config(FetchConfig, path)
