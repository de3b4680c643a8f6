"""GOES-R SUVI images, level 1b exposures and level 2 composites; both come in radiance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.sources.frames import Frame
from sunproof.pipeline.sources.headers import facts_of, geometry_of, middle_of, number
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.observer import limb_radius, observer_from_header
from sunproof.pipeline.sources.quality_bits import Verdict

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

_CHANNELS = (94, 131, 171, 195, 284, 304)
# Quality flag of a pixel with a spike (sunkit_instruments.suvi, which fills such pixels by smoothing).
_SPIKE = 4
_NOTED = ("TITLE", "LEVEL", "VERSION", "DATA_SRC", "NUM_IMGS", "MRG_MTHD", "FILENAME", "SAT_THR", "REF_IMG", "DATE")


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    nominal = number(header, "WAVELNTH", problems)
    # Level 1b writes the mean wavelength (93.9, 303.8), level 2 the channel's name.
    channel = next((name for name in _CHANNELS if abs(name - nominal) < 1), 0)
    if not channel:
        problems.add("no channel of SUVI", "WAVELNTH", nominal, f"one of {_CHANNELS}")
    if (unit := re.sub(r"[\s/()]", "", str(header.get("BUNIT", "")))) not in ("Wm-2sr-1", "Wsrm2"):
        problems.add("no radiance", "BUNIT", unit, "W m-2 sr-1")
    satellite = _satellite(header, problems)
    composite = "composite" in str(header.get("TITLE", "")).lower()
    # A composite is made of several exposures and has none of its own.
    exposure = float("nan") if composite else number(header, "EXPTIME", problems)
    time, geometry = middle_of(header, exposure, problems), geometry_of(header, problems)
    observer = observer_from_header(header, problems)
    problems.check()
    verdict = _verdict(header)
    data, noted = _without_spikes(image)
    return Frame(
        data,
        "radiance",
        f"suvi{satellite}_{channel}",
        time,
        geometry,
        observer,
        limb_radius(observer),
        exposure_time=exposure,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts_of(header, *_NOTED) | {"product": "composite" if composite else "exposure"} | noted,
    )


def _without_spikes(image: FitsImage) -> tuple[NDArray[Any], dict[str, Any]]:
    """Blank what level 1b flags as hit by particles; composites were cleaned, and files of 2017 have no flags."""
    if image.flags is None:
        return image.data, {}
    values, counts = np.unique(image.flags, return_counts=True)
    noted = {"pixel_flags": {str(value): int(count) for value, count in zip(values, counts, strict=True) if value}}
    spikes = image.flags == _SPIKE
    if not spikes.any():
        return image.data, noted
    return np.where(spikes, np.float32(np.nan), image.data).astype(np.float32), noted


def _satellite(header: Header, problems: ProblemList) -> int:
    """Tell the satellite, whose number stands in file names only."""
    found = re.search(r"[_-]g(1[6-9])_", str(header.get("FILENAME", "")), re.IGNORECASE)
    if not found:
        problems.add("satellite is not told", "FILENAME", header.get("FILENAME"), "a name with _g16_ to _g19_")
        return 0
    return int(found[1])


def _verdict(header: Header) -> Verdict:
    rejecting = {"EMPTY": True, "ECLIPSE": True, "DEGRADED": False}
    flags = {name.lower(): rejects for name, rejects in rejecting.items() if header.get(name)}
    return Verdict(-1, (), ()).also(flags)


SOURCE = ImageSource("suvi", image_patterns("suvi"), {"INSTRUME": "GOES-R Series Solar Ultraviolet Imager"}, _interpret)
