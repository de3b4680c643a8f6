import json

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.contract import new_forecasts
from sunproof.pipeline.receipts import digest_tree
from sunproof.pipeline.verification import evaluate as room
from sunproof.pipeline.verification.cases import make_cases
from sunproof.pipeline.verification.config import BootstrapConfig, EvaluateConfig
from sunproof.pipeline.verification.evaluate import evaluate, run


@pytest.fixture
def forecasts(samples):
    """Forecasts that know which region is active, and not more."""
    size = samples.sizes["sample"]
    chance = np.where(samples["harpnum"].to_numpy()[:, None, None] == 12, 0.05, [[0.5], [0.3]])
    slots = {name: (("forecast",), samples[name].to_numpy()) for name in ("harpnum", "noaa_ar", "entity")}
    slots |= {name: (("forecast",), samples[name].to_numpy()) for name in ("issue_time", "data_cutoff", "window_start")}
    texts = {"status": "ISSUED", "status_reason": ""}
    slots |= {name: (("forecast",), np.full(size, text, dtype=object)) for name, text in texts.items()}
    probability = np.broadcast_to(chance, (size, 2, 2)).copy()
    probability[705] = np.nan
    slots["probability"] = (("forecast", "threshold", "window"), probability)
    slots["status"][1][705], slots["status_reason"][1][705] = "NO_FORECAST", "no record"
    semantics = {"classes": "cumulative", "windows": "nested", "goes_scale": "operational"}
    return new_forecasts(slots, ("C1.0", "M1.0"), (24.0, 48.0), semantics, model="oracle of activity")


@pytest.fixture
def config(tmp_path):
    paths = {"forecasts": "forecasts.nc", "samples": "samples.nc", "output": "scores"}
    few = BootstrapConfig(resamples=1000)
    return EvaluateConfig(**{name: tmp_path / path for name, path in paths.items()}, bootstrap=few)


@pytest.fixture
def with_inputs(monkeypatch, inputs, names):
    """Baselines see the made-up inputs instead of an archive's."""
    monkeypatch.setattr(room, "load_cases", lambda samples, archive, config: make_cases(samples, inputs, names))


def rows_of(rows, **where):
    return [row for row in rows if all(row[key] == value for key, value in where.items())]


@pytest.mark.usefixtures("with_inputs")
def test_every_baseline_that_can_stands_beside_the_model(forecasts, samples, config):
    found = evaluate(forecasts, samples, config)
    rows = rows_of(found.scores, entity="region", subset="all", threshold="C1.0", window=24)
    assert [row["forecaster"] for row in rows] == ["model", "climatology", "logistic", "persistence"]
    assert list(found.titles) == ["model", "climatology", "goes_flux", "logistic", "persistence", "wheatland"]
    model = rows[0]
    assert (model["cases"], model["unforecast"], model["unlabelled"]) == (200, 0, 0)
    assert model["bss"] > 0.1
    assert {row["cases"] for row in rows} == {200}
    disk = rows_of(found.scores, entity="full_disk", subset="all", threshold="C1.0", window=24, forecaster="model")[0]
    assert (disk["cases"], disk["unforecast"]) == (99, 1)


@pytest.mark.usefixtures("with_inputs")
def test_base_rates_come_from_the_training_block(forecasts, samples, config):
    found = evaluate(forecasts, samples, config)
    train = (samples["block"].to_numpy() == "train") & (samples["entity"].to_numpy() == "region")
    expected = np.nanmean(samples["event"].to_numpy()[train], axis=0)
    for row in rows_of(found.scores, entity="region", forecaster="model"):
        place = ["C1.0", "M1.0"].index(row["threshold"]), [24, 48].index(row["window"])
        assert row["base_rate"] == pytest.approx(expected[place])


@pytest.mark.usefixtures("with_inputs")
def test_the_model_is_compared_in_pairs_with_both_kinds_of_block(forecasts, samples, config):
    found = evaluate(forecasts, samples, config)
    row = rows_of(
        found.comparisons, entity="region", subset="all", threshold="C1.0", window=24, baseline="climatology"
    )[0]
    assert set(row["difference"]) == {"bss", "auc", "tss"}
    assert set(row["difference"]["bss"]) == {"rotation", "region"}
    model, other = (
        rows_of(found.scores, entity="region", subset="all", threshold="C1.0", window=24, forecaster=name)[0]["bss"]
        for name in ("model", "climatology")
    )
    assert row["difference"]["bss"]["rotation"].value == pytest.approx(model - other)


