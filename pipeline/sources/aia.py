"""SDO/AIA level 1 and 1.5 images, EUV and UV: counts to DN/s, pointing and degradation where tables are given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sunproof.pipeline.errors import ProblemList
from sunproof.pipeline.sources.aia_tables import degradation, pointing
from sunproof.pipeline.sources.frames import Frame
from sunproof.pipeline.sources.headers import geometry_of, number, time_of
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.sdo import header_facts, sdo_observer, word_of
from sunproof.pipeline.sources.sdo_quality import AIA_QUALITY

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

_CHANNELS = (94, 131, 171, 193, 211, 304, 335, 1600, 1700, 4500)


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    channel = int(number(header, "WAVELNTH", problems, 0.0))
    if channel not in _CHANNELS:
        problems.add("no channel of AIA", "WAVELNTH", channel, f"one of {_CHANNELS}")
    level = number(header, "LVL_NUM", problems)
    if level < 1:
        problems.add("raw image", "LVL_NUM", level, "level 1 or 1.5", "Fetch level 1, which has its flat field.")
    time = time_of(header.get("T_OBS"), "T_OBS", problems)
    verdict = word_of(header, AIA_QUALITY, "aia", settings, problems)
    exposure = number(header, "EXPTIME", problems)
    if exposure <= 0:
        problems.add("no exposure", "EXPTIME", exposure, "seconds above zero", "A dark image? It holds no Sun.")
    observer, radius = sdo_observer(header, time, problems), number(header, "RSUN_OBS", problems)
    geometry = geometry_of(header, problems)
    problems.check()
    frame = Frame(
        image.data,
        "intensity",
        f"aia_{channel}",
        time,
        geometry,
        observer,
        radius,
        # counts to a rate: exposures of one channel differ by a factor of a hundred
        scale=1.0 / exposure,
        exposure_time=exposure,
        quality=verdict.word,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=header_facts(header),
    )
    return _corrected(_pointed(frame, header, channel, settings), channel, settings)


def _pointed(frame: Frame, header: Header, channel: int, settings: ImageSettings) -> Frame:
    """Replace the header's pointing; images of level 1.5 were resampled onto their own."""
    if settings.aia_pointing is None or header["LVL_NUM"] >= 1.5:
        return frame.with_facts(pointing="header")
    row, facts = pointing(settings.aia_pointing, channel, frame.time)
    # As in aiapy.calibrate.update_pointing: the roll of the spacecraft comes on top of the telescope's.
    updated = header.copy()
    updated.update(CRPIX1=row.crpix1, CRPIX2=row.crpix2, CDELT1=row.cdelt, CDELT2=row.cdelt)
    updated["CROTA2"] = row.inst_rot + header["SAT_ROT"]
    # A PC matrix would win over CROTA2, and hold the old roll.
    updated.remove("PC?_?", ignore_missing=True, remove_all=True)
    geometry = geometry_of(updated, ProblemList("pointing table"))
    return replace(frame, geometry=geometry).with_facts(pointing=facts)


def _corrected(frame: Frame, channel: int, settings: ImageSettings) -> Frame:
    if settings.aia_degradation is None:
        return frame.with_facts(degradation="not corrected: no table was given")
    factor, facts = degradation(settings.aia_degradation, channel, frame.time)
    flags = ("degradation_extrapolated",) if facts["days_beyond_table"] else ()
    return replace(frame, scale=frame.scale / factor, flags=frame.flags + flags).with_facts(degradation=facts)


SOURCE = ImageSource("aia", image_patterns("aia"), {"TELESCOP": "SDO/AIA", "INSTRUME": "AIA_?[1-4]"}, _interpret)
