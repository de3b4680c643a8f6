"""GONG full-disk magnetograms of a single site: the network's look at the Sun when no spacecraft has one.

The zero point of GONG's field drifts by some gauss between sites and with time; the facts say that it is not corrected.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sunproof.pipeline.sources.frames import Frame, Geometry
from sunproof.pipeline.sources.headers import facts_of, number, time_of
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.limb import blank_off_limb
from sunproof.pipeline.sources.observer import observer_on_earth
from sunproof.pipeline.sources.quality_bits import Verdict

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

_NOTED = ("SITE", "SITENAME", "VERSION", "ITIME", "N_USED", "FNDLMBMI", "FNDLMBMA", "P_ANGLE", "DATE")
_MUST_BE_TRUE = {"SUNUP": "sun_below_horizon", "VALID": "invalid", "GUIDE": "not_guided"}


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    if (unit := str(header.get("BUNIT", "")).strip().upper()) != "GAUSS":
        problems.add("no magnetogram in gauss", "BUNIT", unit, "GAUSS")
    start = time_of(f"{str(header.get('DATE-OBS', '')).strip()}T{header.get('TIME-OBS', '')}", "DATE-OBS", problems)
    exposure = number(header, "ITIME", problems)
    radius = math.degrees(number(header, "SEMIDIAM", problems)) * 3600
    geometry = _geometry(header, radius, problems)
    problems.check()
    verdict = _verdict(header)
    # the middle of the observation, as for spacecraft
    time = start + np.timedelta64(round(exposure * 5e5), "us")
    return Frame(
        blank_off_limb(image.data, geometry, radius),
        "magnetic_field",
        "gong_m",
        time,
        geometry,
        # A site lies at most one Earth radius beside the line from the Sun: 0.002 degrees.
        observer_on_earth(time),
        radius,
        exposure_time=exposure,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts_of(header, *_NOTED) | {"not_applied": "zero-point correction", "off_limb": "blank beyond the limb"},
    )


def _geometry(header: Header, radius: float, problems: ProblemList) -> Geometry:
    """Scale from the fitted limb: GONG writes pixels of the disk's axes, not degrees a pixel."""
    limb = [number(header, name, problems) for name in ("FNDLMBMI", "FNDLMBMA")]
    centre = [number(header, f"CRPIX{axis}", problems) - 0.5 for axis in (1, 2)]
    angle = math.radians(number(header, "P_ANGLE", problems, 0.0))
    if min(limb) <= 0:
        problems.add("no limb was found", "FNDLMBMI, FNDLMBMA", limb, "radii above zero, in pixels")
        limb = [math.nan, math.nan]
    x, y = radius / limb[0], radius / limb[1]
    matrix = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) @ np.diag([x, y])
    start = -matrix @ np.array(centre)
    return Geometry(*(float(v) for v in (*matrix[0], start[0], *matrix[1], start[1])))


def _verdict(header: Header) -> Verdict:
    flags = {flag: True for name, flag in _MUST_BE_TRUE.items() if header.get(name) is False}
    return Verdict(-1, (), ()).also(flags)


SOURCE = ImageSource("gong", image_patterns("gong"), {"TELESCOP": "NSO-GONG", "IMTYPE": "MAGNETIC"}, _interpret)
