"""What the images of SDO have in common: observer, radius, quality word, header facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sunproof.pipeline.sources.frames import Observer
from sunproof.pipeline.sources.headers import facts_of, number
from sunproof.pipeline.sources.observer import AU, observer_from_ecliptic
from sunproof.pipeline.sources.quality_bits import QualityBits, Verdict
from sunproof.pipeline.sources.timescale import tai_to_utc

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["header_facts", "sdo_observer", "utc_of", "word_of"]

_NOTED = (
    "TELESCOP", "INSTRUME", "WAVELNTH", "LVL_NUM", "CAMERA", "CADENCE", "T_REC", "T_OBS", "DATE", "CODEVER7",
    "CALVER64", "CALVER32", "BLD_VERS", "FSN", "OBS_VR", "DATAVALS", "MISSVALS",
)  # fmt: skip


def sdo_observer(header: Header, time: np.datetime64, problems: ProblemList) -> Observer:
    """Place SDO: from its ecliptic vector, or from latitude and distance where a product dropped the vector."""
    vector = np.array([header.get(f"HAE{axis}_OBS") or np.nan for axis in "XYZ"], np.float64)
    if np.isfinite(vector).all() and not np.isnat(time):
        return observer_from_ecliptic(vector, time)
    # SDO circles the Earth at 42,000 km: seen from the Sun never more than 0.02 degrees beside it.
    latitude, distance = (number(header, name, problems) for name in ("CRLT_OBS", "DSUN_OBS"))
    return Observer(latitude, 0.0, distance / AU)


def utc_of(tai: np.datetime64) -> np.datetime64:
    """UTC of one TAI stamp; NaT stays NaT."""
    return np.datetime64(tai_to_utc(np.array([tai]))[0], "ns")


def word_of(header: Header, bits: QualityBits, name: str, settings: ImageSettings, problems: ProblemList) -> Verdict:
    """Decode QUALITY with the bits that the settings reject; a file without the word is a problem."""
    word = header.get("QUALITY")
    if isinstance(word, str):
        try:
            word = int(word, 16)
        except ValueError:
            word = None
    if not isinstance(word, int):
        problems.add("no quality word", "QUALITY", header.get("QUALITY"), "a whole number")
        return bits.decode(None)
    return bits.decode(word, settings.reject_bits.get(name))


def header_facts(header: Header) -> dict[str, Any]:
    """Keywords that a receipt keeps, as the file writes them."""
    return facts_of(header, *_NOTED)
