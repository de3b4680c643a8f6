"""Hinode/XRT images, level 0 and 1; the archive group names both filter wheels (``xrt_be_thin_open``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sunproof.pipeline.sources.frames import Frame, Observer
from sunproof.pipeline.sources.headers import facts_of, geometry_of, middle_of, number
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.observer import AU, limb_radius
from sunproof.pipeline.sources.quality_bits import Verdict

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

_NOTED = ("DATA_LEV", "EC_FW1_", "EC_FW2_", "CHIP_SUM", "VER_RF0", "VER_RF1", "FILEORIG", "DATE", "AEC_FLG")


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header.copy()
    # XRT writes the axes as SolarSoft named them, and means helioprojective.
    header.update({f"CTYPE{axis}": f"{name}-TAN" for axis, name in ((1, "HPLN"), (2, "HPLT"))})
    exposure = number(header, "EXPTIME", problems)
    if exposure <= 0:
        problems.add("no exposure", "EXPTIME", exposure, "seconds above zero")
    wheels = [str(header.get(f"EC_FW{wheel}_", "")).strip() for wheel in (1, 2)]
    if not all(wheels):
        problems.add("filters are not told", "EC_FW1_ and EC_FW2_", wheels, "two names")
    time, geometry = middle_of(header, exposure, problems), geometry_of(header, problems)
    # Hinode circles the Earth at 700 km: seen from the Sun it stands where the Earth does.
    latitude, distance = (number(header, name, problems) for name in ("SOLAR_B0", "DSUN_OBS"))
    problems.check()
    observer = Observer(latitude, 0.0, distance / AU)
    # Level 1 may be divided by its exposure already, which its history alone tells.
    normalised = any("Normalized from" in str(line) for line in header.get("HISTORY", []))
    verdict = _verdict(header)
    facts = facts_of(header, *_NOTED) | {"normalised_in_file": normalised}
    return Frame(
        image.data,
        "intensity",
        "xrt_" + re.sub(r"[^a-z0-9]+", "_", "_".join(wheels).lower()),
        time,
        geometry,
        observer,
        limb_radius(observer),
        scale=1.0 if normalised else 1.0 / exposure,
        exposure_time=exposure,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts,
    )


def _verdict(header: Header) -> Verdict:
    flags = {}
    if header.get("DATA_LEV") == 0:
        flags["dark_not_subtracted"] = False
    if str(header.get("EC_IMTY_", "normal")).strip() != "normal":
        flags["no_normal_exposure"] = True
    if header.get("E_SH_ERR", 0):
        flags["shutter_error"] = True
    if str(header.get("SAA", "OUT")).strip().upper() == "IN":
        flags["south_atlantic_anomaly"] = False
    return Verdict(-1, (), ()).also(flags)


SOURCE = ImageSource("xrt", image_patterns("xrt"), {"TELESCOP": "HINODE", "INSTRUME": "XRT"}, _interpret)
