"""A stream some of whose forecasts are faulty, weighed out of two that are there whole."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def mixed():
    """Import the module from the folder that is no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("gate_mixed")
    for name in ("gate_mixed", "gate_stream"):
        sys.modules.pop(name, None)


def stream(mixed, size, seed, **changes):
    """Calibrated forecasts of 40 regions, all accepted unless told otherwise."""
    random = np.random.default_rng(seed)
    c = random.beta(0.4, 1.5, size)
    probability = np.stack([c, c**2, c**4], axis=1)
    draw = random.random((size, 1))
    rate = np.broadcast_to([0.2, 0.1, 0.05], probability.shape)
    columns = {
        "probability": probability,
        "referee": random.random(probability.shape),
        "climatology": rate,
        "event": (draw < probability).astype(float),
        "rate": rate,
        "accepted": np.ones(size, bool),
        "verdict": np.full(size, "ACCEPT", object),
        "codes": np.full(size, "", object),
        "suspicion": np.zeros(size),
        "rank": c,
        "expected": np.abs(c - 0.3),
        "region": np.arange(size) % 40,
        "rotation": np.arange(size) % 12,
    }
    return mixed.Stream(**columns | changes)


@pytest.fixture
def mix(mixed):
    """Thousand forecasts as they come, and 250 reversed ones, of which the gate accepts a tenth."""
    clean, faulty = stream(mixed, 1000, 0), stream(mixed, 250, 1)
    accepted = np.arange(250) % 10 == 0
    wrong = stream(mixed, 250, 1, probability=1 - faulty.probability, accepted=accepted)
    planted = mixed.Planted(wrong, np.ones(250, bool), np.full(250, "reversed", object), 0.0)
    return mixed.Mix.of(clean, planted)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_faulty_forecasts_are_that_share_of_a_stream_as_long_as_the_one_without(mix, share):
    weight = mix.weights(share)
    assert weight.sum() == pytest.approx(1000)
    assert weight[mix.faulty].sum() / weight.sum() == pytest.approx(share)


def test_weighing_agrees_with_a_stream_that_is_drawn(mixed, mix):
    """Replace forecasts at random many times: the mean sums are those of the weighed stream."""
    share, random = 0.2, np.random.default_rng(5)
    loss = (mix.stream.probability[:, 0] - mix.stream.event[:, 0]) ** 2 * mix.stream.accepted
    drawn = []
    for _ in range(400):
        replaced = random.random(1000) < share
        stand_in = random.integers(1000, 1250, replaced.sum())
        drawn.append(loss[:1000][~replaced].sum() + loss[stand_in].sum())
    assert np.mean(drawn) == pytest.approx((loss * mix.weights(share)).sum(), rel=0.01)


def test_without_faults_all_is_as_in_the_stream_alone(mixed, mix):
    rows = {row["rule"]: row for row in mixed.measure(mix, 0.0, "C1.0")}
    assert list(rows) == ["gate", "random", "confidence", "referee", "K3 alone"]
    assert rows["gate"]["kept"] == 1
    assert np.isnan(rows["gate"]["harmed served"])
    p, o, r = (getattr(mix.stream, name)[:1000, 0] for name in ("probability", "event", "rate"))
    wanted = 1 - ((p - o) ** 2).sum() / ((r - o) ** 2).sum()
    for row in rows.values():
        assert row["27-day blocks"]["BSS"][0] == pytest.approx(wanted)


def test_a_gate_that_finds_the_faults_gains_and_serves_few_of_the_harmed(mixed, mix):
    rows = {row["rule"]: row for row in mixed.measure(mix, 0.1, "C1.0")}
    share = rows["gate"]["kept"]
    assert share == pytest.approx(0.9 + 0.1 * 0.1)
    assert rows["gate"]["harmed served"] == pytest.approx(0.1)
    assert rows["random"]["harmed served"] == pytest.approx(share)
    for rule in ("random", "confidence", "referee", "K3 alone"):
        assert rows[rule]["kept"] == pytest.approx(share, abs=1e-3)
        for kind in ("27-day blocks", "regions"):
            for score in mixed.SCORES:
                assert rows[rule]["gate"][kind][score].low > 0
    for kind in ("27-day blocks", "regions"):
        assert rows["gate"]["gate"][kind]["BSS"].value == 0
