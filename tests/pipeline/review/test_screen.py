import json

import pytest

from sunproof.pipeline.auditing.report.methods import two_methods
from sunproof.pipeline.review.neighbours import Neighbour
from sunproof.pipeline.review.screen import Screen
from tests.pipeline.auditing.explanations import EXPLANATION


@pytest.fixture
def screen(written):
    return Screen(written[0], 5)


def test_nothing_before_the_last_part_tells_the_verdict(screen):
    parts = [screen.header(), screen.inputs(), screen.known(), screen.checker()]
    assert not any("REVIEW" in part.html or "C4" in part.html for part in parts)
    assert "machine: REVIEW (C4)" in repr(screen.verdict())
    assert "C4 name of C4" in repr(screen.verdict())


def test_the_header_stands_beside_its_baselines(screen):
    told = repr(screen.header())
    assert "HARP 4698" in told
    assert "≥ M1.0, 24 h" in told
    assert "referee" in told
    # one window of each class
    assert ", 48 h" not in told
    assert screen.header().pictures[0].startswith("<svg")
    # a notebook has no style sheet of ours
    assert "var(--" not in screen.header().pictures[0]


def test_what_was_not_asked_or_explained_is_said(screen):
    assert "Not explained: not among the forecasts chosen" in repr(screen.why())
    assert "was not asked" in repr(screen.what_if())
    assert "no archive was given" in repr(screen.inputs())


def test_groups_stand_with_what_two_methods_say_of_them(screen):
    screen.record["attribution"] = EXPLANATION
    screen._page |= two_methods(EXPLANATION)
    told = repr(screen.why())
    assert "shear +1.000 +2.000" in told
    assert "flares of the region +0.500 -0.400 opposite signs" in told
    assert "place +0.000 –" in told
    assert "12 to 24 h +0.700 +0.100" in told


def test_similar_regions_and_the_challenge_are_tables(screen, tmp_path):
    known = screen.known([Neighbour("HARP 1", "2012-01-01T00:00", 0.5, "M1.2")])
    assert "HARP 1 2012-01-01T00:00 0.50 M1.2" in repr(known)
    row = {
        "plant": "spikes",
        "family": "spoilt",
        "expected": "rejected",
        "found": {"value": 0.9},
        "at_5": {"value": None},
    }
    (tmp_path / "challenge.json").write_text(json.dumps({"rows": [row], "worst": {"plant": "spikes"}}))
    told = repr(screen.checker(tmp_path / "challenge.json"))
    assert "spikes spoilt rejected 90 % –" in told
    assert "plant family expected not accepted found at 5 % false" in told
    assert "worst: spikes" in told


def test_text_from_outside_is_no_markup(written):
    screen = Screen(written[0], 5)
    screen.record["verdict"]["decide"] = "<script>"
    assert "<script>" not in screen.verdict().html
