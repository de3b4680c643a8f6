"""Units that a SHARP table may declare, and whether they are the vocabulary's."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY

__all__ = ["check_units"]

# Spellings of JSOC's hmi.sharp_cea_720s and of Bobra et al. 2014 (Sol. Phys. 289, 3549, Table 3), as `_simple` makes
# them.
# The gradients are labelled per Mm there and are per pixel in truth: both names mean the same numbers.
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Mx": ("mx", "maxwell", "maxwells"),
    "deg": ("deg", "degree", "degrees"),
    "G pix-1": ("gpix-1", "g/pix", "g/mm", "gmm-1", "gauss/mm", "gaussmm-1"),
    "mA m-2": ("mam-2", "ma/m2"),
    "A": ("a", "amp", "ampere", "amperes"),
    "G2 m-1": ("g2m-1", "g2/m", "gauss2/m"),
    "erg cm-3": ("ergcm-3", "erg/cm3", "ergs/cm3", "ergscm-3", "ergspercubiccentimeter", "ergspercubiccm"),
    "erg cm-1": ("ergcm-1", "erg/cm", "ergs/cm", "ergscm-1", "ergspercentimeter", "ergspercm"),
    "%": ("%", "percent"),
    "": ("1", "mx", "maxwell", "maxwells", "logmx", "dimensionless"),
    "1e-06": ("1e-06", "1e-6", "mh", "msh", "uhem", "microhemisphere", "microhemispheres", "mhemisphere"),
}


def check_units(units: Mapping[str, str], problems: ProblemList) -> None:
    """Hold declared units against the vocabulary.

    Parameters
    ----------
    units : mapping
        JSOC column name -> unit as declared; columns without a declared unit are left out or empty.
    problems : ProblemList
        Receives one problem a column whose unit is another one.
    """
    declared = {name.lower(): unit for name, unit in units.items()}
    for keyword in SHARP_KEYWORDS:
        wanted = VOCABULARY[keyword].unit
        got = declared.get(keyword, "")
        if got.strip() and _simple(got) not in _SPELLINGS[wanted]:
            todo = f"Convert the column to {wanted or 'pure numbers'}, or correct the declaration."
            problems.add("wrong unit", f"column {keyword.upper()}", got, wanted or "no unit", todo)


def _simple(unit: str) -> str:
    return re.sub(r"[\s()^*.]", "", unit).lower().replace("μ", "u").replace("µ", "u")
