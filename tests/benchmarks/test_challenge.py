"""What the figures of benchmarks/challenge.py are made of."""

import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def challenge():
    """Import the module from the folder that is no package."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield importlib.import_module("challenge")
    for name in {"challenge", "skill"} - before:
        sys.modules.pop(name, None)


def leak(plant, found, *, potent=True):
    return {"plant": plant, "family": "leak", "found_all": found, "potent": potent}


def result(rows):
    return {"groups": {}, "families": {}, "false": {"at_5": 0.04, "hard_at_5": None}, "rows": rows, "worst": None}


def test_a_shortcut_that_was_hardly_learnt_does_not_count(challenge):
    learnt = [leak("padding leak", 1.0), leak("time leak", 0.5)]
    figures = challenge.figures(result([*learnt, leak("position leak", 0.1, potent=False)]))
    assert figures["shortcuts_exposed"] == {"value": pytest.approx(0.5), "target": 1.0, "ok": False}


def test_without_a_shortcut_that_was_learnt_nothing_is_claimed(challenge):
    figures = challenge.figures(result([leak("time leak", 1.0, potent=False)]))
    assert figures["shortcuts_exposed"] == {"value": None, "target": 1.0, "ok": False}
