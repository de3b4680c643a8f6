"""Whole folders of Flare Scoreboard submissions: in as one batch, and a batch of ours out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.forecasting.contract import check_forecasts
from sunproof.pipeline.forecasting.exchange import from_submissions, read_submissions, to_submissions, write_submissions
from sunproof.pipeline.forecasting.formats.base import Submission

__all__ = ["export", "read_scoreboard"]


def read_scoreboard(path: str | Path, goes_scale: str, method: str = "", quantum: float = 0.0) -> xr.Dataset:
    """Read one file, or every file of a folder, of any known format.

    Parameters
    ----------
    path : str or Path
        File, or folder in any depth; hidden files and receipts are left alone.
    goes_scale : str
        Scale of the classes; the files do not state it.
    method : str
        Keep this method's submissions; needed where a folder holds several.
    quantum : float
        Rounding step of the probabilities as a fraction; 0 where unknown.

    Returns
    -------
    xarray.Dataset
        A batch as `from_submissions` gives it.

    Raises
    ------
    InputError
        With the problems of every file; for a submission that occurs twice; if the method has none.
    """
    path = Path(path)
    found: list[tuple[Path, Submission]] = []
    bad: list[Problem] = []
    for file in _files(path):
        try:
            found += [(file, item) for item in read_submissions(file)]
        except InputError as error:
            bad += error.problems
    # all bad files at once, not one a run
    if bad:
        raise InputError(bad)
    kept = [(file, item) for file, item in found if method in ("", item.method)]
    problems = ProblemList(str(path))
    if not kept:
        problems.add("no submission", "method", sorted({item.method for _, item in found}), method or "any method")
    _note_twice(kept, problems)
    problems.check()
    batch = from_submissions([item for _, item in kept], goes_scale)
    return batch.assign_attrs(probability_quantum=quantum, simulated=0)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return [file for file in files if not file.name.startswith(".") and not file.name.endswith(".receipt.json")]


def _note_twice(kept: Sequence[tuple[Path, Submission]], problems: ProblemList) -> None:
    def key(item: Submission) -> tuple[object, ...]:
        return item.method, item.issue_time, item.start, item.end

    for twice, number in Counter(key(item) for _, item in kept).items():
        if number > 1:
            names = sorted({file.name for file, item in kept if key(item) == twice})
            problems.add(
                "submission occurs more than once",
                f"issue time {twice[1]}, window from {twice[2]}",
                names,
                "one file a method, issue time and window",
                "Keep the one that counts: nothing tells which is the correction.",
            )


def export(forecasts: str, kind: str, folder: str, method: str) -> int:
    """Write a batch of forecasts as submissions (``sunproof forecasts export``).

    Parameters
    ----------
    forecasts : str
        ``forecasts.nc``.
    kind : str
        ``ccmc_txt``, ``ccmc_xml`` or ``ccmc_json``.
    folder : str
        Where to; created if need be.
    method : str
        Identifier under which the method is registered.

    Returns
    -------
    int
        0.

    Raises
    ------
    InputError, ConfigError
        If the file is no batch of forecasts, its semantics are unknown, or there is no such format.
    """
    try:
        batch = xr.load_dataset(forecasts, engine="h5netcdf", decode_timedelta=False)
    except (OSError, ValueError) as error:
        # what HDF5 says of it fills five lines
        got = str(error).partition("(")[0].strip()
        raise InputError(Problem("not readable as netCDF", forecasts, got, "a file of sunproof forecast")) from error
    submissions = to_submissions(check_forecasts(batch, forecasts), method)
    paths = write_submissions(submissions, folder, kind)
    say(f"{folder}: {len(paths)} files, {len(submissions)} submissions of {method}")
    return 0
