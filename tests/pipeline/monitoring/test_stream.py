import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.monitoring.stream import make_stream, read_stream

from .worlds import forecasts, outcomes


def test_regions_alone_are_watched_in_order_of_time():
    batch = forecasts(40)
    stream = make_stream(batch.isel(forecast=np.arange(40)[::-1]))
    assert len(stream) == int((batch["entity"].values == "region").sum()) - 1
    assert (np.diff(stream.time) >= np.timedelta64(0)).all()


def test_fields_are_taken_over_area_so_that_the_size_of_a_region_does_not_matter():
    batch = forecasts(40)
    large = batch.assign(usflux=batch["usflux"] * 3, area_acr=batch["area_acr"] * 3)
    name = "usflux / area"
    np.testing.assert_allclose(make_stream(large).quantities[name], make_stream(batch).quantities[name])


def test_a_gain_moves_every_field_by_its_logarithm():
    batch = forecasts(40)
    weaker = batch.assign(usflux=batch["usflux"] * 0.8)
    moved = make_stream(weaker).quantities["usflux / area"] - make_stream(batch).quantities["usflux / area"]
    np.testing.assert_allclose(moved, np.log(0.8), rtol=1e-5)


def test_activity_knows_the_disks_flares_of_the_same_time():
    batch = forecasts(40)
    disk = batch["entity"].values == "full_disk"
    batch["flares_24h"].values[disk] = 7.0
    assert np.allclose(make_stream(batch).activity[:, -1], np.log1p(7.0))


def test_verdicts_and_outcomes_become_rates():
    batch = forecasts(40)
    event = np.zeros(batch["probability"].shape)
    accepted = np.arange(40) % 2 == 0
    stream = make_stream(batch, event, accepted)
    assert set(np.unique(stream.quantities["abstention rate"])) == {0.0, 1.0}
    rows = (batch["entity"].values == "region") & (batch["status"].values == "ISSUED")
    np.testing.assert_allclose(
        np.sort(stream.quantities["outcome minus P(C1.0) rate"]),
        np.sort(-batch["probability"].values[rows, 0, 0]),
    )


@pytest.mark.parametrize("lacking", ["probability_regression", "meangbz", "srs_area"])
def test_what_a_batch_lacks_is_not_watched(lacking):
    stream = make_stream(forecasts(40).drop_vars(lacking))
    assert all(
        (lacking not in name and "referee" not in name) or lacking != "probability_regression"
        for name in stream.quantities
    )
    assert not np.isinf(stream.activity).any()


def judged(batch):
    """Verdicts as an audit writes them."""
    time = np.char.add(np.datetime_as_string(batch["issue_time"].values, unit="s"), "Z")
    return pd.DataFrame(
        {"harpnum": batch["harpnum"].values, "issue_time": time, "verdict": ["ACCEPT", "REVIEW"] * (len(time) // 2)}
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda table: table[:-2], "verdicts of other forecasts.*got '38 verdicts'"),
        (lambda table: table[::-1], "verdicts of other forecasts"),
        (lambda table: table.drop(columns="verdict"), "no verdicts"),
    ],
)
def test_verdicts_of_other_forecasts_are_refused(tmp_path, change, told):
    batch = forecasts(40)
    batch.to_netcdf(tmp_path / "f.nc", engine="h5netcdf")
    change(judged(batch)).to_csv(tmp_path / "v.csv", index=False)
    with pytest.raises(InputError, match=told):
        read_stream([tmp_path / "f.nc"], None, [tmp_path / "v.csv"])


def test_a_missing_file_of_verdicts_is_named(tmp_path):
    forecasts(8).to_netcdf(tmp_path / "f.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"no verdicts.*v\.csv"):
        read_stream([tmp_path / "f.nc"], None, [tmp_path / "v.csv"])


def test_files_are_joined_with_their_outcomes_and_verdicts(tmp_path):
    parts = [forecasts(40), forecasts(40, later=30)]
    for number, part in enumerate(parts):
        part.to_netcdf(tmp_path / f"{number}.nc", engine="h5netcdf")
        judged(parts[number]).to_csv(tmp_path / f"{number}.csv", index=False)
    outcomes(parts).to_netcdf(tmp_path / "samples.nc", engine="h5netcdf")
    paths, verdicts = ([tmp_path / f"{number}.{kind}" for number in (1, 0)] for kind in ("nc", "csv"))
    stream = read_stream(paths, tmp_path / "samples.nc", verdicts)
    assert len(stream) == sum(len(make_stream(part)) for part in parts)
    assert (np.diff(stream.time) >= np.timedelta64(0)).all()
    assert np.isfinite(stream.quantities["outcome minus P(M1.0) rate"]).all()
    assert 0 < stream.quantities["abstention rate"].mean() < 1


@pytest.mark.parametrize("name", ["latitude", "longitude", "area_acr", "flares_24h", "history_events", "srs_area"])
def test_what_is_unknown_of_the_activity_is_not_taken_for_nothing(name):
    batch = forecasts(40)
    region = np.flatnonzero((batch["entity"].values == "region") & (batch["status"].values == "ISSUED"))
    batch[name].values[region] = 1.0
    batch[name].values[region[0]] = np.nan
    activity = make_stream(batch).activity
    assert np.isnan(activity[0]).any()
    assert not np.isnan(activity[1]).any()
