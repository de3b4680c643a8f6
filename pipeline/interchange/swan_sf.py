"""SWAN-SF, space-weather analytics for solar flares (Angryk et al. 2020, Sci. Data 7, 227).

Slices of 60 SHARP records, 12 minutes apart, in five partitions that do not overlap in time; each file's name says
which flare followed. Slices of a region overlap, so a record stands in up to twelve files: here it stands once, in the
group ``sharp``, and the slices become samples.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.interchange.base import Piece
from sunproof.pipeline.interchange.swan_files import Slice, parse_name, read_slice
from sunproof.pipeline.interchange.swan_samples import make_samples
from sunproof.pipeline.sources.base import Layout
from sunproof.pipeline.sources.cells import floats
from sunproof.pipeline.sources.sharp import frame_to_dataset
from sunproof.pipeline.sources.timescale import parse_times
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, describe

__all__ = ["INTERCHANGE"]

# The 24 physical columns: 16 of the 17 SHARP keywords, and the Lorentz force and twist.
_KEYWORDS = tuple(name.upper() for name in SHARP_KEYWORDS if name != "area_acr")
_FURTHER = ("TOTBSQ", "TOTFX", "TOTFY", "TOTFZ", "EPSX", "EPSY", "EPSZ", "MEANALP")
_BORDERS = {"latitude": ("LAT_MIN", "LAT_MAX"), "longitude": ("LON_MIN", "LON_MAX")}
_PLACES = [*(name for pair in _BORDERS.values() for name in pair), "CRVAL1"]
_COLUMNS = [*_KEYWORDS, *_FURTHER, *_PLACES, "QUALITY", "NOAA_AR"]
# Flares and X-ray flux during the slice, the trust flag, and the disk centre's longitude are not carried over.
_LEFT_OUT = "CRLN_OBS, IS_TMFI, BFLARE, CFLARE, MFLARE, XFLARE with their labels and _LOC columns, XR_MAX, XR_QUAL"
_NAMED = 10


class _SwanSf:
    name = "swan_sf"
    layout = Layout("table", "record", ("harpnum", "time"))

    def find(self, root: Path) -> list[Piece]:
        """List the slices: one piece a partition, folder and region."""
        problems = ProblemList(str(root))
        members: dict[str, list[Slice]] = defaultdict(list)
        for path in sorted(root.rglob("*.csv")):
            relative = path.relative_to(root).as_posix()
            found = parse_name(relative, problems)
            if found is not None:
                members[f"{relative.rpartition('/')[0]}/ar{found.region}"].append(found)
        if problems:
            raise InputError([*problems][:_NAMED])
        if not members:
            wanted = "partition<n>/{FL,NF}/<class>_ar<n>_s<time>_e<time>.csv"
            raise InputError(Problem("nothing of SWAN-SF", str(root), "no CSV file", wanted))
        return [
            Piece("sharp", path, root, tuple(item.path for item in slices), tuple(list(item) for item in slices))
            for path, slices in sorted(members.items())
        ]

    def read(self, piece: Piece) -> xr.Dataset:
        """Read the records of a region, each once however many slices hold it."""
        slices = [Slice(*item) for item in piece.content]
        problems = ProblemList(piece.path)
        frames = [read_slice(piece.root / item.path, item, _COLUMNS, problems) for item in slices]
        problems.check()
        frame = pd.concat(frames, ignore_index=True).drop_duplicates()
        frame = frame.iloc[np.argsort(parse_times(frame["Timestamp"], problems, "Timestamp", "TAI"))]
        _check_contradictions(frame, problems)
        missing = [name for name in (*_KEYWORDS, *_FURTHER) if name not in frame]
        if missing:
            problems.add("columns are missing", "", missing, "the 24 physical columns")
        problems.check()
        return _records(frame.reset_index(drop=True), slices[0], piece.path, sum(map(len, frames)))

    def samples(self, pieces: list[Piece]) -> xr.Dataset:
        """Turn the slices into samples: labels from the file names, blocks from the partitions."""
        return make_samples([Slice(*item) for piece in pieces for item in piece.content])


def _check_contradictions(frame: pd.DataFrame, problems: ProblemList) -> None:
    """Identical records of several slices are gone by now: whatever shares its time differs."""
    for time in frame["Timestamp"][frame["Timestamp"].duplicated()].unique()[:_NAMED]:
        rows = frame[frame["Timestamp"] == time]
        differing = [str(name) for name in frame if rows[name].nunique(dropna=False) > 1]
        problems.add("slices differ about one record", str(time), differing, "equal values", "Get the files again.")


def _records(frame: pd.DataFrame, first: Slice, where: str, rows: int) -> xr.Dataset:
    problems = ProblemList(where)
    numbers = {name: floats(frame[name], problems, name) for name in (*_FURTHER, *_PLACES) if name in frame}
    problems.check()
    table = frame.rename(columns={"Timestamp": "T_REC"}).assign(HARPNUM=first.region)
    for centre, (low, high) in zip(("LAT_FWT", "LON_FWT"), _BORDERS.values(), strict=True):
        if low in numbers and high in numbers:  # the middle of the patch, not its flux-weighted centre
            table[centre] = (numbers[low] + numbers[high]) / 2
    facts = {
        "data_set": "SWAN-SF",
        "time_scale": "Timestamp is taken as the SHARP record time, TAI",
        "units": "not declared in the files; those of the SHARP keywords",
        "left_out": _LEFT_OUT,
        "rows": rows,
    }
    dataset = frame_to_dataset(table, where).assign_attrs(facts)
    for name in _FURTHER:
        dataset[name.lower()] = ("record", numbers[name].astype(np.float32))
    if "CRVAL1" in numbers:
        dataset["carrington_longitude"] = ("record", np.mod(numbers["CRVAL1"], 360.0).astype(np.float32))
    dataset["partition"] = ("record", np.full(dataset.sizes["record"], first.partition, np.int32))
    return describe(dataset)


INTERCHANGE = _SwanSf()
