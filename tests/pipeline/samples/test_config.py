from pathlib import Path

import pytest

from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.samples.config import InputConfig, LabelConfig

SHIPPED = Path(__file__).parents[3] / "configs" / "label.yaml"


def test_the_shipped_configuration_is_valid():
    assert load_config(LabelConfig, SHIPPED).split is not None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("split.gap_hours=95", r"gap_hours \(95\) must be at least history \+ latency \+ longest window = 96"),
        ("windows=[48, 24]", r"windows: .*must ascend.*got \(48.0, 24.0\)"),
        ("thresholds=[M1.0, C1.0]", r"thresholds: .*must ascend"),
        ("split.full_disk_gap_days=14", "full_disk_gap_days.*27"),
        ("split.test_start=2013-06-01", "dates must ascend; got 2014-01-01T00:00:00"),
        ("unasigned=drop", "unasigned: unknown key; got 'drop'; wanted one of .*unassigned"),
    ],
)
def test_what_cannot_be_run_is_refused(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(LabelConfig, SHIPPED, [override])


def test_times_with_an_offset_are_converted_to_utc():
    config = load_config(LabelConfig, SHIPPED, ["start='2012-01-01T02:00:00+02:00'"])
    assert config.start is not None
    assert config.start.isoformat() == "2012-01-01T00:00:00"


def test_a_history_of_broken_steps_is_refused():
    with pytest.raises(ValueError, match=r"history_hours \(24\) must be a multiple of step_hours \(5\)"):
        InputConfig(step_hours=5)


def test_inputs_refuse_flares_by_their_start():
    with pytest.raises(ValueError, match="size is known at its peak; got 'start'"):
        InputConfig(catalogue={"time": "start"})
