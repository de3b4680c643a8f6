"""Whose records are these? Planted exchanges and jumps among regions whose keywords follow their reports."""

import numpy as np
import pytest

from sunproof.models.identity import Identity
from sunproof.models.physics.scaling import larger, stronger

NAMES = {"keywords": ("usflux", "totusjh"), "region": ("log_srs_area", "flares_c_24h", "srs_age")}


def regions(count: int, seed: int, steps: int = 8):
    """Keywords that grow with the region's size, as powers do, plus noise; the summary tells the size's logarithm."""
    random = np.random.default_rng(seed)
    size = random.normal(0, 1, count)
    series = size[:, None, None] + random.normal(0, 0.05, (count, steps, 2)).cumsum(axis=1)
    scalars = np.stack([size + random.normal(0, 0.2, count), np.abs(size), random.uniform(0, 24, count)], axis=1)
    parts = {"keywords": series.astype(np.float32), "region": scalars.astype(np.float32)}
    return {name: (values, np.ones(values.shape, bool)) for name, values in parts.items()}


def changed(parts, values):
    return {**parts, "keywords": (values, parts["keywords"][1])}


@pytest.fixture(scope="module")
def identity():
    made = Identity.fit(regions(400, 0), NAMES, np.arange(400), seed=0)
    assert made is not None
    return made


def test_records_fit_the_reports_of_their_own_region(identity):
    found = identity(regions(500, 1))
    assert set(found) == {"record_agreement", "record_size", "record_field", "record_continuity"}
    for share in found.values():
        assert (share < 0.02).mean() < 0.06


def test_records_of_another_region_do_not(identity):
    parts = regions(500, 1)
    values = parts["keywords"][0]
    other = changed(parts, values[::-1].copy())
    assert (identity(other)["record_agreement"] < 0.02).mean() > 0.4


def surely(count: int, seed: int):
    """Keywords that follow the summary the more closely the larger the region."""
    random = np.random.default_rng(seed)
    size = random.normal(0, 1, count)
    latest = size[:, None] + 0.3 * np.exp(-size)[:, None] * random.normal(0, 1, (count, 2))
    scalars = np.stack([size, np.abs(size), random.uniform(0, 24, count)], axis=1)
    parts = {"keywords": np.repeat(latest[:, None], 2, axis=1).astype(np.float32), "region": scalars.astype(np.float32)}
    return {name: (values, np.ones(values.shape, bool)) for name, values in parts.items()}


def test_reports_that_tell_keywords_surely_leave_less_room():
    """With one spread for all, 0.41 of the large regions were found."""
    identity, good = Identity.fit(surely(3000, 0), NAMES, np.arange(3000), seed=0), surely(1000, 1)
    size = good["region"][0][:, 0]
    moved = identity(changed(good, good["keywords"][0] - np.float32(0.8)))["record_agreement"] < 0.02
    assert moved[size > 0.7].mean() > 0.6
    assert moved[size < -0.7].mean() < 0.12
    assert (identity(good)["record_agreement"] < 0.02).mean() < 0.06


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
    assert (identity(own)["record_agreement"][unknown] < 0.02).mean() < 0.06
    large = np.flatnonzero(own["region"][0][:, 0] > 1)
    values = own["keywords"][0].copy()
    values[unknown] = values[np.resize(large, unknown.sum())]
    assert (identity(changed(own, values))["record_agreement"][unknown] < 0.02).mean() > 0.8


def test_a_jump_from_one_region_to_another_is_seen(identity):
    parts = regions(500, 1)
    values = parts["keywords"][0].copy()
    values[:, 5:] = values[::-1, 5:]
    assert (identity(changed(parts, values))["record_continuity"] < 0.02).mean() > 0.7


def test_without_records_or_reports_nothing_is_said(identity):
    parts = regions(4, 2)
    parts["keywords"][1][0] = False
    parts["region"][1][1] = False
    parts["keywords"][1][2, 1:] = False
    found = identity(parts)
    continuity = found.pop("record_continuity")
    for share in found.values():
        assert np.isnan(share[:2]).all()
        assert np.isfinite(share[2:]).all()
    assert np.isnan(continuity[[0, 2]]).all()
    assert np.isfinite(continuity[[1, 3]]).all()


def test_too_few_regions_are_no_reference():
    assert Identity.fit(regions(90, 0), NAMES, np.arange(90), seed=0) is None


