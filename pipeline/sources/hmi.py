"""SDO/HMI full-disk line-of-sight magnetograms and continuum images, 45 s and 720 s.

The camera is mounted upside down: CROTA2 is about 180 degrees, and stays in the geometry until the frame is registered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sunproof.pipeline.sources.frames import Frame
from sunproof.pipeline.sources.headers import geometry_of, number, time_of
from sunproof.pipeline.sources.image_source import ImageSource, image_patterns
from sunproof.pipeline.sources.limb import blank_off_limb
from sunproof.pipeline.sources.sdo import header_facts, sdo_observer, utc_of, word_of
from sunproof.pipeline.sources.sdo_quality import HMI_QUALITY

if TYPE_CHECKING:
    from sunproof.pipeline.errors import ProblemList
    from sunproof.pipeline.ingest.fits_image import FitsImage
    from sunproof.pipeline.sources.image_source import ImageSettings

__all__ = ["SOURCE"]

# CONTENT and BUNIT of what is read -> archive group, quantity.
_PRODUCTS = {
    ("MAGNETOGRAM", "Gauss"): ("hmi_m", "magnetic_field"),
    ("CONTINUUM INTENSITY", "DN/s"): ("hmi_ic", "continuum"),
}
# The 720-s series are the reference; the others carry their cadence in the group's name.
_CADENCES = {45: "_45s", 720: ""}


def _interpret(image: FitsImage, settings: ImageSettings, problems: ProblemList) -> Frame:
    header = image.header
    product = (str(header.get("CONTENT", "")).strip(), str(header.get("BUNIT", "")).strip())
    if product not in _PRODUCTS:
        problems.add("product is not read", "CONTENT and BUNIT", product, f"one of {list(_PRODUCTS)}")
    cadence = int(number(header, "CADENCE", problems, 0.0))
    if cadence not in _CADENCES:
        problems.add("series is not read", "CADENCE", cadence, f"one of {list(_CADENCES)} seconds")
    # T_OBS is the middle of the observation and on TAI, unlike AIA's: 37 s apart since 2017.
    tai = time_of(header.get("T_OBS"), "T_OBS", problems, "TAI")
    verdict = word_of(header, HMI_QUALITY, "hmi", settings, problems)
    geometry, radius = geometry_of(header, problems), number(header, "RSUN_OBS", problems)
    time = utc_of(tai)
    observer = sdo_observer(header, time, problems)
    problems.check()
    group, quantity = _PRODUCTS[product]
    return Frame(
        blank_off_limb(image.data, geometry, radius),
        quantity,
        group + _CADENCES[cadence],
        time,
        geometry,
        observer,
        radius,
        t_tai=tai,
        quality=verdict.word,
        flags=verdict.flags,
        rejected_for=verdict.rejected_for,
        facts=header_facts(header) | {"off_limb": "blank beyond RSUN_OBS"},
    )


SOURCE = ImageSource("hmi", image_patterns("hmi"), {"TELESCOP": "SDO/HMI", "CTYPE1": "HPLN"}, _interpret)
