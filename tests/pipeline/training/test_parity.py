import numpy as np
import pytest

from sunproof.pipeline.training.parity import LIMITS, compare, objections, worst_layer
from sunproof.pipeline.training.parity_page import write_page
from sunproof.pipeline.training.strata import Strata

SCORES = [
    {"threshold": name, "window": window, "base_rate": rate}
    for name, rate in (("C1.0", 0.3), ("M1.0", 0.1), ("X1.0", None))
    for window in (24.0, 48.0)
]


@pytest.fixture
def compared():
    random = np.random.default_rng(0)
    logit = random.normal(-1, 1, (2000, 3, 2))
    events = (random.random(logit.shape) < 1 / (1 + np.exp(-logit))).astype(float)
    events[:50] = np.nan
    largest = np.where(np.arange(2000) < 20, "X1.0", "quiet")
    strata = Strata({}, events, largest, np.arange(2000) // 10)

    def against(other, layers=None):
        return compare(logit, other, strata, SCORES, layers or {})

    return logit, against


def test_the_same_numbers_are_parity(compared):
    logit, against = compared
    parity = against(logit.copy())
    assert (parity.probability, parity.flips, parity.flips_of_x) == (0, 0, 0)
    assert parity.skill == {"C1.0": (0, 0, 0), "M1.0": (0, 0, 0), "X1.0": (0, 0, 0)}
    assert objections(parity) == []


def test_a_difference_is_measured_in_probability_and_decisions(compared):
    logit, against = compared
    other = logit.copy()
    # from just below the base rate of M1.0 to just above it, before an X flare and elsewhere
    other[[3, 1000], 1, 0] = np.log(0.11 / 0.89)
    logit[[3, 1000], 1, 0] = np.log(0.09 / 0.91)
    parity = against(other)
    assert parity.probability == pytest.approx(0.02, abs=1e-12)
    assert parity.flips == pytest.approx(2 / 2000)
    assert parity.flips_of_x == 1
    assert objections(parity) == ["decisions that came out otherwise before an X flare 1, at most 0"]


def test_a_bias_shows_in_the_skill_with_its_interval(compared):
    logit, against = compared
    parity = against(logit + 0.5, {"wide": 0.1, "deep.1": 0.4})
    value, low, high = parity.skill["C1.0"]
    assert low < value < high < -LIMITS["skill"]
    told = objections(parity)
    assert any(text.startswith("Brier skill of C1.0 changes by -") for text in told)
    assert any("largest difference of a probability" in text for text in told)
    assert worst_layer(parity) == "deep.1 (0.4 relative error)"


def test_without_an_event_there_is_no_skill_to_compare():
    logit = np.random.default_rng(0).normal(-1, 1, (40, 3, 2))
    events = np.zeros(logit.shape)
    events[::4, :2] = 1
    strata = Strata({}, events, np.full(40, "quiet"), np.arange(40))
    parity = compare(logit, logit.copy(), strata, SCORES, {})
    assert parity.skill == {"C1.0": (0, 0, 0), "M1.0": (0, 0, 0), "X1.0": None}
    assert objections(parity) == []
    versions = {"fp32": {**parity.plain(), "objections": [], "file": "fp32.pt2"}}
    page = write_page({"bundle": "", "samples": {"drawn": 40}, "enough": False, "versions": versions})
    assert "| +0.00000 to +0.00000 | +0.00000 to +0.00000 | no event |" in page


def test_no_number_is_no_parity(compared):
    logit, against = compared
    other = logit.copy()
    other[5, 0, 0] = np.nan
    parity = against(other, {"wide": np.nan, "deep": 1.0})
    assert parity.probability == np.inf
    assert len(objections(parity)) >= 2
    assert worst_layer(parity).startswith("wide (nan")


def test_the_page_shows_versions_layers_and_what_is_missing(compared):
    logit, against = compared
    versions = {
        "fp32": {**against(logit.copy(), {"wide": 1e-7}).plain(), "objections": [], "file": "fp32.pt2"},
        "int8": {**against(logit + 0.5, {"wide": 0.1, "deep": 0.01}).plain(), "objections": ["too far"], "file": None},
        "fp16": {"objections": ["raw fluxes"], "file": None},
    }
    report = {"bundle": "sha256:aa", "samples": {"drawn": 2000, "quiet": 1980}, "enough": False, "versions": versions}
    page = write_page(report)
    assert "| fp32 | 0 | 0.0000% | 0 | +0.00000 to +0.00000 |" in page
    assert "| fp32.pt2 |" in page
    assert "refused: too far |" in page
    assert "refused: raw fluxes |" in page
    assert "| deep |  | 0.01 |  |" in page
    assert "Fewer samples than the 5000 with 300 flares" in page