def test_records_too_far_apart_for_a_change_leave_the_first_question():
    parts = regions(400, 0)
    parts["keywords"][1][:, :-1] = False
    identity = Identity.fit(parts, NAMES, np.arange(400), seed=0)
    found = identity(regions(5, 1))
    assert np.isfinite(found["record_agreement"]).all()
    assert np.isnan(found["record_continuity"]).all()


KEYWORDS = ("usflux", "meangbz", "meangam", "area_acr", "r_value")
SCALED = {"keywords": KEYWORDS, "region": NAMES["region"]}


def physical(count: int, seed: int):
    """Sums that grow with the area that the summary tells, a gradient that follows the field, and an angle."""
    random = np.random.default_rng(seed)
    size, field = random.normal(2, 0.7, count), random.normal(0, 0.05, count)
    scatter = random.normal(0, 0.15, count)
    usflux = 1e20 * np.exp(size + scatter + field)
    gradient = 100 * np.exp(field + random.normal(0, 0.03, count))
    line = np.log10(usflux) - 17 + random.normal(0, 0.1, count)
    columns = (usflux, gradient, random.normal(40, 2, count), np.exp(size + scatter), line)
    series = np.repeat(np.stack(columns, axis=1)[:, None], 2, axis=1)
    scalars = np.stack([size, np.abs(size), random.uniform(0, 24, count)], axis=1)
    parts = {"keywords": series.astype(np.float32), "region": scalars.astype(np.float32)}
    return {name: (values, np.ones(values.shape, bool)) for name, values in parts.items()}


@pytest.fixture(scope="module")
def scaled():
    return Identity.fit(physical(600, 0), SCALED, np.arange(600), seed=0)


@pytest.mark.parametrize(
    ("change", "factor", "least"),
    [
        (larger, 0.3, {"record_size": 0.9}),
        (stronger, 0.7, {"record_field": 0.9}),
        (stronger, 1.5, {"record_field": 0.9}),
    ],
)
def test_records_on_a_wrong_scale_would_fit_better_on_another(scaled, change, factor, least):
    good = physical(400, 1)
    values = change(good["keywords"][0], KEYWORDS, factor).astype(np.float32)
    found, before = scaled(changed(good, values)), scaled(good)
    for name, share in least.items():
        assert (found[name] < 0.01).mean() > share
        assert (before[name] < 0.01).mean() < 0.03


def test_a_patch_that_holds_more_than_its_region_is_no_cut_one(scaled):
    good = physical(400, 1)
    values = larger(good["keywords"][0], KEYWORDS, 3.0).astype(np.float32)
    assert (scaled(changed(good, values))["record_size"] < 0.01).mean() == 0


def test_a_keyword_that_is_missing_leaves_the_scale_open(scaled):
    good = physical(10, 1)
    good["keywords"][1][:5, :, 1] = False
    found = scaled(good)
    for name in ("record_size", "record_field"):
        assert np.isnan(found[name][:5]).all()
        assert np.isfinite(found[name][5:]).all()


def test_zeros_are_on_no_scale(scaled):
    """They fitted every scale alike, a ratio of 1, and passed."""
    good = physical(10, 1)
    good["keywords"][0][:5] = 0
    # sums of nothing leave the size open; a field is there still
    good["keywords"][0][5, :, [0, 3, 4]] = 0
    found = scaled(good)
    assert np.isnan(found["record_size"][:6]).all()
    assert np.isnan(found["record_field"][:5]).all()
    assert np.isfinite(found["record_field"][5:]).all()
    assert np.isfinite(found["record_size"][6:]).all()
    assert np.isfinite(found["record_agreement"]).all()


def test_zeros_in_training_are_no_part_of_the_calibration(scaled):
    training = physical(600, 0)
    training["keywords"][0][:60] = 0
    made = Identity.fit(training, SCALED, np.arange(600), seed=0)
    for name in ("record_size", "record_field"):
        share = made(physical(400, 1))[name]
        assert share.max() == 1
        assert share.min() < 0.1


def test_a_single_keyword_has_a_variance_for_its_covariance():
    names = {"keywords": KEYWORDS[:1], "region": NAMES["region"]}
    made = [
        {**parts, "keywords": tuple(part[..., :1] for part in parts["keywords"])}
        for parts in (physical(300, 0), physical(50, 1))
    ]
    found = Identity.fit(made[0], names, np.arange(300), seed=0)(made[1])
    assert all(np.isfinite(share).all() for share in found.values())
