"""JSOC's list of HARPs with NOAA regions: ``HARPNUM NOAA_ARS``, one HARP a line."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.base import FileSource, Layout
from sunproof.pipeline.sources.records import NAMED
from sunproof.pipeline.sources.text import facts_of, read_text

__all__ = ["SOURCE"]

_LAYOUT = Layout("table", "record", ("harpnum", "noaa_ar"))
_LINE = re.compile(r"\s*(\d+)\s+(\d{5}(?:\s*,\s*\d{5})*)\s*")


def _read(path: Path) -> xr.Dataset:
    text = read_text(path)
    problems = ProblemList(str(path))
    pairs: list[tuple[int, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#") or line.split()[0].upper() == "HARPNUM":
            continue
        match = _LINE.fullmatch(line)
        if match:
            pairs += [(int(match[1]), int(region)) for region in match[2].split(",")]
        elif len(problems.problems) < NAMED:
            problems.add("not a HARP and its regions", f"line {number}", line, "like: 13299 14100,14101")
    problems.check()
    harps, regions = np.array(pairs, dtype=np.int32).reshape(-1, 2).T
    simulated = {"simulated": 1} if facts_of(text).get("simulated") == "1" else {}
    return xr.Dataset({"harpnum": ("record", harps), "noaa_ar": ("record", regions)}, attrs=simulated)


SOURCE = FileSource("harp_noaa", _LAYOUT, ("harp_noaa/**/*.txt", "harp_noaa/**/*.txt.gz"), _read)
