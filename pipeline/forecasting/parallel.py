"""A batch in parts, each a file of its own: made by this process or by Dask's workers, and only where it is missing."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline import receipts
from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.console import progress, say
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.rows import forecast_rows
from sunproof.pipeline.samples.reading import remembering
from sunproof.pipeline.training.bundle import Bundle, load_bundle

__all__ = ["Part", "make_parts"]

# Parts that are with a worker or on the way to it: its arguments wait in the scheduler's memory.
_AHEAD = 3


class Part(NamedTuple):
    """Some rows of a batch, and where their forecasts go.

    Parameters
    ----------
    path : Path
    slots : xarray.Dataset
        Keys along ``forecast``.
    baselines : dict
        Vocabulary name -> values, shape (row,) or (row, threshold, window).
    """

    path: Path
    slots: xr.Dataset
    baselines: dict[str, NDArray[Any]]


def make_parts(
    config: ForecastConfig, digests: Mapping[str, str], wanted: Sequence[Path], parts: Iterator[Part]
) -> None:
    """Make the parts that are missing.

    Parameters
    ----------
    config : ForecastConfig
        ``cluster`` says who makes them; what they hold does not depend on it.
    digests : mapping
        Of the ``bundle`` and the ``archive``.
    wanted : sequence of Path
        Where the parts of the whole batch lie.
    parts : iterator of Part
        All of them, made when asked for.

    Raises
    ------
    InputError
        If the features differ from those the model was trained on.
    ConfigError
        If no worker starts.
    """
    # by path: a part that is there was written whole
    missing = {path for path in wanted if not path.exists()}
    if len(missing) < len(wanted):
        say(f"{len(wanted) - len(missing)} of {len(wanted)} parts taken from the run before")
    left = (part for part in parts if part.path in missing)
    with progress() as bars:
        bar = bars.add_task("forecasting", total=len(wanted), completed=len(wanted) - len(missing))
        done = _by_workers(config, digests, left) if config.cluster and missing else _here(config, digests, left)
        for _ in done:
            bars.advance(bar)


def _here(config: ForecastConfig, digests: Mapping[str, str], parts: Iterator[Part]) -> Iterator[None]:
    for part in parts:
        make_part(config, digests, part)
        yield


def _by_workers(config: ForecastConfig, digests: Mapping[str, str], parts: Iterator[Part]) -> Iterator[None]:
    from distributed import as_completed

    assert config.cluster is not None
    with dask_client(config.cluster) as client:

        def send() -> list[Any]:
            # pure=False: a rerun must not be answered from Dask's memory
            return [client.submit(make_part, config, digests, part, pure=False) for part in [next(parts, None)] if part]

        first = [future for _ in range(_AHEAD * config.cluster.workers) for future in send()]
        running = as_completed(first, loop=client.loop)
        for future in running:
            future.result()
            yield
            # one more for each that is done, so that parts are cut as they are needed
            running.update(send())


def make_part(config: ForecastConfig, digests: Mapping[str, str], part: Part) -> None:
    """Forecast one part and write it, whole or not at all.

    Parameters
    ----------
    config : ForecastConfig
    digests : mapping
        Of the ``bundle`` and the ``archive``.
    part : Part
    """
    bundle = _bundle(str(config.bundle), digests["bundle"])
    with remembering(_memory(str(config.archive), digests["archive"])):
        rows = forecast_rows(bundle, config, part.slots, part.baselines)
    with receipts.replacing(part.path) as partial:
        rows.to_netcdf(partial, engine="h5netcdf")


@functools.lru_cache(maxsize=1)
def _bundle(path: str, digest: str) -> Bundle:
    """Read a bundle once a process; the digest makes another content another bundle."""
    return load_bundle(path)


@functools.lru_cache(maxsize=1)
def _memory(archive: str, digest: str) -> dict[Any, Any]:
    """Keep what parts read of an archive, once a process: regions, flares and the columns that all of them ask for."""
    return {}
