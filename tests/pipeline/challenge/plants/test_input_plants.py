"""Every input plant does what it says, to the region-times it was given and to nothing else."""

import numpy as np
import pytest

from sunproof.pipeline.challenge.plants.base import FAMILIES
from sunproof.pipeline.registry import members
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.pipeline.challenge.build import column, scene

PLANTS = [plant for plants in members("sunproof.pipeline.challenge.plants", "PLANTS").values() for plant in plants]
USFLUX = SHARP_KEYWORDS.index("usflux")


def planted(name, grade=None, seed=0):
    plant = next(one for one in PLANTS if one.name == name)
    made = scene()
    severity = np.full(len(made), plant.severities[-1] if grade is None else grade, float)
    return plant.apply(made, severity, np.random.default_rng(seed))


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_every_plant_is_described_graded_and_changes_its_scene_alone(plant):
    assert plant.family in FAMILIES
    assert plant.statement.endswith(".")
    before = scene()
    made = plant.apply(before, np.full(3, plant.severities[-1], float), np.random.default_rng(0))
    untouched = scene()
    for name, group in before.groups.items():
        assert group.identical(untouched.groups[name]), "the scene that was given has been changed"
    changed = [not made.groups[name].identical(group) for name, group in before.groups.items()]
    assert any(changed) or not made.slots.identical(before.slots)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_the_same_seed_plants_the_same(plant):
    severity = np.full(3, plant.severities[0], float)
    one, two = (plant.apply(scene(), severity, np.random.default_rng(4)) for _ in range(2))
    assert all(one.groups[name].identical(two.groups[name]) for name in one.groups)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
@pytest.mark.parametrize("left", [1, 2])
def test_a_region_that_was_hardly_seen_breaks_no_plant(plant, left):
    made = scene()
    harp, hours = column(made, "harpnum"), np.tile(np.arange(240), 3)
    # of patch 12 only what came last before its data cut-off
    made = made.without("sharp", np.flatnonzero((harp == 12) & ((hours > 150) | (hours <= 150 - left))))
    for grade in plant.severities:
        after = plant.apply(made, np.full(3, grade, float), np.random.default_rng(0))
        assert np.isin(column(after, "harpnum"), [11, 12, 13]).all()


def test_a_third_patch_and_what_lies_outside_the_hours_are_left_alone():
    clean = scene()
    for name in ("spikes", "zeros", "units", "another region", "stale"):
        made = planted(name)
        same = column(made, "usflux") == column(clean, "usflux")
        assert same[column(clean, "harpnum") == 13].all(), name
        assert same[:20].all(), name


def test_lost_records_are_the_latest():
    made = planted("lost records", 8)
    assert [len(rows) for rows in made.records(8.0)] == [0, 0, 0]
    assert [len(rows) for rows in made.records(72.0)] == [64, 64, 64]


def test_stuck_records_repeat_one():
    made = planted("stuck", 12)
    for rows in made.records(12.0):
        assert len(set(column(made, "usflux")[rows])) == 1
    assert all(len(set(column(made, "usflux")[rows])) == 12 for rows in made.records(48.0, 36.0))


def test_another_regions_records_are_of_another_patch():
    made, clean = planted("another region", 24), scene()
    owners = [set((column(made, "usflux")[rows] // 1000).astype(int)) for rows in made.records(24.0)]
    assert owners == [{12}, {12}, {11}]
    before = [rows for rows in clean.records(72.0, 24.0)]
    assert all((column(made, "usflux")[rows] == column(clean, "usflux")[rows]).all() for rows in before)


def test_stale_and_future_records_are_moved_by_their_hours():
    clean = scene()
    for name, hours in (("stale", -12), ("future", 12)):
        made = planted(name, 12)
        for rows in made.records(24.0):
            assert (column(made, "usflux")[rows] == column(clean, "usflux")[rows + hours]).all(), name


@pytest.mark.parametrize("grade", [1, 3])
def test_a_wrong_number_is_one_of_the_same_day_and_stands_everywhere(grade):
    made = planted("wrong number", grade)
    wrong = dict(zip(made.slots["harpnum"].to_numpy().tolist(), made.slots["noaa_ar"].to_numpy().tolist(), strict=True))
    assert all(number in {1011, 1012, 1013} - {1000 + harp} for harp, number in wrong.items())
    assert grade == 1 or set(wrong.values()) == {1013}
    pairs = made.groups["harp_noaa"]
    told = dict(zip(pairs["harpnum"].to_numpy().tolist(), pairs["noaa_ar"].to_numpy().tolist(), strict=True))
    assert {harp: told[harp] for harp in wrong} == wrong
    assert told[13] == 1013
    assert set(column(made, "noaa_ar")[column(made, "harpnum") == 11]) == {wrong[11]}


def test_the_flare_list_runs_ahead():
    clean, made = scene(), planted("flare clock")
    moved = clean.groups["flares_swpc"]["peak_time"] - made.groups["flares_swpc"]["peak_time"]
    assert (moved.to_numpy() == np.timedelta64(12, "h")).all()
