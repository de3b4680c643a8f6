"""The parts of an audit: done in turn or by Dask workers, each kept in a file, so that a killed run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.kit import Kit
from sunproof.pipeline.auditing.questions import Task, answer
from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.console import progress, say
from sunproof.pipeline.leftovers import claim
from sunproof.pipeline.receipts import replacing

__all__ = ["in_parts"]

Columns = Mapping[str, NDArray[np.float64]]


def in_parts(folder: Path, cluster: ClusterConfig | None) -> Callable[[Kit, xr.Dataset, Sequence[Task]], list[Columns]]:
    """Give a runner for `sunproof.pipeline.auditing.questions.question`.

    What a part gives depends on nothing but its rows, so that one worker or many, or a run that was killed and went
    on, end with the same bytes.

    Parameters
    ----------
    folder : Path
        Where the parts lie; named after everything that decides their content.
    cluster : ClusterConfig or None
        Workers; None does the parts in turn, in this process.

    Returns
    -------
    callable
        Takes the kit, the batch and the tasks, and gives the columns of each task.
    """

    def run(kit: Kit, forecasts: xr.Dataset, tasks: Sequence[Task]) -> list[Columns]:
        claim(folder)
        paths = [folder / f"{number:05d}-{task.kind}.npz" for number, task in enumerate(tasks)]
        missing = [place for place, path in enumerate(paths) if not path.exists()]
        if len(missing) < len(tasks):
            say(f"{len(tasks) - len(missing)} of {len(tasks)} parts taken from the run before")
        work = [(forecasts.isel(forecast=tasks[place].rows), tasks[place].kind, paths[place]) for place in missing]
        if cluster is None or not work:
            with progress() as bars:
                for item in bars.track(work, description="asking"):
                    keep(kit, *item)
        else:
            _with_workers(kit, work, cluster)
        return [_Part(path) for path in paths]

    return run


def keep(kit: Kit, keys: xr.Dataset, kind: str, path: Path) -> None:
    """Do one part and write its columns, whole or not at all."""
    columns = answer(kit, keys, kind)
    with replacing(path) as partial, partial.open("wb") as stream:
        np.savez(stream, **columns)  # type: ignore[arg-type]


def _with_workers(kit: Kit, work: Sequence[tuple[xr.Dataset, str, Path]], cluster: ClusterConfig) -> None:
    from distributed import as_completed

    with dask_client(cluster) as client, progress() as bars:
        # sent once to each worker: a model of many megabytes must not travel with every part
        sent = client.scatter(kit, broadcast=True)
        futures = [client.submit(keep, sent, *item, pure=False) for item in work]
        bar = bars.add_task("asking", total=len(futures))
        for future in as_completed(futures, loop=client.loop):
            future.result()
            bars.advance(bar)


class _Part(Mapping[str, NDArray[np.float64]]):
    """Columns of a part, each read when it is asked for: maps of a batch need not fit into memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with np.load(path) as arrays:
            self._names = list(arrays.files)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        with np.load(self._path) as arrays:
            return np.asarray(arrays[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
