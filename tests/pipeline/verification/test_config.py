import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.verification.config import EvaluateConfig


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("bootstrap.resamples", "10", r"bootstrap.resamples: .*greater than or equal to 1000; got 10"),
        ("min_history", "2", r"min_history: .*less than or equal to 1; got 2"),
        ("blocks", "[tset]", r"blocks.0: .*'test'.*got 'tset'"),
        ("baseline", "x", r"baseline: unknown key; got 'x'"),
    ],
)
def test_mistakes_are_named_with_their_value(key, value, message):
    with pytest.raises(ConfigError, match=message):
        load_config(EvaluateConfig, "configs/evaluate.yaml", [f"{key}={value}"])


def test_the_shipped_configuration_scores_the_test_block():
    assert load_config(EvaluateConfig, "configs/evaluate.yaml").blocks == ("test",)
