import numpy as np
import pytest

from sunproof.pipeline.forecasting.full_disk import DiskForecast, compose

HOURS = np.array([0, 0, 0, 6, 6, 12], dtype="datetime64[h]").astype("datetime64[ns]")
DISK = np.array([True, False, False, False, True, True])
P = np.array([np.nan, 0.2, 0.5, 0.1, np.nan, np.nan])


def composed(issued: list[bool] | None = None, background: float | None = 0.3) -> DiskForecast:
    intensity = -np.log1p(-P)[:, None, None]
    declared = None if background is None else (np.full((3, 1, 1), -np.log1p(-background)), np.full((3, 1), 0.4))
    rate = np.array([[9.0], [1.0], [2.0], [3.0], [9.0], [9.0]])
    limit = np.array([np.nan, 1e-3, 2e-3, 5e-4, np.nan, np.nan])
    mine = np.array([False, True, True, True, False, False]) if issued is None else np.array(issued)
    return compose(HOURS, DISK, mine, intensity, rate, limit, declared)


def test_the_disk_is_the_product_over_its_regions_and_the_background():
    found = -np.expm1(-composed().intensity[:, 0, 0])
    np.testing.assert_allclose(found, [1 - 0.7 * 0.8 * 0.5, 1 - 0.7 * 0.9, 0.3])
    assert (composed().status == "ISSUED").all()


def test_rates_add_and_the_largest_limit_stands():
    np.testing.assert_allclose(composed().rate[:, 0], [3.4, 3.4, 0.4])
    np.testing.assert_allclose(composed().limit, [2e-3, 5e-4, np.nan])


def test_a_silent_region_makes_the_disk_a_fallback():
    found = composed(issued=[False, True, False, True, False, False])
    assert found.status.tolist() == ["FALLBACK", "ISSUED", "ISSUED"]
    assert found.reason[0] == "1 of 2 regions have no forecast and are not in the product"
    np.testing.assert_allclose(-np.expm1(-found.intensity[0, 0, 0]), 1 - 0.7 * 0.8)


def test_without_background_the_product_is_a_fallback_and_nothing_has_no_forecast():
    found = composed(background=None)
    assert found.status.tolist() == ["FALLBACK", "FALLBACK", "NO_FORECAST"]
    assert "no background rate" in found.reason[2]
    assert np.isnan(found.intensity[2]).all()


@pytest.mark.parametrize("rows", [[1, 2, 3], [0]])
def test_regions_or_disk_may_stand_alone(rows: list[int]):
    disk = DISK[rows]
    found = compose(
        HOURS[rows], disk, ~disk, np.ones((len(rows), 1, 1)), np.ones((len(rows), 1)), np.ones(len(rows)), None
    )
    assert len(found.status) == disk.sum()
