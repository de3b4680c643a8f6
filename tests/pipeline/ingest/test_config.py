import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ingest.config import FetchConfig, IngestConfig


@pytest.mark.parametrize("model", [IngestConfig, FetchConfig])
def test_an_empty_interval_is_refused(tmp_path, model):
    path = tmp_path / "c.yaml"
    target = "archive: a.zarr\n" if model is IngestConfig else ""
    path.write_text(f"raw: raw\n{target}start: 2011-02-15\nend: 2011-02-15\n")
    with pytest.raises(ConfigError, match=r"the interval is empty: start \(2011-02-15 00:00:00\)"):
        load_config(model, path)


def test_an_offset_is_converted_to_utc():
    config = FetchConfig.model_validate({"raw": "r", "start": "2011-02-15T02:00+02:00", "end": "2011-02-16"})
    assert str(config.start) == "2011-02-15 00:00:00"


def test_missing_stretches_are_of_flare_lists_and_hold_something(tmp_path):
    path = tmp_path / "c.yaml"
    for declared, told in (
        ("flares_swpc: [[2014-01-01, 2013-12-31]]", "flares_swpc: 2014-01-01 00:00:00 to 2013-12-31 00:00:00"),
        ("sharp: [[2013-12-31, 2014-01-01]]", "flares_hek"),
    ):
        path.write_text(f"raw: raw\narchive: a.zarr\nmissing: {{{declared}}}\n")
        with pytest.raises(ConfigError, match=told):
            load_config(IngestConfig, path)
