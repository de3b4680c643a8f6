import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.config import ForecastConfig, IntervalConfig
from sunproof.pipeline.forecasting.slots import load_slots, parts
from tests.pipeline.training.world import World


def slots(hours: list[int]) -> xr.Dataset:
    return xr.Dataset({"issue_time": ("forecast", np.array(hours, "datetime64[h]").astype("datetime64[ns]"))})


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_parts_never_split_an_issue_time(size: int):
    hours = [6, 0, 6, 12, 0, 6, 18]
    cut = list(parts(slots(hours), size))
    assert sorted(np.concatenate(cut).tolist()) == list(range(7))
    times = [{hours[row] for row in part} for part in cut]
    assert sum(len(part) for part in times) == 4
    assert all(len(part) <= max(size, 3) for part in cut)


def test_slots_of_an_interval_are_those_of_the_labels(trained: World):
    samples = xr.load_dataset(trained.samples, engine="h5netcdf")
    first, last = np.datetime64("2012-06-20"), np.datetime64("2012-06-25")
    interval = IntervalConfig(start="2012-06-20", end="2012-06-25")
    config = ForecastConfig(archive=trained.archive, bundle=trained.root, output=trained.root, interval=interval)
    found, none, _ = load_slots(config)
    inside = (samples["issue_time"] >= first) & (samples["issue_time"] < last)
    expected = samples.isel(sample=inside.to_numpy())
    assert none is None
    for name in ("harpnum", "issue_time", "data_cutoff", "noaa_ars"):
        np.testing.assert_array_equal(found[name], expected[name])


def test_blocks_that_hold_nothing_are_refused_with_what_there_is(trained: World, tmp_path):
    samples = xr.load_dataset(trained.samples, engine="h5netcdf")
    samples.isel(sample=(samples["block"] == "train").to_numpy()).to_netcdf(tmp_path / "s.nc", engine="h5netcdf")
    config = ForecastConfig(
        archive=trained.archive, bundle=trained.root, output=trained.root, samples=tmp_path / "s.nc", blocks=("test",)
    )
    with pytest.raises(InputError, match=r"no slot to forecast; got 'train: \d+'; wanted rows in test"):
        load_slots(config)
