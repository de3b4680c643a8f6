"""Images from JSOC: records are listed, exported range by range, and held against what was listed."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sunproof.pipeline.errors import FetchError, Problem
from sunproof.pipeline.ingest.config import FetchConfig, Product
from sunproof.pipeline.ingest.fetching.attempts import Absent, Transient, patiently, server_errors
from sunproof.pipeline.ingest.fetching.config import ExportConfig
from sunproof.pipeline.ingest.fetching.image_check import check_image
from sunproof.pipeline.ingest.fetching.jobs import Job
from sunproof.pipeline.ingest.fetching.transfer import download

if TYPE_CHECKING:
    import drms

__all__ = ["export_jobs"]

# "Too many pending requests of this user": passes when one of them is finished.
_BUSY = "[status=7]"


def export_jobs(config: FetchConfig, product: Product) -> Iterator[Job]:
    """List the records of a product's series; each file is a job, and the first one of a range exports it.

    Raises
    ------
    FetchError
        If there is no registered address, or JSOC refuses a query.
    """
    if not config.images.email:
        todo = "Register at jsoc.stanford.edu/ajax/register_email.html, then --set images.email=ADDRESS."
        raise FetchError(
            Problem("JSOC exports need a registered address", "configuration: images.email", "", "ADDRESS", todo)
        )
    for series in _series(config, product):
        for start, end in _ranges(config):
            yield from _range_jobs(config, product, series, start, end)


def _series(config: FetchConfig, product: Product) -> tuple[ExportConfig, ...]:
    return next((series for name, series in config.images.exports.items() if name == product), ())


def _ranges(config: FetchConfig) -> Iterator[tuple[datetime, datetime]]:
    # Whole days, so that the cadence, counted from the start of each range, goes on across their borders.
    days = math.ceil((config.end - config.start) / timedelta(days=1) / config.images.ranges)
    start = config.start
    while start < config.end:
        yield start, min(start + timedelta(days=days), config.end)
        start += timedelta(days=days)


def _range_jobs(
    config: FetchConfig, product: Product, series: ExportConfig, start: datetime, end: datetime
) -> Iterator[Job]:
    query = _query(series, start, end)
    records = patiently(config, partial(_list, config, query))
    export = _Export(config, series, query, [name for name, missing in records.items() if not missing])
    for record, missing in records.items():
        for segment in series.segments:
            path = f"{product}/{series.series}/{_file_name(record)}.{segment}.fits"
            get = partial(_refuse, missing) if missing else partial(export.get, record, segment)
            yield Job(product, path, f"{record}{{{segment}}}", end, get)


def _query(series: ExportConfig, start: datetime, end: datetime) -> str:
    seconds = round((end - start).total_seconds())
    cadence = f"@{series.cadence}" if series.cadence else ""
    times = f"[{start:%Y.%m.%d_%H:%M:%S}_{series.scale}/{seconds}s{cadence}]"
    return f"{series.series}{series.keys_before}{times}{series.keys_after}"


def _file_name(record: str) -> str:
    """Name without what file systems dislike: ``hmi.M_720s[2011.02.15_00:00:00_TAI]`` -> ``hmi.M_720s.2011...``."""
    return re.sub(r"\]\[|\[", ".", record).replace("]", "").replace(":", "")


def _refuse(reason: str, path: Path) -> None:
    raise Absent(f"{reason}, not written to {path.name}")


def _client(config: FetchConfig) -> drms.Client:
    import drms

    server = drms.ServerConfig(
        name="JSOC",
        cgi_baseurl=config.jsoc.base_url,
        cgi_jsoc_info="jsoc_info",
        cgi_jsoc_fetch="jsoc_fetch",
        http_download_baseurl=config.images.download_url,
    )
    return drms.Client(server)


def _list(config: FetchConfig, query: str) -> dict[str, str]:
    """Record name -> why it has no image, empty where it has one."""
    import drms

    where = f"{config.jsoc.base_url}jsoc_info: {query}"
    try:
        with server_errors(where):
            # drms would make numbers of texts, and 0 of some that say "missing"
            frame = _client(config).query(query, key=["T_REC", "T_OBS"], rec_index=True, convert_numeric=False)
    except drms.exceptions.DrmsQueryError as error:
        todo = "Check series and keys."
        raise FetchError(Problem("JSOC refused the query", where, str(error), "status 0", todo)) from error
    if not len(frame):
        return {}
    # A slot without an observation has a record all the same, whose time of observation is MISSING.
    return {
        str(name): "JSOC lists the record as MISSING" if str(time).startswith(("MISSING", "-4712")) else ""
        for name, time in frame["T_OBS"].items()
    }


@dataclass
class _Export:
    """One export, requested when the first of its files is needed, and again while files are missing from it."""

    config: FetchConfig
    series: ExportConfig
    query: str
    records: list[str]
    _urls: dict[tuple[str, str], str] = field(default_factory=dict)
    _failure: FetchError | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, record: str, segment: str, path: Path) -> None:
        """Bring one file of the export."""
        download(self.config, self._url(record, segment), path, "fits", check_image)

    def _url(self, record: str, segment: str) -> str:
        # asked once for all files of the range: threads that need one wait for the others' export
        with self._lock:
            if self._failure is None and not self._urls:
                try:
                    patiently(self.config, self._complete)
                except FetchError as error:
                    self._failure = error
            # What an incomplete export did deliver is worth having.
            if (record, segment) not in self._urls and self._failure is not None:
                raise self._failure
            return self._urls[record, segment]

    def _complete(self) -> None:
        """Request the export; what is still missing from it is for another attempt."""
        wanted = {(record, segment) for record in self.records for segment in self.series.segments}
        self._urls |= {key: url for key, url in self._request().items() if key in wanted}
        missing = sorted(wanted - self._urls.keys())
        if missing:
            got = f"{len(self._urls)} files, without {missing[0][0]}{{{missing[0][1]}}}"
            raise Transient(Problem("the export is incomplete", self._where, got, f"{len(wanted)} files"))

    def _request(self) -> dict[tuple[str, str], str]:
        import drms

        ds = f"{self.query}{{{','.join(self.series.segments)}}}"
        settings = {"method": "url", "protocol": "fits", "email": self.config.images.email, "filenamefmt": False}
        try:
            with server_errors(self._where):
                request = _client(self.config).export(ds, **settings)
            # A failed question about the state is asked again; the export itself goes on meanwhile.
            patiently(self.config, partial(self._wait, request))
            urls = request.urls
        except Absent as error:
            problem = Problem("JSOC does not know the export program or request", self._where, str(error), "HTTP 200")
            raise FetchError(problem) from error
        except drms.exceptions.DrmsExportError as error:
            problem = Problem("JSOC refused the export", self._where, str(error), "status 0")
            raise (Transient if _BUSY in str(error) else FetchError)(problem) from error
        return {
            key: str(url)
            for record, name, url in zip(urls["record"], urls["filename"], urls["url"], strict=True)
            if (key := self._key(str(record), str(name))) is not None
        }

    def _wait(self, request: drms.ExportRequest) -> None:
        images = self.config.images
        with server_errors(self._where):
            ready = request.wait(timeout=images.export_timeout_seconds, sleep=images.poll_seconds)
        if not ready:
            got, wanted = f"status {request.status}", f"ready after {images.export_timeout_seconds:g} s"
            todo = f"Run the same command again later; JSOC's request is {request.id}."
            raise FetchError(Problem("JSOC did not finish the export", self._where, got, wanted, todo))

    def _key(self, record: str, name: str) -> tuple[str, str] | None:
        """Record and segment of a delivered file; its segment stands in its name, or there is only one."""
        known = self.series.segments
        segment = known[0] if len(known) == 1 else next((s for s in known if f".{s}." in f".{name}"), None)
        return None if segment is None else (record.split("{")[0], segment)

    @property
    def _where(self) -> str:
        return f"{self.config.jsoc.base_url}jsoc_fetch: {self.query}"
