"""STEREO-A and -B SECCHI/EUVI level-0 images: bias and exposure, as far as the header alone allows.

SolarSoft's ``secchi_prep`` also corrects vignetting, filter transmission and response; it has no counterpart in Python,
and the facts say that these are not applied.
"""

from __future__ import annotations

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

_CHANNELS = (171, 195, 284, 304)
_NOTED = ("OBSRVTRY", "WAVELNTH", "FILTER", "FILENAME", "DATE", "BIASMEAN", "OFFSETCR", "IPSUM", "COMPFACT", "NMISSING")

# Blocks of 64 x 64 pixels: one per cent of the camera, where AIA's images are rejected too.
_MOST_MISSING = 10


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    channel = int(number(header, "WAVELNTH", problems, 0.0))
    if channel not in _CHANNELS:
        problems.add("no channel of EUVI", "WAVELNTH", channel, f"one of {_CHANNELS}")
    if (unit := str(header.get("BUNIT", "")).strip()) != "DN":
        problems.add("not level 0", "BUNIT", unit, "DN", "Calibrated files would have their bias subtracted twice.")
    exposure = number(header, "EXPTIME", problems)
    if exposure <= 0:
        problems.add("no exposure", "EXPTIME", exposure, "seconds above zero")
    time, geometry = middle_of(header, exposure, problems), geometry_of(header, problems)
    observer, bias = observer_from_header(header, problems), _bias(header, problems)
    problems.check()
    verdict = _verdict(header)
    facts = facts_of(header, *_NOTED)
    facts |= {"bias": bias, "not_applied": "vignetting, filter transmission, response"}
    return Frame(
        image.data,
        "intensity",
        f"euvi_{header['OBSRVTRY'].strip()[-1].lower()}_{channel}",
        time,
        geometry,
        observer,
        limb_radius(observer),
        scale=1.0 / exposure,
        offset=-bias / exposure,
        exposure_time=exposure,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts,
    )


def _bias(header: Header, problems: ProblemList) -> float:
    """Mean of the camera's bias in the image's counts (SolarSoft, ``get_biasmean.pro``)."""
    if number(header, "OFFSETCR", problems, 0.0) > 0:
        return 0.0  # subtracted on board
    # Pixels that were summed in software by 2^(IPSUM - 1) a side hold the bias of all of them.
    return number(header, "BIASMEAN", problems) * 4 ** (number(header, "IPSUM", problems, 1.0) - 1)


def _verdict(header: Header) -> Verdict:
    flags = {}
    # SECCHI moves whole blocks: a few lost ones are no reason to lose the image
    if header.get("NMISSING", 0):
        flags["blocks_missing"] = header["NMISSING"] > _MOST_MISSING
    if str(header.get("LEDCOLOR", "NONE")).strip().upper() not in ("NONE", ""):
        flags["calibration_lamp"] = True
    if str(header.get("SEB_PROG", "NORMAL")).strip().upper() not in ("NORMAL", "SERIES", "DOUBLE"):
        flags["no_normal_exposure"] = True
    return Verdict(-1, (), ()).also(flags)


SOURCE = ImageSource(
    "euvi", image_patterns("euvi"), {"INSTRUME": "SECCHI", "DETECTOR": "EUVI", "OBSRVTRY": "STEREO_[AB]"}, _interpret
)
