import numpy as np

from sunproof.pipeline.simulate.passages import FAINTEST, SPOTTED, TRACKED


def test_patches_are_on_the_disk_and_bright_enough(cycle_scene):
    passages, sun = cycle_scene.passages, cycle_scene.sun
    for index in range(len(passages.region)):
        row, part = passages.region[index], slice(passages.first[index], passages.last[index])
        assert np.abs(sun.longitude[row, part]).max() <= TRACKED
        assert sun.population.flux[row, part].min() >= FAINTEST


def test_numbers_are_unique_and_ascend_with_time(cycle_scene):
    passages = cycle_scene.passages
    assert np.all(np.diff(passages.harpnum) == 1)
    known = passages.noaa_ar[passages.noaa_ar > 0]
    assert len(np.unique(known)) == len(known)
    order = np.argsort(passages.numbered, kind="stable")[: len(known)]
    assert np.all(np.diff(passages.noaa_ar[order]) == 1)


def test_a_region_that_returns_gets_new_numbers(cycle_scene):
    passages = cycle_scene.passages
    regions, counts = np.unique(passages.region, return_counts=True)
    twice = np.flatnonzero(passages.region == regions[counts > 1][0])
    assert len(set(passages.harpnum[twice])) == len(twice)


def test_a_number_comes_with_the_first_spots_at_midnight(cycle_scene):
    passages, population = cycle_scene.passages, cycle_scene.sun.population
    numbered = np.flatnonzero(np.isfinite(passages.numbered))
    assert np.all(passages.numbered[numbered] % 24.0 == 0.0)
    region = passages.region[numbered]
    age = np.round((passages.numbered[numbered] - population.emergence[region]) / population.step).astype(int)
    assert population.flux[region, age].min() >= SPOTTED


def test_ages_outside_every_passage_have_none(scene):
    passages = scene.passages
    inside = passages.at(passages.region, passages.first)
    assert np.array_equal(inside, np.arange(len(passages.region)))
    assert np.all(passages.at(passages.region[:1], passages.last[:1]) == -1)