@pytest.mark.usefixtures("with_inputs")
def test_short_histories_are_left_out_when_asked_and_counted(forecasts, samples, config):
    found = evaluate(forecasts, samples, config.model_copy(update={"min_history": 0.5, "blocks": ("train",)}))
    assert found.population["short_history"] == 1  # the row of which one step of four was observed
    assert found.population["slots"] == 299


def test_without_an_archive_the_climatology_stands_alone(forecasts, samples, config):
    found = evaluate(forecasts, samples, config)
    assert {row["forecaster"] for row in found.scores} == {"model", "climatology"}
    assert {row["subset"] for row in found.scores} == {"all", "2013"}


def test_nothing_in_the_blocks_is_an_error(forecasts, samples, config):
    with pytest.raises(InputError, match=r"nothing to score; got '720 matched slots, 0 in the blocks.*slots of none"):
        evaluate(forecasts, samples, config.model_copy(update={"blocks": ("none",)}))


def test_run_writes_the_folder_with_its_receipt_and_the_same_bytes_again(forecasts, samples, config, capsys):
    forecasts.to_netcdf(config.forecasts, engine="h5netcdf")
    samples.to_netcdf(config.samples, engine="h5netcdf")
    written = []
    for _ in range(2):
        run(config)
        written.append({path.name: path.read_bytes() for path in config.output.iterdir()})
    assert written[0] == written[1]
    plots = {f"{kind}_{entity}.png" for kind in ("reliability", "roc") for entity in ("region", "full_disk")}
    assert set(written[0]) == {"scores.json", "scores.md", *plots}
    scores = json.loads(written[0]["scores.json"])
    assert scores["population"]["slots"] == 300
    assert scores["titles"]["model"] == "oracle of activity"
    assert json.loads(config.output.with_name("scores.receipt.json").read_text())["command"] == "evaluate"
    assert "Regions, 24 h" in capsys.readouterr().out


@pytest.mark.usefixtures("with_inputs")
def test_the_receipt_names_the_archive_that_baselines_read(forecasts, samples, config, tmp_path):
    forecasts.to_netcdf(config.forecasts, engine="h5netcdf")
    samples.to_netcdf(config.samples, engine="h5netcdf")
    archive = tmp_path / "archive.zarr"
    archive.mkdir()
    (archive / "zarr.json").write_text("{}")
    run(config.model_copy(update={"archive": archive}))
    inputs = json.loads(config.output.with_name("scores.receipt.json").read_text())["inputs"]
    assert inputs["archive"] == digest_tree(archive)


@pytest.mark.parametrize(("name", "todo"), [("forecasts", "sunproof forecast"), ("samples", "sunproof label")])
def test_a_missing_file_names_the_command_that_makes_it(name, todo, forecasts, samples, config):
    forecasts.to_netcdf(config.forecasts, engine="h5netcdf")
    samples.to_netcdf(config.samples, engine="h5netcdf")
    getattr(config, name).unlink()
    with pytest.raises(InputError, match=f"{name}.nc: no such {name}.*{todo}"):
        run(config)


def test_a_truncated_file_is_refused_and_nothing_is_written(forecasts, samples, config):
    samples.to_netcdf(config.samples, engine="h5netcdf")
    forecasts.to_netcdf(config.forecasts, engine="h5netcdf")
    config.forecasts.write_bytes(config.forecasts.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"forecasts.nc: not readable as netCDF; got .*wanted a forecasts file"):
        run(config)
    assert not config.output.exists()


def test_simulated_forecasts_stay_marked(forecasts, samples, config):
    found = evaluate(forecasts.assign_attrs(simulated=1), samples.assign_attrs(simulated=1), config)
    assert isinstance(found.cases.event, np.ndarray)
    assert found.population["simulated"] == 1
    from sunproof.pipeline.verification.report import headline, markdown

    assert "**Simulated data" in markdown(found)
    assert all("SIMULATED" in title for title, _, _ in headline(found))


def test_datasets_stay_as_they_were(forecasts, samples, config):
    before = samples.copy(deep=True)
    evaluate(forecasts, samples, config)
    xr.testing.assert_identical(samples, before)
