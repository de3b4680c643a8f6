from dataclasses import replace

import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.monitoring.config import DriftConfig
from sunproof.pipeline.monitoring.detector import Detector, permuted

from .streams import make

CONFIG = DriftConfig(reference=("r.nc",), forecasts=("f.nc",), output="o", windows=(72, 168), replays=10, budget=1)


@pytest.fixture(scope="module")
def detector():
    return Detector.fit(make(), CONFIG)


def alarms(table):
    return table.groupby(["length", "window"])["alarm"].any().groupby("length").mean()


def test_a_stream_like_the_reference_keeps_the_budget(detector):
    streams = [make(days=400, seed=seed) for seed in (1, 2, 3)]
    raised = sum(int(detector.watch(one).groupby(["length", "window"])["alarm"].any().sum()) for one in streams)
    assert raised / (3 * 400 / 91.3) < 4 * CONFIG.budget


def test_a_drift_is_found_the_longer_the_window_the_surer(detector):
    table = detector.watch(make(days=300, seed=5, shift=-0.22))
    found = alarms(table)
    assert found[168] > 0.8
    assert found[168] >= found[72]
    assert table[table["alarm"]]["quantity"].value_counts().index[0] == "field"


def test_a_rising_cycle_is_no_drift(detector):
    quiet, active = (make(days=200, seed=7, rise=rise) for rise in (0.1, 1.0))
    assert active.activity.mean() > quiet.activity.mean() + 0.2
    for stream in (quiet, active):
        assert alarms(detector.watch(stream))[168] < 0.25


def test_a_rate_is_watched_by_its_mean(detector):
    stream = make(days=300, seed=9)
    stream.quantities["abstention rate"][:] = 1.0
    table = detector.watch(stream)
    assert table[table["quantity"] == "abstention rate"]["alarm"].all()


def test_windows_lie_one_after_another_and_tell_their_times(detector):
    stream = make(days=100, seed=3)
    table = detector.watch(stream)
    rows = table[(table["length"] == 72) & (table["quantity"] == "field")]
    assert len(rows) == len(stream) // 72
    assert (rows["end"].to_numpy()[:-1] <= rows["start"].to_numpy()[1:]).all()
    assert rows["start"].iloc[0] == stream.time[0]


def test_what_is_unknown_raises_no_alarm(detector):
    stream = make(days=60, seed=3)
    stream.quantities["field"][:] = np.nan
    table = detector.watch(stream)
    assert table[table["quantity"] == "field"]["statistic"].isna().all()
    assert not table[table["quantity"] == "field"]["alarm"].any()


def test_a_quantity_that_the_stream_lacks_is_left_out(detector):
    stream = make(days=60)
    del stream.quantities["score"]
    assert set(detector.watch(stream)["quantity"]) == {"field", "abstention rate"}


def test_the_same_seed_sets_the_same_limits(detector):
    assert Detector.fit(make(), CONFIG).limit == detector.limit


def test_a_short_reference_is_refused():
    with pytest.raises(InputError, match="too short a reference"):
        Detector.fit(make(days=20), CONFIG)


def test_permuting_keeps_blocks_whole():
    stream = make(days=120)
    found = permuted(stream, 27, 0)
    assert sorted(found.time.tolist()) == sorted(stream.time.tolist())
    assert (np.diff(found.time) < np.timedelta64(0)).sum() <= 4


def hidden(stream, rows):
    """The same stream, of whose activity nothing is known in some rows."""
    activity = stream.activity.copy()
    activity[rows] = np.nan
    return replace(stream, activity=activity)


def test_a_stratum_that_the_reference_lacks_is_not_watched(detector):
    stream = make(days=100, seed=3, shift=5.0)
    assert detector.strange(stream) == 0
    blind = hidden(stream, slice(None))
    assert detector.strange(blind) == len(blind)
    assert not detector.watch(blind)["alarm"].any()


def test_what_is_unknown_has_its_own_level():
    reference = make()
    # nobody told the flares of regions whose field is another one
    untold = np.arange(len(reference)) % 4 == 0
    field = reference.quantities["field"] + np.where(untold, 2.0, 0.0)
    reference = hidden(replace(reference, quantities={**reference.quantities, "field": field}), untold)
    made = Detector.fit(reference, CONFIG)
    residual = made.normals["field"].residual(reference.quantities["field"], reference.activity)
    assert abs(residual[untold].mean()) < 0.05
    assert abs(residual[~untold].mean()) < 0.05
