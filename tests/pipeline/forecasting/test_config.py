from pathlib import Path

import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.forecasting.config import ForecastConfig

SHIPPED = Path(__file__).parents[3] / "configs" / "forecast.yaml"


def test_the_shipped_file_is_valid():
    assert load_config(ForecastConfig, SHIPPED).blocks == ("test",)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["samples=null", "blocks=[]"], r"give either samples \(None\) or interval \(None\)"),
        (
            ["interval.start=2014-01-01", "interval.end=2014-01-02"],
            r"give either samples \(data/samples.nc\) or interval",
        ),
        (
            ["samples=null", "interval.start=2014-01-01", "interval.end=2014-01-02"],
            r"blocks \(test\) belong to a samples",
        ),
        (["interval.start=2014-01-02", "interval.end=2014-01-01"], "the interval is empty: start .2014-01-02"),
        (["part_rows=0"], "part_rows: .* greater than or equal to 1; got 0"),
    ],
)
def test_mistakes_are_told_with_their_value(overrides: list[str], message: str):
    with pytest.raises(ConfigError, match=message):
        load_config(ForecastConfig, SHIPPED, overrides)
