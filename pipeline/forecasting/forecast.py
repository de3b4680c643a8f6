"""``sunproof forecast``: bundle, archive and slots into forecasts with their evidence."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from sunproof.pipeline import console, receipts
from sunproof.pipeline.forecasting.baselines import Beside, baselines_beside
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.contract import check_forecasts
from sunproof.pipeline.forecasting.parallel import Part, make_parts
from sunproof.pipeline.forecasting.slots import load_slots, parts
from sunproof.pipeline.leftovers import claim, mark, release
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.vocabulary import check, describe

__all__ = ["run"]


def run(config: ForecastConfig) -> Path:
    """Forecast every slot and write the batch with its receipt.

    Parameters
    ----------
    config : ForecastConfig

    Returns
    -------
    Path
        The forecasts file.

    Raises
    ------
    InputError
        If bundle or slots cannot be used, the features differ from those the model was trained on, or the model was
        trained on a simulated Sun and the archive is of the real one.
    ConfigError
        If a cluster is asked for and no worker starts.
    """
    bundle = load_bundle(config.bundle)
    bundle.check_sun(config.bundle, config.archive)
    slots, samples, rows = load_slots(config)
    windows = [float(hours) for hours in bundle.ensemble.architecture["windows"]]
    slots = slots.assign_coords(threshold=bundle.ensemble.architecture["thresholds"], window=windows)
    inputs = {"bundle": bundle.digest, "archive": receipts.digest_tree(config.archive)}
    if config.samples is not None:
        inputs["samples"] = receipts.digest_file(config.samples)
    work = _workplace(config, inputs)
    # learnt from all samples at once, so that parts see the same climatology
    beside = Beside({}, {})
    if config.baselines:
        beside = baselines_beside(config.archive, slots, samples, rows, bundle.inputs)
    cut = list(parts(slots, config.part_rows))
    paths = [work / f"{number:05d}.nc" for number in range(len(cut))]
    made = (
        Part(path, slots.isel(forecast=index), {name: values[index] for name, values in beside.rows.items()})
        for path, index in zip(paths, cut, strict=True)
    )
    make_parts(config, inputs, paths, made)
    return _finish(config, paths, inputs, beside)


def _workplace(config: ForecastConfig, inputs: dict[str, str]) -> Path:
    """Give the folder of the parts; named after what decides the result, so that others' are never mixed in."""
    code = receipts.code_version()
    # who computes it decides nothing
    decisive = config.model_dump(mode="json", exclude={"cluster"})
    # a checkout with uncommitted changes cannot tell whether it is still what made them: it takes up nobody's parts
    alone = mark() if "dirty" in code else ""
    plan = receipts.digest_json({"config": decisive, "inputs": inputs, "code": code + alone})
    work = config.output.parent / f".{config.output.name}.{plan[-12:]}.parts"
    if alone:
        release(work)
    claim(work)
    return work


def _finish(config: ForecastConfig, paths: list[Path], inputs: dict[str, str], beside: Beside) -> Path:
    shared = {name: (("fitted", "threshold", "window"), values) for name, values in beside.shared.items()}
    joined = describe(_joined(paths).assign(shared))
    forecasts = check(check_forecasts(joined, "forecasts"), "forecasts")
    with receipts.replacing(config.output) as partial:
        forecasts.to_netcdf(partial, engine="h5netcdf")
    status = texts(forecasts["status"])
    counts = {name: int((status == name).sum()) for name in ("ISSUED", "FALLBACK", "NO_FORECAST")}
    receipts.write_receipt(config.output, "forecast", config.model_dump(mode="json"), inputs, forecasts=counts)
    release(paths[0].parent)
    console.show_table("Forecasts", ["status", "slots"], counts.items())
    return config.output


def _joined(paths: list[Path]) -> xr.Dataset:
    """Put the parts one after the other."""
    forecasts: xr.Dataset = xr.concat(
        [xr.load_dataset(path, engine="h5netcdf") for path in paths],
        "forecast",
        data_vars="minimal",
        coords="minimal",
        compat="override",
        combine_attrs="override",
        # Parts of other thresholds or windows must not be aligned quietly.
        join="exact",
    )
    # the first part's units of time need not hold the others' times: whole minutes, where those have seconds
    return forecasts.drop_encoding()
