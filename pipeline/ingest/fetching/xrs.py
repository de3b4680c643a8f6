"""GOES X-ray flux from NCEI: listings are read a month at a time, and the newest version of each day is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.attempts import Absent
from sunproof.pipeline.ingest.fetching.jobs import Job, periods
from sunproof.pipeline.ingest.fetching.transfer import download, page

__all__ = ["xrs_jobs"]

# From GOES-16 on the files lie on another server (sunpy, XRSClient).
_FIRST_R = 16
_FILE = r"sci_xrsf-l2-avg1m_g{satellite:02d}_d(?P<day>\d{{8}})_v(?P<version>[\d-]+)\.nc"


def xrs_jobs(config: FetchConfig) -> Iterator[Job]:
    """List the 1-minute files of every satellite.

    Raises
    ------
    FetchError
        If a listing cannot be read. A month without a listing has no data.
    """
    for satellite in config.xrs.satellites:
        for start, _ in periods(config.start, config.end, "month"):
            folder = _folder(config, satellite, start)
            try:
                names = _newest(page(config, folder), satellite)
            except Absent:
                continue
            for day, name in names.items():
                if config.start - timedelta(days=1) < day < config.end:
                    path = f"goes_xrs/goes{satellite:02d}/{day:%Y}/{name}"
                    get = partial(_get, config, folder + name)
                    yield Job("goes_xrs", path, folder + name, day + timedelta(days=1), get)


def _folder(config: FetchConfig, satellite: int, month: datetime) -> str:
    product = "xrsf-l2-avg1m_science"
    if satellite < _FIRST_R:
        return f"{config.xrs.base_url}goes{satellite:02d}/{product}/{month:%Y/%m}/"
    return f"{config.xrs.base_url_r}goes{satellite}/l2/data/{product}/{month:%Y/%m}/"


def _newest(listing: str, satellite: int) -> dict[datetime, str]:
    """Day -> file name of its highest version."""
    found: dict[datetime, tuple[tuple[int, ...], str]] = {}
    for match in re.finditer(_FILE.format(satellite=satellite), listing):
        day = datetime.strptime(match["day"], "%Y%m%d")
        # As numbers: as a text 2-10-0 comes before 2-9-0.
        version = tuple(int(number) for number in match["version"].split("-") if number)
        found[day] = max(found.get(day, ((), "")), (version, match[0]))
    return {day: name for day, (_, name) in sorted(found.items())}


def _get(config: FetchConfig, url: str, path: Path) -> None:
    download(config, url, path, "netcdf")
