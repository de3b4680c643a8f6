import numpy as np
import pytest
import torch
import xarray as xr

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.samples.config import InputConfig, LabelConfig
from sunproof.pipeline.samples.dataset import Batches, SampleData, read_samples
from sunproof.pipeline.samples.labels import run

DATES = {
    "train_end": "2011-03-01",
    "validation_start": "2011-03-01",
    "validation_end": "2011-05-01",
    "test_start": "2011-05-01",
}


@pytest.fixture(scope="module")
def data(make_once):
    """A region a month, eight samples each."""
    hours = np.arange(48)
    times, harps = [], []
    for month in range(1, 7):
        start = np.datetime64(f"2011-{month:02d}-10", "m")
        times += [str(start + np.timedelta64(60 * int(hour) - 5, "m")) for hour in hours]
        harps += [month] * len(hours)
    flux = np.arange(len(times), dtype=np.float32)
    make_once.sharp(harps, times, usflux=flux).harp_noaa([(month, 11000 + month) for month in range(1, 7)])
    make_once.flares([(f"2011-{month:02d}-11T03:00", 2e-5, 11000 + month) for month in (1, 3, 5)])
    output = make_once.path.parent / "samples.nc"
    run(LabelConfig(archive=make_once.path, output=output, split=DATES))
    return SampleData(make_once.path, output, InputConfig(), batch_size=5, seed=3)


def test_blocks_hold_the_labelled_regions_of_their_dates(data):
    harps = data.samples["harpnum"].to_numpy()
    assert {name: sorted(set(harps[data.rows(name).numpy()])) for name in ("train", "validation", "test")} == {
        "train": [1, 2],
        "validation": [3, 4],
        "test": [5, 6],
    }


def test_samples_of_a_simulated_sun_are_not_read_with_the_real_one(data):
    simulated = data.samples.assign_attrs(simulated=1)
    told = r"samples and archive of the real and a simulated Sun; got \{'samples': 'simulated', .*zarr': 'real'\}"
    with pytest.raises(InputError, match=told):
        SampleData(data.archive, simulated, InputConfig())


def test_a_batch_holds_the_rows_that_its_index_names(data):
    for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader()):
        for batch in loader:
            rows = batch["index"].numpy()
            np.testing.assert_array_equal(batch["event"], data.samples["event"].to_numpy()[rows])
            for name, (values, mask) in batch["inputs"].items():
                np.testing.assert_array_equal(values, data.inputs.modalities[name][0][rows])
                assert mask.dtype == torch.bool
    assert set(batch) == {"inputs", "event", "flare_count", "largest_flux", "index"}


def test_every_pass_holds_every_row_once_in_a_new_order(data):
    loader = data.train_dataloader()
    passes = [torch.cat([batch["index"] for batch in loader]).tolist() for _ in range(2)]
    assert passes[0] != passes[1]
    assert sorted(passes[0]) == sorted(passes[1]) == data.rows("train").tolist()
    assert len(loader) == -(-len(passes[0]) // 5)


def test_the_seed_decides_the_order(data):
    first, again = (
        [batch["index"].tolist() for batch in Batches({}, {}, torch.arange(50), 7, seed=1)] for _ in range(2)
    )
    other = [batch["index"].tolist() for batch in Batches({}, {}, torch.arange(50), 7, seed=2)]
    assert first == again != other


def test_validation_keeps_the_order_of_the_file(data):
    rows = torch.cat([batch["index"] for batch in data.val_dataloader()]).tolist()
    assert rows == sorted(rows)


def test_an_empty_block_says_what_the_blocks_hold(data):
    empty = data.samples.assign(block=("sample", np.full(data.samples.sizes["sample"], "none", object)))
    with pytest.raises(InputError, match=r"no labelled sample in block train; got 'none: .*Check the dates"):
        SampleData(data.archive, empty, InputConfig()).rows("train")


def test_a_missing_samples_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no such samples file.*sunproof label"):
        read_samples(tmp_path / "samples.nc")


def test_a_file_that_is_no_netcdf_is_named(tmp_path):
    (tmp_path / "samples.nc").write_text("<html>")
    with pytest.raises(InputError, match=r"samples.nc: not readable as netCDF"):
        read_samples(tmp_path / "samples.nc")


def test_another_file_of_ours_is_no_samples_file(tmp_path):
    xr.Dataset({"issue_time": ("forecast", [0])}).to_netcdf(tmp_path / "forecasts.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"forecasts.nc: no samples file; got .*'issue_time'.*wanted samples of"):
        read_samples(tmp_path / "forecasts.nc")
