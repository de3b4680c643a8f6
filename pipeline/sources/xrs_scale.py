"""Which satellite an XRS file is from, and on which scale its fluxes are: as declared, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.timescale import Times

__all__ = ["Fluxes", "processing_of", "satellite_of"]

_SATELLITE = re.compile(r"(?:^|_)g(\d{2})(?:_|$)|GOES[- ]?(\d{1,2})\s*$", re.IGNORECASE)
# From GOES-16 on SWPC does not scale: operational and science fluxes are the same (NOAA's GOES-R XRS L2 user guide).
_FIRST_TRUE = 16
_SCALES = ("science", "operational")


@dataclass(frozen=True)
class Fluxes:
    """What an XRS file holds; mappings are by channel, ``"a"`` and ``"b"``.

    Parameters
    ----------
    time : numpy.ndarray
        UTC, datetime64[ns].
    flux : mapping
        W m-2 as in the file, NaN where missing.
    words, usable : mapping
        Quality words (-1 without) and whether they let the sample pass.
    satellite : int
        GOES number.
    processing : {"science", "operational"}
        How the fluxes were made.
    simulated : bool
        Whether the file says that a synthetic Sun made it.
    """

    time: Times
    flux: Mapping[str, npt.NDArray[np.floating[Any]]]
    words: Mapping[str, npt.NDArray[np.int32]]
    usable: Mapping[str, npt.NDArray[np.bool_]]
    satellite: int
    processing: str
    simulated: bool = False

    @property
    def scaled(self) -> bool:
        """Whether operational fluxes of this satellite carry SWPC's factors."""
        return self.satellite < _FIRST_TRUE


def satellite_of(names: Iterable[str], problems: ProblemList) -> int:
    """GOES number from names like ``g15``, ``sci_gxrs-l2-irrad_g15_d20170910`` and ``GOES 15``; -1 with a problem."""
    given = [name for name in names if name.strip()]
    matches = [match for name in given if (match := _SATELLITE.search(name.strip()))]
    found = {int(match[1] or match[2]) for match in matches}
    if len(found) == 1:
        return found.pop()
    what = "names of several satellites" if found else "no satellite named"
    problems.add(what, "attributes platform and id, file name", given, "one, as in _g15_", "Keep NCEI's file name.")
    return -1


def processing_of(declared: str, known: str, satellite: int, problems: ProblemList) -> str:
    """How a file's fluxes were made.

    Parameters
    ----------
    declared : str
        What the file says outright (``goes_scale``), or empty.
    known : str
        What its provenance tells, or empty.
    satellite : int
        GOES number.
    problems : ProblemList
        Receives the problem where neither tells and it matters.
    """
    if declared and declared not in _SCALES:
        problems.add("unknown scale", "attribute goes_scale", declared, " or ".join(_SCALES))
    told = declared or known
    if not told and satellite < _FIRST_TRUE:
        problems.add(
            f"the file does not say on which scale its fluxes are, and those of GOES-{satellite} differ by 0.7",
            "attribute goes_scale",
            "nothing",
            " or ".join(_SCALES),
            "Declare it: ncatted -a goes_scale,global,o,c,operational FILE (GOESSCAL in a FITS header).",
        )
    return told or "operational"
