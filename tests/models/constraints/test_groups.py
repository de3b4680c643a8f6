"""Full-disk rows and the regions issued with them."""

import numpy as np

from sunproof.models.constraints.groups import DiskGroups

from .build import batch, cells

P = cells(0.5, 0.2, 0.02)
DAYS = ["2014-06-01", "2014-06-02", "2014-06-03"]


def groups(entity, when, **kwargs):
    return DiskGroups(batch([P] * len(entity), entity=entity, when=when, **kwargs))


def test_regions_are_combined_by_issue_time():
    entity = ["region", "full_disk", "region", "full_disk", "region"]
    found = groups(entity, [DAYS[0], DAYS[0], DAYS[1], DAYS[1], DAYS[0]])
    assert found.rows.tolist() == [1, 3]
    assert found.reduce(np.add, np.array([1.0, 100.0, 2.0, 100.0, 4.0]), 0.0).tolist() == [5.0, 2.0]
    assert found.reduce(np.maximum, np.array([1.0, 100.0, 2.0, 100.0, 4.0]), 0.0).tolist() == [4.0, 2.0]


def test_a_disk_without_regions_has_the_empty_value():
    found = groups(["full_disk", "region"], DAYS[:2])
    assert found.has_regions.tolist() == [False]
    assert found.reduce(np.multiply, np.ones(2), -1.0).tolist() == [-1.0]


def test_missing_regions_and_other_window_starts_are_told():
    entity = ["full_disk", "region", "full_disk", "region"]
    when = [DAYS[0], DAYS[0], DAYS[1], DAYS[1]]
    found = groups(entity, when, status=["ISSUED", "NO_FORECAST", "ISSUED", "ISSUED"], start=[*when[:3], DAYS[2]])
    assert found.missing.tolist() == [True, False]
    assert found.mixed_times.tolist() == [False, True]


def test_values_are_spread_over_all_rows():
    found = groups(["region", "full_disk"], DAYS[:2])
    np.testing.assert_array_equal(found.spread(np.array([7.0]), 2, np.nan), [np.nan, 7.0])
