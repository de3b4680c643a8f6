"""GOES flares from the Heliophysics Events Knowledgebase (through sunpy), one file a month."""

from __future__ import annotations

import itertools
import json
import urllib.parse
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sunproof.pipeline.errors import Problem
from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.attempts import Transient, patiently, server_errors
from sunproof.pipeline.ingest.fetching.jobs import Job, periods
from sunproof.pipeline.ingest.fetching.transfer import page

__all__ = ["hek_jobs"]


def hek_jobs(config: FetchConfig) -> Iterator[Job]:
    """Cut the interval into months; a flare that lasts into the next one is in both."""
    for start, end in periods(config.start, config.end, "month"):
        path = f"flares_hek/{start:%Y}/{start:%Y%m}.json"
        yield Job("flares_hek", path, config.hek.base_url, end, partial(_get, config, start, end))


def _get(config: FetchConfig, start: datetime, end: datetime, path: Path) -> None:
    result: list[dict[str, Any]] = []
    for number in itertools.count(1):
        answer = _page(config, f"{config.hek.base_url}{_query(start, end)}&page={number}")
        result.extend(answer["result"])
        if not answer["overmax"]:
            break
    # A month without a flare is an answer too: the coverage says that it was searched.
    content = {"coverage_start": start.isoformat(), "coverage_end": end.isoformat(), "result": result}
    path.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


def _query(start: datetime, end: datetime) -> str:
    """Draw up the query with sunpy's attributes; its client would also convert every column, and none is kept."""
    from sunpy.net import attrs as a
    from sunpy.net.attr import and_
    from sunpy.net.hek import HEKClient

    # SWPC's own entries: NOAA's list, with NOAA's regions; other methods report the same flares again.
    (terms,) = a.hek.walker.create(and_(a.Time(start, end), a.hek.FL, a.hek.FRM.Name == "SWPC"), {})
    # HEK knows the operator of a term as opN (sunpy renames it when it sends the query).
    named = {name.replace("operator", "op"): value for name, value in (HEKClient.default | terms).items()}
    return urllib.parse.urlencode(named)


def _page(config: FetchConfig, url: str) -> dict[str, Any]:
    def attempt() -> dict[str, Any]:
        with server_errors(url):
            answer = json.loads(page(config, url))
        if not isinstance(answer, dict) or not {"result", "overmax"} <= answer.keys():
            raise Transient(Problem("not an answer of HEK", url, str(answer)[:120], "result and overmax"))
        return answer

    return patiently(config, attempt)
