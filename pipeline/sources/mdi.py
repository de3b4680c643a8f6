"""SOHO/MDI full-disk magnetograms and continuum as JSOC delivers them (``mdi.fd_M_96m_lev182``, ``mdi.fd_Ic``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sunproof.pipeline.sources.frames import Frame, Observer
from sunproof.pipeline.sources.headers import facts_of, geometry_of, number, time_of
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.limb import blank_off_limb
from sunproof.pipeline.sources.observer import AU
from sunproof.pipeline.sources.quality_bits import QualityBits
from sunproof.pipeline.sources.sdo import utc_of, word_of

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

_PRODUCTS = {"gauss": ("mdi_m", "magnetic_field"), "arbitrary intensity units": ("mdi_ic", "continuum_relative")}
# The standard bits of MDI products (SOI, "MDI Standard Quality Bit Definitions", 2003); those from 16 on differ from
# product to product and keep their numbers. A record without an image has bit 31.
_BITS = {
    0: "telemetry_problem",
    1: "time_missing",
    2: "pixels_missing",
    3: "pixels_missing_1_percent",
    4: "pixels_missing_10_percent",
    5: "pixels_missing_50_percent",
    6: "pixels_missing_90_percent",
    7: "processing_error_on_board",
    8: "pointing_anomaly",
    9: "not_prime_60",
    10: "cosmic_rays",
    11: "unlikely_statistics",
    31: "no_data",
}
# Users of the SMARPs keep QUALITY < 262144 (Bobra et al. 2021, ApJS 256, 26); told by bits, because "no data" is the
# sign.
_QUALITY = QualityBits(names=_BITS, reject=frozenset(range(18, 32)))
# MDI's field is larger than HMI's by this factor (Liu et al. 2012, Sol. Phys. 279, 295). Noted, never applied here.
_MDI_OVER_HMI = 1.40
_NOTED = ("CONTENT", "T_REC", "T_OBS", "INTERVAL", "DATE", "BLD_VERS", "BLDVER18", "CALTBLS", "OBS_VR", "MISSVALS")


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    unit = str(header.get("BUNIT", "")).strip().lower()
    if unit not in _PRODUCTS:
        problems.add("product is not read", "BUNIT", header.get("BUNIT"), f"one of {list(_PRODUCTS)}")
    tai = time_of(header.get("T_OBS"), "T_OBS", problems, "TAI")
    verdict = word_of(header, _QUALITY, "mdi", settings, problems)
    geometry, radius = geometry_of(header, problems), number(header, "RSUN_OBS", problems)
    problems.check()
    time = utc_of(tai)
    observer = _observer(header, time, problems)
    problems.check()
    group, quantity = _PRODUCTS[unit]
    facts = facts_of(header, *_NOTED) | {"off_limb": "blank beyond RSUN_OBS"}
    if quantity == "magnetic_field":
        facts |= {"mdi_over_hmi": _MDI_OVER_HMI, "scale": "MDI's own: divide by mdi_over_hmi to compare with HMI"}
    return Frame(
        blank_off_limb(image.data, geometry, radius),
        quantity,
        group,
        time,
        geometry,
        observer,
        radius,
        exposure_time=number(header, "INTERVAL", problems, float("nan")),
        t_tai=tai,
        quality=verdict.word,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=facts,
    )


def _observer(header: Header, time: np.datetime64, problems: ProblemList) -> Observer:
    """SOHO writes its Carrington longitude; where the Earth's is at that time, sunpy knows."""
    import astropy.units as u
    from astropy.time import Time
    from sunpy.coordinates import HeliographicCarrington, HeliographicStonyhurst

    longitude, latitude, distance = (number(header, name, problems) for name in ("CRLN_OBS", "CRLT_OBS", "DSUN_OBS"))
    if problems:
        return Observer(latitude, longitude, distance / AU)
    when = Time(str(time), scale="utc")
    place = HeliographicCarrington(
        longitude * u.deg, latitude * u.deg, distance * u.m, obstime=when, observer="self"
    ).transform_to(HeliographicStonyhurst(obstime=when))
    return Observer(place.lat.deg, float(place.lon.wrap_at("180d").deg), float(place.radius.to_value(u.AU)))


SOURCE = ImageSource("mdi", image_patterns("mdi"), {"TELESCOP": "SOHO", "CONTENT": "MDI Full Disk"}, _interpret)
