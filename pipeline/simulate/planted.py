"""Faults planted for the demo, each labelled as planted in the file that holds it: an audit has to find them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.simulate.images.recorder import LABELS
from sunproof.pipeline.simulate.instruments.base import write_text

if TYPE_CHECKING:
    import xarray as xr

    from sunproof.pipeline.simulate.config import FaultsConfig

__all__ = ["FOREIGN_MODEL", "corrupt_records", "foreign_table", "planted_frames", "planted_records"]

FOREIGN_MODEL = "fictitious service (simulated, faults planted)"
# Every so many rows of the foreign table carry a fault.
_EVERY = 6
# Services issue no smaller and no larger values than these, for C, M and X: nobody is sure.
_LOWEST, _HIGHEST = np.array([0.05, 0.02, 0.002]), 0.999
_FAULTS = ("M and X exchanged", "48 h and 24 h exchanged", "percent taken for a fraction")
# Net current helicity as it would be had somebody multiplied by the length of a kilometre instead of a metre.
_FACTOR = 1000.0


def foreign_table(truth: xr.Dataset, start: np.datetime64, path: Path) -> list[str]:
    """Write the table of a fictitious service: the simulator's own probabilities, with faults planted into some rows.

    Parameters
    ----------
    truth : xarray.Dataset
        True probabilities, as `sunproof.pipeline.simulate.truth` computes them.
    start : numpy.datetime64
        First issue time of the table.
    path : Path
        CSV file, one row a full-disk forecast; the column ``planted`` names the fault or is empty.

    Returns
    -------
    list of str
        The planted fault of each row.
    """
    rows = np.flatnonzero((truth["entity"].values == "full_disk") & (truth["issue_time"].values >= start))
    probability = np.clip(truth["probability"].values[rows], _LOWEST[:, None], _HIGHEST)
    issue = pd.DatetimeIndex(truth["issue_time"].values[rows])
    names = [_FAULTS[(index // _EVERY) % 3] if index % _EVERY == _EVERY - 1 else "" for index in range(len(rows))]
    for index, fault in enumerate(names):
        probability[index] = _faulty(probability[index], fault)
    table = pd.DataFrame({"issue_time": issue.strftime("%Y-%m-%dT%H:%M:%S")})
    for row, letter in enumerate("CMX"):
        for column, window in enumerate((24, 48, 72)):
            table[f"{letter}{window}"] = np.round(probability[:, row, column], 4)
    write_text(path, table.assign(planted=names).to_csv(index=False, lineterminator="\n"), planted="see column planted")
    return names


def _faulty(probability: npt.NDArray[np.float64], fault: str) -> npt.NDArray[np.float64]:
    if fault == "M and X exchanged":
        return probability[[0, 2, 1], :]
    if fault == "48 h and 24 h exchanged":
        return probability[:, [1, 0, 2]]
    return probability * 100.0 if fault else probability


def corrupt_records(table: pd.DataFrame, config: FaultsConfig) -> pd.Series[str]:
    """Multiply the net current helicity of some patches by a thousand for a while, in place.

    Parameters
    ----------
    table : pandas.DataFrame
        SHARP records with JSOC's columns, of all patches.
    config : FaultsConfig

    Returns
    -------
    pandas.Series
        What was planted into each record, for the head of its file; empty for all others.
    """
    planted = pd.Series("", index=table.index, dtype=object)
    if config.after is None:
        return planted
    stamps = pd.to_datetime(table["T_REC"].str[:19], format="%Y.%m.%d_%H:%M:%S")
    first = stamps.groupby(table["HARPNUM"]).min()
    length = stamps.groupby(table["HARPNUM"]).max() - first
    half = pd.Timedelta(hours=config.hours / 2)
    # Patches that appear after the date and last long enough for clean records on both sides.
    chosen = first[(first >= config.after) & (length >= 6 * half)].index[: config.patches]
    for harpnum in chosen:
        middle = (first[harpnum] + length[harpnum] / 2).floor("h")
        rows = (table["HARPNUM"] == harpnum) & (stamps > middle - half) & (stamps <= middle + half)
        table.loc[rows, "ABSNJZH"] *= _FACTOR
        planted[rows] = f"HARP {harpnum}, ABSNJZH times {_FACTOR:g}, {middle - half} to {middle + half} TAI"
    return planted


def planted_records(folder: Path) -> pd.DataFrame:
    """List what the heads of SHARP files declare as planted.

    Parameters
    ----------
    folder : Path
        Raw folder of the SHARP files.

    Returns
    -------
    pandas.DataFrame
        Columns ``what``, ``harpnum``, ``start`` and ``end`` (TAI), one row a fault.
    """
    heads = (path.read_text(encoding="utf-8").split("T_REC", 1)[0] for path in sorted(folder.glob("*.csv")))
    lines = [line for head in heads for line in head.splitlines() if line.startswith("# planted: ")]
    texts = sorted({text for line in lines for text in line.removeprefix("# planted: ").split("; ")})
    parts = pd.Series(texts, dtype=object).str.extract(r"^HARP (?P<harpnum>\d+), .*, (?P<start>.*) to (?P<end>.*) TAI$")
    return pd.DataFrame(
        {
            "what": texts,
            "harpnum": parts["harpnum"].astype(int),
            "start": pd.to_datetime(parts["start"]),
            "end": pd.to_datetime(parts["end"]),
        }
    )


def planted_frames(raw: Path) -> dict[str, str]:
    """List the images with a planted fault.

    Parameters
    ----------
    raw : Path
        Folder of all raw files.

    Returns
    -------
    dict
        File, relative to ``raw`` -> fault.
    """
    return {
        f"{path.parent.name}/{name}": fault
        for path in sorted(raw.glob(f"*/{LABELS}"))
        for name, fault in json.loads(path.read_text(encoding="utf-8")).items()
    }
