"""Solar Orbiter EUI images of level 2 from ESA's archive (SOAR), through its table access protocol.

sunpy-soar asks the same tables; asking them here keeps retries, checks and resumption as for every other product.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sunproof.pipeline.errors import FetchError, Problem
from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.attempts import server_errors
from sunproof.pipeline.ingest.fetching.config import SearchConfig
from sunproof.pipeline.ingest.fetching.image_check import check_image
from sunproof.pipeline.ingest.fetching.jobs import Job, first_of_slots, periods
from sunproof.pipeline.ingest.fetching.transfer import download, page

__all__ = ["eui_jobs"]

# Channels of the Full Sun Imager; the high-resolution imagers see a sixth of the disk.
_CHANNELS = (174, 304)


def eui_jobs(config: FetchConfig) -> Iterator[Job]:
    """List the Full Sun Imager's files day by day, one a slot and channel.

    Raises
    ------
    FetchError
        If the archive does not answer, or answers something else than a table.
    """
    search = config.images.searches.get("eui", SearchConfig())
    for start, end in periods(config.start, config.end, "day"):
        for channel in search.wavelengths or _CHANNELS:
            for time, (name, identity) in first_of_slots(_files(config, channel, start, end), search.cadence_seconds):
                if config.start <= time < config.end:
                    query = {"retrieval_type": "LAST_PRODUCT", "product_type": "SCIENCE", "data_item_id": identity}
                    url = f"{config.images.soar_url}data?{urlencode(query)}"
                    yield Job("eui", f"eui/{start:%Y/%m/%d}/{name}", url, end, partial(_get, config, url))


def _files(config: FetchConfig, channel: int, start: datetime, end: datetime) -> list[tuple[datetime, tuple[str, str]]]:
    """Start, name and identity of every file of one day."""
    adql = (
        "SELECT begin_time, filename, data_item_id FROM v_sc_data_item "
        f"WHERE descriptor='eui-fsi{channel}-image' AND level='L2' "
        f"AND begin_time>='{start:%Y-%m-%d %H:%M:%S}' AND begin_time<'{end:%Y-%m-%d %H:%M:%S}'"
    )
    query = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "json", "QUERY": adql}
    url = f"{config.images.soar_url}tap/sync?{urlencode(query)}"
    text = page(config, url)
    with server_errors(url):
        answer: Any = json.loads(text)
    try:
        columns = [column["name"] for column in answer["metadata"]]
        rows = [dict(zip(columns, row, strict=True)) for row in answer["data"]]
        return [(_time(row["begin_time"]), (str(row["filename"]), str(row["data_item_id"]))) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        wanted = "columns begin_time, filename and data_item_id"
        raise FetchError(Problem("SOAR answered in another form", url, f"{error!r} in {text[:120]}", wanted)) from error


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.rstrip("Z"))


def _get(config: FetchConfig, url: str, path: Path) -> None:
    download(config, url, path, "fits", check_image)
