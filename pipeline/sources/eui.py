"""Solar Orbiter EUI images of the Full Sun Imager and the high-resolution imagers, level 1 (DN) and level 2 (DN/s)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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

_NOTED = ("TELESCOP", "LEVEL", "FILENAME", "FILTER", "VERSION", "VERS_SW", "ATT_SKD", "OBS_MODE", "NBIN", "DATE")
_UNITS = ("DN", "DN/s")


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    unit = str(header.get("BUNIT", "")).strip()
    if unit not in _UNITS:
        problems.add("unit is not read", "BUNIT", unit, f"one of {_UNITS}")
    channel = int(number(header, "WAVELNTH", problems, 0.0))
    exposure = number(header, "XPOSURE", problems)
    if exposure <= 0:
        problems.add("no exposure", "XPOSURE", exposure, "seconds above zero")
    time, geometry = middle_of(header, exposure, problems), geometry_of(header, problems)
    observer = observer_from_header(header, problems)
    problems.check()
    verdict = _verdict(header)
    telescope = re.sub(r"[^a-z]", "", str(header["TELESCOP"]).split("/")[-1].split("_")[0].lower())
    return Frame(
        image.data,
        "intensity",
        f"eui_{telescope}_{channel}",
        time,
        geometry,
        observer,
        limb_radius(observer),
        # Level 2 is a rate already.
        scale=1.0 / exposure if unit == "DN" else 1.0,
        exposure_time=exposure,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts_of(header, *_NOTED) | {"unit_in_file": unit},
    )


def _verdict(header: Header) -> Verdict:
    flags = {}
    if str(header.get("IMGTYPE", "")).strip().lower() != "solar image":
        flags["no_solar_image"] = True
    if str(header.get("DOOREXT", "open")).strip().lower().startswith("closed"):
        flags["door_closed"] = True
    if str(header.get("COMPLETE", "C")).strip() != "C":
        flags["incomplete"] = True
    return Verdict(-1, (), ()).also(flags)


SOURCE = ImageSource("eui", image_patterns("eui"), {"OBSRVTRY": "Solar Orbiter", "TELESCOP": "SOLO/EUI/"}, _interpret)
