"""What an audit starts from: the batch, with its evidence, and the digests of everything that was read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.foreign import read_foreign
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.forecasting.contract import check_forecasts
from sunproof.pipeline.forecasting.scoreboard import read_scoreboard
from sunproof.pipeline.receipts import digest_file, digest_tree
from sunproof.pipeline.training.shelf import bundle_folder
from sunproof.pipeline.vocabulary import describe

__all__ = ["input_digests", "load_batch", "open_netcdf"]


def load_batch(config: AuditConfig) -> xr.Dataset:
    """Read the forecasts; somebody else's get the archive's evidence, all get magnetograms and a second view of it.

    Raises
    ------
    ArchiveError
        If the archive cannot be read.
    InputError
        With every problem of the file; if forecasts and archive are not of one Sun.
    """
    forecasts = _forecasts(config)
    if config.archive:
        forecasts = _of_one_sun(forecasts, config)
    if config.archive and not config.forecasts.endswith(".nc"):
        forecasts = _with_evidence(forecasts, config)
    if config.archive:
        # imported here: an audit without an archive needs no images
        from sunproof.pipeline.samples.second_view import with_second_view

        forecasts = with_second_view(forecasts, config.archive)
    if config.magnetograms:
        # imported here: it needs torch
        from sunproof.pipeline.samples.magnetograms import with_magnetograms

        forecasts = with_magnetograms(forecasts, config.magnetograms)
    return forecasts


def _forecasts(config: AuditConfig) -> xr.Dataset:
    if config.table is not None:
        return read_foreign(config.forecasts, config.table)
    if (board := config.scoreboard) is not None:
        return read_scoreboard(config.forecasts, board.goes_scale, board.method, board.quantum)
    return check_forecasts(open_netcdf(config.forecasts), config.forecasts)


def _of_one_sun(forecasts: xr.Dataset, config: AuditConfig) -> xr.Dataset:
    """Refuse evidence of another Sun than the forecasts', and mark what is judged by a simulated one."""
    # imported here: an audit without an archive opens none
    from sunproof.pipeline.samples.reading import is_simulated

    made, seen = bool(forecasts.attrs.get("simulated", 0)), is_simulated(config.archive)
    if seen and not made and not config.forecasts.endswith(".nc"):
        # tables and submissions have no mark of their own
        return forecasts.assign_attrs(simulated=1)
    if made != seen:
        suns = ((config.forecasts, made), (config.archive, seen))
        told = {path: "simulated" if value else "real" for path, value in suns}
        what, todo = "the real and a simulated Sun", "Give the archive that the forecasts were made from."
        raise InputError(Problem(f"forecasts and archive of {what}", "configuration", told, "one Sun", todo))
    return forecasts


def _with_evidence(forecasts: xr.Dataset, config: AuditConfig) -> xr.Dataset:
    # imported here: a table without an archive needs none of it
    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.evidence import evidence

    found = evidence(config.archive, forecasts, InputConfig())
    fresh = {name: ("forecast", values) for name, values in found.items() if name not in forecasts.variables}
    # submissions may leave out the place, which the archive knows
    for name in {"latitude", "longitude"} & set(forecasts.variables):
        own = forecasts[name].values
        fresh[name] = ("forecast", np.where(np.isnan(own), found[name], own))
    return describe(forecasts.assign(fresh))


def open_netcdf(path: str | Path) -> xr.Dataset:
    """Read a netCDF product as it was written: hours stay numbers, texts stay objects.

    Raises
    ------
    InputError
        If it is not there, or not netCDF.
    """
    try:
        return xr.load_dataset(path, engine="h5netcdf", decode_timedelta=False)
    except FileNotFoundError as error:
        raise InputError(
            Problem(
                "no such file",
                str(path),
                todo="Run `sunproof forecast`, `label` or `audit`, whichever writes it, first.",
            )
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(Problem("not readable as netCDF", str(path), str(error), "a netCDF-4 file")) from error


def input_digests(config: AuditConfig) -> dict[str, str]:
    """SHA-256 of every input: the forecasts, and the archive, bundle and samples where given.

    Raises
    ------
    InputError
        If one is not there.
    """
    digests: dict[str, str] = {}
    for name in ("forecasts", "archive", "bundle", "training", "samples", "magnetograms"):
        path = bundle_folder(config.bundle) if name == "bundle" else Path(getattr(config, name))
        if not getattr(config, name):
            continue
        if not path.exists():
            raise InputError(Problem("no such input", name, str(path), "an existing path", "See configs/audit.yaml."))
        digests[name] = digest_tree(path) if path.is_dir() else digest_file(path)
    return digests
