"""PROBA2/SWAP level-1 images at 17.4 nm: calibrated, turned to solar north and divided by exposure time by the team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sunproof.pipeline.sources.frames import Frame
from sunproof.pipeline.sources.headers import facts_of, geometry_of, middle_of, number
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.observer import limb_radius, observer_from_header
from sunproof.pipeline.sources.quality_bits import Verdict

if TYPE_CHECKING:
    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

_NOTED = ("LEVEL", "CREATOR", "FILENAME", "OBS_MODE", "DATE", "TEMP1DET", "LOS_ALT")
# Below this tangent height the line of sight crosses the Earth's atmosphere and the Sun dims; the header writes
# 1,000,000 m for "no atmosphere".
_LOWEST_SIGHT = 500_000.0


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    if (unit := str(header.get("BUNIT", "")).strip()) != "DN/s/pixel":
        problems.add("not level 1", "BUNIT", unit, "DN/s/pixel", "Fetch level 1.")
    exposure = number(header, "EXPTIME", problems)
    time, geometry = middle_of(header, exposure, problems), geometry_of(header, problems)
    observer = observer_from_header(header, problems)
    sight = number(header, "LOS_ALT", problems, _LOWEST_SIGHT)
    problems.check()
    flags = {}
    if str(header.get("LED_POW", "off")).strip().lower() != "off":
        flags["calibration_lamp"] = True
    if sight < _LOWEST_SIGHT:
        flags["seen_through_atmosphere"] = True
    verdict = Verdict(-1, (), ()).also(flags)
    return Frame(
        image.data,
        "intensity",
        "swap_174",
        time,
        geometry,
        observer,
        limb_radius(observer),
        exposure_time=exposure,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts_of(header, *_NOTED),
    )


SOURCE = ImageSource("swap", image_patterns("swap"), {"TELESCOP": "PROBA2", "INSTRUME": "SWAP"}, _interpret)
