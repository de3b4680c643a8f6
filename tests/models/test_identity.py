"""Whose records are these? Planted exchanges and jumps among regions whose keywords follow their reports."""

import numpy as np
import pytest

from sunproof.models.identity import Identity

NAMES = {"keywords": ("usflux", "totusjh"), "region": ("log_srs_area", "flares_c_24h", "srs_age")}


def regions(count: int, seed: int, steps: int = 8):
    """Keywords that grow with the region's size, as powers do, plus noise; the summary tells the size's logarithm."""
    random = np.random.default_rng(seed)
    size = random.normal(0, 1, count)
    series = size[:, None, None] + random.normal(0, 0.05, (count, steps, 2)).cumsum(axis=1)
    scalars = np.stack([size + random.normal(0, 0.2, count), np.abs(size), random.uniform(0, 24, count)], axis=1)
    parts = {"keywords": series.astype(np.float32), "region": scalars.astype(np.float32)}
    return {name: (values, np.ones(values.shape, bool)) for name, values in parts.items()}


@pytest.fixture(scope="module")
def identity():
    made = Identity.fit(regions(400, 0), NAMES, np.arange(400), seed=0)
    assert made is not None
    return made


def test_records_fit_the_reports_of_their_own_region(identity):
    agreement, continuity = identity(regions(500, 1))
    assert (agreement < 0.02).mean() < 0.05
    assert (continuity < 0.02).mean() < 0.06


def test_records_of_another_region_do_not(identity):
    parts = regions(500, 1)
    values, mask = parts["keywords"]
    other = {**parts, "keywords": (values[::-1].copy(), mask)}
    assert (identity(other)[0] < 0.02).mean() > 0.4


def test_a_region_in_no_summary_is_held_against_its_like():
    """Small regions are in none: there, a large one's records are those of another region."""
    parts = regions(600, 0)
    small = parts["region"][0][:, 0] < -0.3
    parts["region"][1][small, 0] = False
    identity = Identity.fit(parts, NAMES, np.arange(600), seed=0)
    assert all(reports is not None for reports in identity.reports.values())
    own = regions(500, 1)
    unknown = own["region"][0][:, 0] < -0.3
    own["region"][1][unknown, 0] = False
    assert (identity(own)[0][unknown] < 0.02).mean() < 0.06
    large = np.flatnonzero(own["region"][0][:, 0] > 1)
    values = own["keywords"][0].copy()
    values[unknown] = values[np.resize(large, unknown.sum())]
    assert (identity({**own, "keywords": (values, own["keywords"][1])})[0][unknown] < 0.02).mean() > 0.8


def test_a_jump_from_one_region_to_another_is_seen(identity):
    parts = regions(500, 1)
    values, mask = parts["keywords"]
    values = values.copy()
    values[:, 5:] = values[::-1, 5:]
    assert (identity({**parts, "keywords": (values, mask)})[1] < 0.02).mean() > 0.7


def test_without_records_or_reports_nothing_is_said(identity):
    parts = regions(4, 2)
    parts["keywords"][1][0] = False
    parts["region"][1][1] = False
    parts["keywords"][1][2, 1:] = False
    agreement, continuity = identity(parts)
    assert np.isnan(agreement[:2]).all()
    assert np.isfinite(agreement[2:]).all()
    assert np.isnan(continuity[[0, 2]]).all()
    assert np.isfinite(continuity[[1, 3]]).all()


def test_too_few_regions_are_no_reference():
    assert Identity.fit(regions(90, 0), NAMES, np.arange(90), seed=0) is None


def test_records_too_far_apart_for_a_change_leave_the_first_question():
    parts = regions(400, 0)
    parts["keywords"][1][:, :-1] = False
    identity = Identity.fit(parts, NAMES, np.arange(400), seed=0)
    agreement, continuity = identity(regions(5, 1))
    assert np.isfinite(agreement).all()
    assert np.isnan(continuity).all()
