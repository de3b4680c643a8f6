import numpy as np
import pytest

from sunproof.pipeline.auditing.report import overview
from sunproof.pipeline.auditing.report.overview import rank
from tests.pipeline.auditing.batches import batch


def test_slots_without_a_probability_rank_last():
    forecasts = batch(4)
    forecasts["probability"].values[3] = np.nan
    assert rank(forecasts).tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize(
    ("size", "words"), [(49, "Only 49 forecasts have a known outcome"), (50, "50 forecasts of ≥ M1.0")]
)
def test_a_reliability_needs_enough_outcomes(tmp_path, size, words):
    forecasts = batch(size)
    slots = forecasts[["harpnum", "entity", "window_start", "threshold", "window"]].rename(forecast="sample")
    event = (("sample", "threshold", "window"), np.ones((size, 3, 3)))
    slots.assign(event=event).to_netcdf(tmp_path / "s.nc", engine="h5netcdf")
    picture, note = overview._reliability(forecasts, str(tmp_path / "s.nc"))
    assert words in note
    assert bool(picture) == (size >= 50)


def test_without_samples_the_page_says_that_nothing_is_known():
    assert overview._reliability(batch(2), "")[0] == ""


def test_outcomes_are_matched_by_region_and_window_not_by_place():
    forecasts = batch(3)
    shuffled = forecasts.isel(forecast=[2, 0])
    event = overview._outcomes(forecasts, np.array([1.0, 0.0]), shuffled)
    np.testing.assert_array_equal(event, [0.0, np.nan, 1.0])


def test_the_regions_of_the_last_issue_time_stand_on_the_disk():
    forecasts = batch(3)
    assert overview._latest_disk(forecasts) == ""
    row = ("forecast",)
    forecasts = forecasts.assign(latitude=(row, np.array([1.0, 2, 3])), longitude=(row, np.zeros(3)))
    forecasts["noaa_ar"].values[:] = [1, 2, 3]
    picture = overview._latest_disk(forecasts)
    assert "AR 3" in picture
    assert "AR 2" not in picture


@pytest.mark.parametrize(
    ("count", "share"), [(0, "0.0 %"), (5, "0.022 %"), (22, "0.099 %"), (1004, "4.5 %"), (22252, "100.0 %")]
)
def test_a_few_of_many_are_not_none(count, share):
    assert overview._share(count, 22252) == share
