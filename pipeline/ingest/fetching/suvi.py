"""SUVI images from NOAA's listings, a folder a satellite, channel and day.

The folders are those of sunpy's `SUVIClient`, which takes a listing that failed with HTTP 500 or 503 for an empty one;
here it is asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.attempts import Absent
from sunproof.pipeline.ingest.fetching.config import SearchConfig
from sunproof.pipeline.ingest.fetching.image_check import check_image
from sunproof.pipeline.ingest.fetching.jobs import Job, first_of_slots, periods
from sunproof.pipeline.ingest.fetching.transfer import download, page

__all__ = ["suvi_jobs"]

_CHANNELS = (94, 131, 171, 195, 284, 304)
# Start of the exposure: level 2 with month and day, level 1b with the day of the year and tenths of a second.
_LEVELS = {
    "2": (r"dr_suvi-l2-ci{wave:03d}_g{satellite}_s(\d{{8}}T\d{{6}})Z_e\w+_v[\d-]+\.fits", "%Y%m%dT%H%M%S"),
    "1b": (
        r"OR_SUVI-L1b-{element}{wave:03d}_G{satellite}_s(\d{{13}})\d_e\d+_c\d+\.fits\.gz",
        "%Y%j%H%M%S",
    ),
}


def suvi_jobs(config: FetchConfig) -> Iterator[Job]:
    """List the files of every satellite, channel and day, one a slot.

    Raises
    ------
    FetchError
        If a listing cannot be read. A day without a listing has no data.
    """
    search = config.images.searches.get("suvi", SearchConfig())
    for start, end in periods(config.start, config.end, "day"):
        for satellite in search.satellites:
            for wave in search.wavelengths or _CHANNELS:
                folder = _folder(config, search, satellite, wave) + f"{start:%Y/%m/%d}/"
                for time, name in first_of_slots(
                    _files(config, search, folder, satellite, wave), search.cadence_seconds
                ):
                    if config.start <= time < config.end:
                        get = partial(_get, config, folder + name)
                        yield Job("suvi", f"suvi/goes{satellite}/{start:%Y/%m/%d}/{name}", folder + name, end, get)


def _element(wave: int) -> str:
    """Ion that dominates the channel, as level 1b names it."""
    return "He" if wave == 304 else "Fe"


def _folder(config: FetchConfig, search: SearchConfig, satellite: int, wave: int) -> str:
    kind = (
        f"l2/data/suvi-l2-ci{wave:03d}" if search.level == "2" else f"l1b/suvi-l1b-{_element(wave).lower()}{wave:03d}"
    )
    return f"{config.images.suvi_url}goes{satellite}/{kind}/"


def _files(
    config: FetchConfig, search: SearchConfig, folder: str, satellite: int, wave: int
) -> list[tuple[datetime, str]]:
    """Start time and name of every file of a folder; the last version where there are several."""
    pattern, clock = _LEVELS[search.level]
    try:
        listing = page(config, folder)
    except Absent:
        return []
    pattern = pattern.format(wave=wave, satellite=satellite, element=_element(wave))
    # In order of names, so that of one start the last version stays.
    newest = {match[1]: match[0] for match in sorted(re.finditer(pattern, listing), key=lambda match: match[0])}
    return [(datetime.strptime(stamp, clock), name) for stamp, name in newest.items()]


def _get(config: FetchConfig, url: str, path: Path) -> None:
    download(config, url, path, "fits.gz" if url.endswith(".gz") else "fits", check_image)
