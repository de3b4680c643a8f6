"""SHARP keywords from JSOC, one query a day or month, saved as the CSV that the source `sharp` reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sunproof.pipeline.errors import FetchError, Problem
from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.attempts import Absent, patiently, server_errors
from sunproof.pipeline.ingest.fetching.jobs import Job, periods
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["sharp_jobs"]

# Prime keys, regions, place and quality beside the 17 keywords.
_KEYS = ("HARPNUM", "T_REC", "NOAA_AR", "NOAA_ARS", "LAT_FWT", "LON_FWT", "QUALITY", "CODEVER7")


def sharp_jobs(config: FetchConfig) -> Iterator[Job]:
    """Cut the interval into queries; days are those of T_REC, which is TAI."""
    for start, end in periods(config.start, config.end, config.jsoc.chunk):
        query = _query(config, start, end)
        name = f"{start:%Y%m%d}" if config.jsoc.chunk == "day" else f"{start:%Y%m}"
        yield Job("sharp", f"sharp/{start:%Y}/{name}.csv", query, end, partial(_get, config, query))


def _query(config: FetchConfig, start: datetime, end: datetime) -> str:
    condition = f"[? {config.jsoc.condition} ?]" if config.jsoc.condition else ""
    return f"{config.jsoc.series}[][{start:%Y.%m.%d_%H:%M:%S}_TAI/{(end - start).days}d]{condition}"


def _get(config: FetchConfig, query: str, path: Path) -> None:
    frame = patiently(config, partial(_ask, config, query))
    if not len(frame):
        raise Absent("no records")
    frame.to_csv(path, index=False)


def _ask(config: FetchConfig, query: str) -> pd.DataFrame:
    import drms

    server = drms.ServerConfig(name="JSOC", cgi_baseurl=config.jsoc.base_url, cgi_jsoc_info="jsoc_info")
    keys = [*_KEYS, *(name.upper() for name in SHARP_KEYWORDS)]
    where = f"{config.jsoc.base_url}jsoc_info: {query}"
    try:
        with server_errors(where):
            # The texts as JSOC writes them: the source knows its ways of saying "missing", drms turns some to 0.
            frame: pd.DataFrame = drms.Client(server).query(query, key=keys, convert_numeric=False)
    except drms.exceptions.DrmsQueryError as error:
        todo = "Check series and condition."
        raise FetchError(Problem("JSOC refused the query", where, str(error), "status 0", todo)) from error
    unknown = [name for name in frame if len(frame) and (frame[name] == "Invalid KeyLink").all()]
    if unknown:
        todo = "Check the series: it must be a SHARP series."
        raise FetchError(Problem("JSOC does not know keywords of the query", where, unknown, "SHARP keywords", todo))
    return frame
