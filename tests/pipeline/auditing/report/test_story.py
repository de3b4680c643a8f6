import math

import numpy as np
import pytest

from sunproof.pipeline.auditing.report import story
from sunproof.pipeline.auditing.report.story import slot_name
from sunproof.pipeline.auditing.report.surroundings import Surroundings


@pytest.mark.parametrize(
    ("harp", "noaa", "name"),
    [(4698, 12192, "HARP 4698 · AR 12192"), (4698, -1, "HARP 4698"), (-1, 12192, "AR 12192"), (-1, -1, "Full disk")],
)
def test_a_slot_is_named_by_what_is_known_of_it(harp, noaa, name):
    assert slot_name({"harpnum": harp, "noaa_ar": noaa}) == name


@pytest.mark.parametrize(
    ("series", "told"),
    [
        ([2.0, 3.0], "+50 %"),
        ([-2.0, -3.0], "-50 %"),
        ([1.0, 770.0], "× 770"),
        ([2.0, 3468.0], "× 1734"),
        ([0.0, 1.0], ""),
        ([5.0], ""),
    ],
)
def test_changes_are_told_in_per_cent_or_as_factors(series, told):
    assert story._change(np.array(series)) == told


def test_keywords_show_history_and_latest_value_and_skip_what_is_unknown():
    around = Surroundings(24.0, keywords={"usflux": np.array([1e22, math.nan, 2e22])})
    rows = story._keywords({"usflux": "2e22", "r_value": "4.5"}, around)
    assert [row["name"] for row in rows] == ["USFLUX", "R_VALUE"]
    assert rows[0]["change"] == "+100 %"
    assert (rows[1]["spark"], rows[1]["latest"]) == ("", 4.5)


def test_facts_come_with_units_and_missing_ones_are_left_out():
    facts = {"mcintosh": "FKC", "hale": "", "srs_area": "1450", "latitude": None, "quality": -1, "input_age": "0.2"}
    shown = {fact["name"]: fact["value"] for fact in story._evidence(facts, False)}
    assert shown == {"McIntosh class": "FKC", "sunspot area": "1450 millionths", "age of the input": "12 min"}


def test_keywords_that_the_disk_cannot_have_are_not_missing_on_it():
    assert story._evidence({"nan_fraction": "1"}, True) == []
    assert story._evidence({"nan_fraction": "1"}, False)[0]["value"] == "100 %"


def test_bars_grow_from_the_middle_to_both_sides():
    left, right = story._scaled({"less": -1.0, "more": 0.5})
    assert (left["left"], left["width"]) == ("1.00", "49.00")
    assert (right["left"], right["width"]) == ("50.00", "24.50")
