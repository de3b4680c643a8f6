"""NOAA's text products: daily region summaries, daily event reports, yearly flare reports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sunproof.pipeline.errors import FetchError, ProblemList
from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.jobs import Job, periods
from sunproof.pipeline.ingest.fetching.transfer import download

__all__ = ["event_jobs", "events_to_csv", "ngdc_jobs", "srs_jobs"]

_COLUMNS = ("start_time", "peak_time", "end_time", "goes_class", "noaa_ar", "satellite")
_CLOCK = r"(?:[BAU]?(\d{4})|////)"
# Fixed columns in principle; in practice single fields shift, so fields are told by their form.
_XRA = re.compile(
    rf"\s*\d+\s*\+?\s+{_CLOCK}\s+{_CLOCK}\s+{_CLOCK}\s+(\S+)\s+\S\s+XRA\s+1-8A\s+([ABCMX]\d+(?:\.\d+)?)(?:\s+[\d.E+-]+)?"
    r"(?:\s+(\d{4,5}))?\s*"
)


def srs_jobs(config: FetchConfig) -> Iterator[Job]:
    """Give one region summary a day, as delivered."""
    for day, end in periods(config.start, config.end, "day"):
        url = config.noaa.srs_url.format(day=day)
        yield Job("srs", f"srs/{day:%Y}/{day:%Y%m%d}SRS.txt", url, end, partial(_get_text, config, url))


def ngdc_jobs(config: FetchConfig) -> Iterator[Job]:
    """Give one flare report a year, as delivered."""
    for year, end in periods(config.start, config.end, "year"):
        name = config.noaa.ngdc_names.get(year.year, f"goes-xrs-report_{year:%Y}.txt")
        url = config.noaa.ngdc_url + name
        yield Job("flares_ngdc", f"flares_ngdc/{name}", url, end, partial(_get_text, config, url))


def event_jobs(config: FetchConfig) -> Iterator[Job]:
    """Give one event report a day; its X-ray flares are saved as the CSV that the source `flares_swpc` reads."""
    for day, end in periods(config.start, config.end, "day"):
        url = config.noaa.events_url.format(day=day)
        path = f"flares_swpc/{day:%Y}/{day:%Y%m%d}.csv"
        yield Job("flares_swpc", path, url, end, partial(_get_events, config, url, day))


def _get_text(config: FetchConfig, url: str, path: Path) -> None:
    download(config, url, path, "text")


def _get_events(config: FetchConfig, url: str, day: datetime, path: Path) -> None:
    download(config, url, path, "text")
    path.write_text(events_to_csv(path.read_text(encoding="latin-1"), day, url), encoding="utf-8")


def events_to_csv(report: str, day: datetime, url: str) -> str:
    """Take the X-ray flares (type XRA, 1-8 angstrom) out of a daily event report.

    Parameters
    ----------
    report : str
        SWPC's edited events of one day.
    day : datetime
        The day that was asked for.
    url : str
        Where the report came from, for messages.

    Returns
    -------
    str
        CSV with the report's day as coverage in comment lines; a time before the one it follows is on the next day.

    Raises
    ------
    FetchError
        If the report is of another day, or holds X-ray flares that cannot be read.
    """
    problems = ProblemList(url, FetchError)
    date = re.search(r"^:Date:\s*(\d{4})\s+(\d{2})\s+(\d{2})", report, re.MULTILINE)
    if date is None or "-".join(date.groups()) != f"{day:%Y-%m-%d}":
        got = date[0] if date else report[:60]
        problems.add("not the event report of this day", "line :Date:", got, f"{day:%Y %m %d}")
    rows = []
    for number, line in enumerate(report.splitlines(), 1):
        if not line.startswith(("#", ":")) and re.search(r"\sXRA\s+1-8A\s", line):
            match = _XRA.fullmatch(line)
            if match is None or match[1] is None:
                problems.add(
                    "an X-ray flare that cannot be read", f"line {number}", line, "begin, max, end, obs, class"
                )
            else:
                rows.append([*_times(day, match.groups()[:3]), match[5], match[6] or "", match[4]])
    problems.check()
    out = io.StringIO()
    out.write(f"# source: {url}\n# coverage_start: {day.isoformat()}\n")
    out.write(f"# coverage_end: {(day + timedelta(days=1)).isoformat()}\n")
    csv.writer(out, lineterminator="\n").writerows([_COLUMNS, *rows])
    return out.getvalue()


def _times(day: datetime, clocks: tuple[str | None, ...]) -> list[str]:
    times: list[str] = []
    latest = day
    for clock in clocks:
        if clock is None:
            times.append("")
            continue
        time = day + timedelta(hours=int(clock[:2]), minutes=int(clock[2:]))
        # A clock that goes back has passed midnight.
        latest = time if time >= latest else time + timedelta(days=1)
        times.append(latest.isoformat())
    return times
