"""SOHO/EIT images: exposure and roll; the level-0 camera offset is subtracted where it is given, never guessed.

SOHO turns upside down every three months since 2003: level-0 images keep the camera's orientation and tell SC_ROLL.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from sunproof.pipeline.sources.frames import Frame, Geometry, Observer
from sunproof.pipeline.sources.headers import facts_of, number, time_of
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.observer import limb_radius, observer_from_ecliptic, observer_on_earth
from sunproof.pipeline.sources.quality_bits import Verdict

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

_CHANNELS = (171, 195, 284, 304)
# EIT User's Guide: a camera pixel is 2.63 arcsec wide; 1996 headers give 2.62.
_PIXEL, _CAMERA = (2.6, 2.66), 1024
# Blocks of 32 x 32 pixels: one per cent of the camera, where AIA's images are rejected too.
_MOST_MISSING = 10
_NOTED = ("WAVELNTH", "FILTER", "OBJECT", "FILENAME", "SCI_OBJ", "SC_ROLL", "DATASRC", "DATE")


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    channel = int(number(header, "WAVELNTH", problems, 0.0))
    if channel not in _CHANNELS:
        problems.add("no channel of EIT", "WAVELNTH", channel, f"one of {_CHANNELS}")
    exposure = number(header, "EXPTIME", problems)
    if exposure <= 0:
        problems.add("no exposure", "EXPTIME", exposure, "seconds above zero")
    # DATE_OBS is the start; half the exposure later is the middle, which DATE-OBS of old files cannot tell (11-DEC-96).
    start = time_of(header.get("DATE_OBS"), "DATE_OBS", problems)
    geometry = _geometry(image, problems)
    problems.check()
    observer = _observer(header, start)
    verdict = _verdict(header, settings.eit_offset is not None)
    return Frame(
        image.data,
        "intensity",
        f"eit_{channel}",
        start + np.timedelta64(round(exposure * 5e5), "us"),
        geometry,
        observer,
        limb_radius(observer),
        scale=1.0 / exposure,
        # after the exposure: counts become a rate, and the offset with them
        offset=-(settings.eit_offset or 0.0) / exposure,
        exposure_time=exposure,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts_of(header, *_NOTED) | _stated(header, settings.eit_offset),
    )


def _geometry(image: FitsImage, problems: ProblemList) -> Geometry:
    """Read scale and centre, and turn by the spacecraft's roll, which EIT writes beside the standard keywords."""
    header = image.header
    scale, roll = number(header, "CDELT1", problems), math.radians(number(header, "SC_ROLL", problems, 0.0))
    # FITS counts pixel centres from 1, the geometry edges from 0
    centre = [number(header, f"CRPIX{axis}", problems) - 0.5 for axis in (1, 2)]
    camera = scale * image.data.shape[1] / _CAMERA
    if header.get("OBJECT") == "full FOV" and not _PIXEL[0] <= camera <= _PIXEL[1]:
        wanted = f"{_PIXEL[0]} to {_PIXEL[1]} arcsec on {_CAMERA} pixels"
        todo = "Was the image resampled without its header? Take the original."
        problems.add("pixel scale does not fit the full field", "CDELT1", scale, wanted, todo)
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    x0, y0 = -(cos * centre[0] - sin * centre[1]), -(sin * centre[0] + cos * centre[1])
    return Geometry(cos, -sin, x0, sin, cos, y0)


def _observer(header: Header, time: np.datetime64) -> Observer:
    vector = np.array([header.get(f"HEC_{axis}") or np.nan for axis in "XYZ"], np.float64)
    if np.isfinite(vector).all():
        return observer_from_ecliptic(vector * 1e3, time)
    # Files of 1996 give no vector. SOHO circles L1, 1 % nearer to the Sun than the Earth, within 0.3 degrees of it.
    earth = observer_on_earth(time)
    return earth._replace(distance=0.99 * earth.distance)


def _stated(header: Header, offset: float | None) -> dict[str, Any]:
    """Note what is and is not applied, and the clock's correction where the comments give one."""
    facts: dict[str, Any] = {"not_applied": "flat field, grid, response, clock correction"}
    if offset is None:
        facts["not_applied"] = f"camera offset (about 840 DN), {facts['not_applied']}"
    else:
        facts["camera_offset_dn"] = offset
    found = re.search(r"CORRECTED DATE_OBS\s*=\s*'([^']+)'", _comments(header))
    return facts | ({"corrected_date_obs": found[1]} if found else {})


def _comments(header: Header) -> str:
    return " ".join(str(line) for line in header.get("COMMENT", []))


def _verdict(header: Header, corrected: bool) -> Verdict:
    comments = _comments(header)
    flags = {} if corrected else {"camera_offset_included": False}
    if re.search(r"CAMERA_ERR\s*=\s*'yes'", comments):
        flags["camera_error"] = True
    found = re.search(r"N_MISSING_BLOCKS\s*=\s*(\d+)", comments)
    if found and int(found[1]):
        flags["blocks_missing"] = int(found[1]) > _MOST_MISSING
    return Verdict(-1, (), ()).also(flags)


SOURCE = ImageSource("eit", image_patterns("eit"), {"TELESCOP": "SOHO", "INSTRUME": "EIT"}, _interpret)
