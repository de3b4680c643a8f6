import re
from xml.etree import ElementTree

import numpy as np
import pytest

from sunproof.pipeline.auditing.report import pictures

HOURS = np.linspace(-24, 0, 49)
FLUX = {"GOES-15 0.1–0.8 nm": np.full(49, 6e-7), "0.05–0.4 nm": np.full(49, 6e-8)}
TIMES = np.datetime64("2014-10-20", "ns") + np.arange(40) * np.timedelta64(6, "h")
DRAWN = {
    "claim": lambda: pictures.claim(("C1.0", "M1.0"), {"forecast": [0.4, 0.0], "climatology": [0.2, np.nan]}),
    "xray": lambda: pictures.xray(HOURS, FLUX, [(-3.0, 1e-5, "M1.0", True), (-9.0, 2e-6, "C2.0", False)]),
    "energy": lambda: pictures.energy({"M1.0": (1e29, 1e30, 1e31)}, (1e31, 1e32, 1e33)),
    "lags": lambda: pictures.lags({"keywords": [0.1, -0.2, 0.3], "xrs": [0.0, 0.1, 0.2]}, 8.0),
    "timeline": lambda: pictures.timeline(TIMES, ["ACCEPT", "REVIEW", "REJECT", "NO_FORECAST"] * 10),
    "reliability": lambda: pictures.reliability(np.linspace(0, 1, 80), np.arange(80) % 2.0, "≥ M1.0 in 24 h"),
    "sparkline": lambda: pictures.sparkline([1.0, np.nan, 3.0, 2.0], "total unsigned flux"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_one_svg_that_tells_what_it_shows(name):
    svg = ElementTree.fromstring(DRAWN[name]())
    assert svg.tag.endswith("svg")
    assert len(svg.attrib["aria-label"]) > 10


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_numbers_give_the_same_picture(name):
    assert DRAWN[name]() == DRAWN[name]()


@pytest.mark.parametrize("name", DRAWN)
def test_colours_are_the_pages_own(name):
    drawn = DRAWN[name]()
    assert set(re.findall(r"#[0-9a-fA-F]{6}\b", drawn)) <= {"#000000"}
    assert "var(--" in drawn or name == "sparkline"


def test_a_gap_in_a_series_is_not_bridged():
    assert pictures.sparkline([1.0, 2.0, np.nan, 3.0, 4.0], "x").count("<polyline") == 2


def test_a_series_without_values_draws_nothing():
    assert pictures.sparkline([np.nan, np.nan], "x") == ""


def test_own_flares_carry_their_class_and_others_do_not():
    drawn = DRAWN["xray"]()
    assert "M1.0" in drawn
    assert "C2.0" not in drawn


def test_the_bars_of_a_timeline_hold_every_forecast():
    drawn = pictures.timeline(TIMES[:4], ["ACCEPT"] * 4)
    assert "accept" in drawn
    assert "reject" not in drawn.replace("var(--reject)", "")


def test_flares_that_stand_close_leave_the_name_to_the_largest():
    flares = [(-3.0, 4e-6, "C4.0", True), (-3.5, 5e-6, "C5.0", True), (-9.0, 2e-6, "C2.0", True)]
    drawn = pictures.xray(HOURS, FLUX, flares)
    assert [name in drawn for name in ("C4.0", "C5.0", "C2.0")] == [False, True, True]
