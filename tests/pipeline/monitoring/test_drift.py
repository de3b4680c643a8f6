import json

import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.errors import ConfigError, InputError
from sunproof.pipeline.monitoring.config import DriftConfig
from sunproof.pipeline.monitoring.drift import run

from .worlds import forecasts


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streams")
    stream = forecasts(900, later=400, seed=4)
    forecasts(6000, seed=1).to_netcdf(folder / "reference.nc", engine="h5netcdf")
    stream.to_netcdf(folder / "same.nc", engine="h5netcdf")
    weaker = stream.assign({name: stream[name] * 0.6 for name in ("usflux", "meangbz", "meangbt", "meangbh")})
    weaker.to_netcdf(folder / "weaker.nc", engine="h5netcdf")
    return folder


def config(files, name, **changes):
    known = {"windows": (72, 168), "replays": 20, "output": files / name.removesuffix(".nc"), "block_days": 9}
    return DriftConfig(reference=(files / "reference.nc",), forecasts=(files / name,), **(known | changes))


def test_a_weaker_field_raises_an_alarm_and_is_named(files, capsys):
    run(config(files, "weaker.nc"))
    told = json.loads((files / "weaker" / "drift.json").read_text())
    assert told["lengths"]["168"]["alarmed"] == told["lengths"]["168"]["windows"] > 0
    assert {"meangbz", "usflux / area"} <= set(told["lengths"]["168"]["quantities"])
    assert "meangbz" in capsys.readouterr().out


def test_what_cannot_be_watched_is_said(files, capsys):
    poor = forecasts(900, later=400, seed=4).drop_vars("totpot")
    poor.to_netcdf(files / "poor.nc", engine="h5netcdf")
    run(config(files, "poor.nc"))
    assert "not watched, because one side does not have it, or hardly: totpot / area" in capsys.readouterr().err


def test_the_same_sun_raises_none(files):
    run(config(files, "same.nc"))
    told = json.loads((files / "same" / "drift.json").read_text())
    assert told["lengths"]["168"]["alarmed"] <= 1


def test_table_plot_and_receipt_lie_in_the_folder_and_come_out_the_same_again(files):
    run(config(files, "same.nc"))
    first = {path.name: path.read_bytes() for path in (files / "same").iterdir()}
    assert set(first) == {"drift.csv", "drift.json", "drift.png"}
    run(config(files, "same.nc"))
    assert {path.name: path.read_bytes() for path in (files / "same").iterdir()} == first
    assert (files / "same.receipt.json").exists()
    table = pd.read_csv(files / "same" / "drift.csv")
    assert np.isfinite(table["score"]).mean() > 0.8


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"samples": "s.nc"}, "outcomes of one side alone"),
        ({"verdicts": ("v.csv",)}, "verdicts of one side alone"),
        ({"verdicts": ("a.csv", "b.csv"), "reference_verdicts": ("c.csv",)}, "not one verdicts.csv a file"),
    ],
)
def test_what_only_one_side_has_cannot_be_watched(files, changes, told):
    with pytest.raises(ConfigError, match=told):
        run(config(files, "same.nc", **changes))


def test_a_missing_file_is_named(files):
    with pytest.raises(InputError, match=r"nothing\.nc"):
        run(config(files, "nothing.nc"))


def test_another_file_of_ours_is_no_stream(files):
    forecasts(900).drop_vars("status").to_netcdf(files / "samples.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"samples\.nc: status: variable is missing"):
        run(config(files, "samples.nc"))


def test_no_file_at_all_is_refused(files):
    with pytest.raises(ValueError, match="forecasts"):
        DriftConfig(reference=(files / "reference.nc",), forecasts=(), output=files / "none")


def test_a_simulated_sun_is_not_held_against_the_real_one(files):
    forecasts(900, later=400).assign_attrs(simulated=1).to_netcdf(files / "simulated.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"the real and of a simulated Sun; got .*simulated\.nc': 'simulated'"):
        run(config(files, "simulated.nc"))


def test_a_folder_in_the_place_of_a_file_is_named(files):
    (files / "folder.nc").mkdir()
    with pytest.raises(InputError, match=r"folder\.nc: not readable as netCDF"):
        run(config(files, "folder.nc"))
