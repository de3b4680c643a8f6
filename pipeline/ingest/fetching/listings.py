"""Files found in their publishers' listings: GONG magnetograms, EVE's ESP light curves, JSOC's list of HARPs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.attempts import Absent
from sunproof.pipeline.ingest.fetching.config import SearchConfig
from sunproof.pipeline.ingest.fetching.image_check import check_image
from sunproof.pipeline.ingest.fetching.jobs import Job, first_of_slots, periods
from sunproof.pipeline.ingest.fetching.transfer import download, page

__all__ = ["esp_jobs", "gong_jobs", "harp_jobs"]

# Big Bear, Cerro Tololo, Learmonth, Mauna Loa, Teide, Udaipur.
_SITES = ("bb", "ct", "le", "ml", "td", "ud")
_ESP = re.compile(r"esp_L1_(?P<day>\d{7})_(?P<version>\d{3})\.fit(?:\.gz)?")


def gong_jobs(config: FetchConfig) -> Iterator[Job]:
    """List the network's magnetograms, one a slot from whichever site looked first.

    Raises
    ------
    FetchError
        If a listing cannot be read. A site without a folder for a day did not observe.
    """
    search = config.images.searches.get("gong", SearchConfig())
    for start, end in periods(config.start, config.end, "day"):
        found = [item for site in search.sites or _SITES for item in _gong_files(config, site, start)]
        for time, url in first_of_slots(found, search.cadence_seconds):
            if config.start <= time < config.end:
                name = url.rpartition("/")[2]
                yield Job("gong", f"gong/{start:%Y/%m/%d}/{name}", url, end, partial(_get_image, config, url))


def _gong_files(config: FetchConfig, site: str, day: datetime) -> list[tuple[datetime, str]]:
    folder = f"{config.images.gong_url}{day:%Y%m}/{site}bqa{day:%y%m%d}/"
    names = set(re.findall(rf"{site}bqa{day:%y%m%d}t\d{{4}}\.fits\.gz", _listing(config, folder)))
    return [(datetime.strptime(name[5:16], "%y%m%dt%H%M"), folder + name) for name in sorted(names)]


def esp_jobs(config: FetchConfig) -> Iterator[Job]:
    """List the daily light curves, the newest version of each.

    Raises
    ------
    FetchError
        If a listing cannot be read.
    """
    for year, _ in periods(config.start, config.end, "year"):
        folder = f"{config.esp_url}{year:%Y}/"
        newest: dict[str, tuple[str, str]] = {}
        for match in _ESP.finditer(_listing(config, folder)):
            # versions have three digits, so that the largest text is the newest
            newest[match["day"]] = max(newest.get(match["day"], ("", "")), (match["version"], match[0]))
        for stamp, (_, name) in sorted(newest.items()):
            day = datetime.strptime(stamp, "%Y%j")
            if config.start - timedelta(days=1) < day < config.end:
                get = partial(_get_table, config, folder + name)
                yield Job("eve_esp", f"eve_esp/{year:%Y}/{name}", folder + name, day + timedelta(days=1), get)


def harp_jobs(config: FetchConfig) -> Iterator[Job]:
    """Give JSOC's list of all HARPs with NOAA regions; it grows every day and is fetched again each time."""
    url = config.jsoc.harp_url
    get = partial(_get_text, config, url)
    yield Job("harp_noaa", "harp_noaa/all_harps_with_noaa_ars.txt", url, datetime.max, get)


def _listing(config: FetchConfig, folder: str) -> str:
    try:
        return page(config, folder)
    # a folder that is not there: no observation of that day
    except Absent:
        return ""


def _get_image(config: FetchConfig, url: str, path: Path) -> None:
    download(config, url, path, "fits.gz", check_image)


def _get_table(config: FetchConfig, url: str, path: Path) -> None:
    download(config, url, path, "fits.gz" if url.endswith(".gz") else "fits")


def _get_text(config: FetchConfig, url: str, path: Path) -> None:
    download(config, url, path, "text")
