"""``sunproof fetch``: observations for an interval into the raw folder, resumable, each file verified on arrival."""

from __future__ import annotations

import shutil
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial

from sunproof.pipeline.console import progress, say, show_table
from sunproof.pipeline.errors import FetchError, Problem
from sunproof.pipeline.ingest.config import FetchConfig, Product
from sunproof.pipeline.ingest.fetching.attempts import Absent
from sunproof.pipeline.ingest.fetching.export import export_jobs
from sunproof.pipeline.ingest.fetching.hek import hek_jobs
from sunproof.pipeline.ingest.fetching.jobs import Job
from sunproof.pipeline.ingest.fetching.jsoc import sharp_jobs
from sunproof.pipeline.ingest.fetching.listings import esp_jobs, gong_jobs, harp_jobs
from sunproof.pipeline.ingest.fetching.manifest import Manifest
from sunproof.pipeline.ingest.fetching.reports import event_jobs, ngdc_jobs, srs_jobs
from sunproof.pipeline.ingest.fetching.soar import eui_jobs
from sunproof.pipeline.ingest.fetching.suvi import suvi_jobs
from sunproof.pipeline.ingest.fetching.vso import vso_jobs
from sunproof.pipeline.ingest.fetching.xrs import xrs_jobs
from sunproof.pipeline.receipts import replacing

__all__ = ["run"]

_PLANS: dict[Product, Callable[[FetchConfig], Iterator[Job]]] = {
    "sharp": sharp_jobs,
    "goes_xrs": xrs_jobs,
    "flares_hek": hek_jobs,
    "flares_swpc": event_jobs,
    "flares_ngdc": ngdc_jobs,
    "srs": srs_jobs,
    "harp_noaa": harp_jobs,
    "eve_esp": esp_jobs,
    "aia": partial(export_jobs, product="aia"),
    "hmi": partial(export_jobs, product="hmi"),
    "sharp_cea": partial(export_jobs, product="sharp_cea"),
    "mdi": partial(export_jobs, product="mdi"),
    "suvi": suvi_jobs,
    "euvi": partial(vso_jobs, product="euvi"),
    "eit": partial(vso_jobs, product="eit"),
    "swap": partial(vso_jobs, product="swap"),
    "xrt": partial(vso_jobs, product="xrt"),
    "eui": eui_jobs,
    "gong": gong_jobs,
}
_COLUMNS = ("product", "there already", "fetched", "absent at the source", "failed")


def run(config: FetchConfig) -> None:
    """Fetch every file of the interval that is not there yet.

    A file that fails does not stop the others. Running the command again fetches what is missing, and nothing else.

    Parameters
    ----------
    config : FetchConfig
        Validated configuration.

    Raises
    ------
    FetchError
        With every file that did not arrive, after all others did; or if the sources have nothing for the interval.
    """
    config.raw.mkdir(parents=True, exist_ok=True)
    _clean(config)
    manifest = Manifest(config.raw)
    counts: Counter[tuple[str, str]] = Counter()
    with _socket_timeout(config.timeout_seconds):
        jobs, problems = _plan(config)
        waiting = []
        for job in jobs:
            # a file that the source does not have is settled, too: it is not asked for again
            if manifest.settled(job):
                counts[job.product, "absent" if manifest.entries[job.path]["digest"] is None else "there"] += 1
            else:
                waiting.append(job)
        problems += _fetch_all(config, manifest, waiting, counts)
    _show(config, counts)
    if problems:
        raise FetchError(problems)
    if not any(count for (_, state), count in counts.items() if state != "absent"):
        interval = f"{config.start} to {config.end}"
        todo = "Check interval, satellites and products."
        raise FetchError(Problem("the sources have nothing for this interval", "fetch", interval, "any file", todo))


def _plan(config: FetchConfig) -> tuple[list[Job], list[Problem]]:
    jobs: list[Job] = []
    problems: list[Problem] = []
    for product in dict.fromkeys(config.products):
        try:
            jobs.extend(_PLANS[product](config))
        except FetchError as error:
            problems.extend(error.problems)
    return jobs, problems


def _fetch_all(
    config: FetchConfig, manifest: Manifest, jobs: list[Job], counts: Counter[tuple[str, str]]
) -> list[Problem]:
    problems: list[Problem] = []
    pool = ThreadPoolExecutor(config.concurrency)
    try:
        with progress() as bars:
            bar = bars.add_task("fetching", total=len(jobs))
            futures = {pool.submit(_fetch, config, manifest, job): job for job in jobs}
            for future in as_completed(futures):
                state = "failed"
                try:
                    state = future.result()
                except FetchError as error:
                    problems.extend(error.problems)
                counts[futures[future].product, state] += 1
                bars.advance(bar)
    finally:
        # interrupted: what runs is finished and kept, what waits is dropped
        pool.shutdown(cancel_futures=True)
    # An export that failed is told once, not once a file.
    told = {str(problem): problem for problem in problems}
    return sorted(told.values(), key=lambda problem: problem.where)


def _fetch(config: FetchConfig, manifest: Manifest, job: Job) -> str:
    try:
        with replacing(config.raw / job.path) as partial:
            job.get(partial)
    except Absent as error:
        manifest.absent(job, str(error))
        return "absent"
    manifest.arrived(job)
    return "fetched"


def _clean(config: FetchConfig) -> None:
    """Remove the incomplete files and folders that a killed run left."""
    for product in config.products:
        for debris in list((config.raw / product).rglob(".*.partial")):
            if debris.is_dir():
                shutil.rmtree(debris)
            else:
                debris.unlink(missing_ok=True)


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    # sunpy's HEK client sets no time-out of its own, and drms takes this one.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _show(config: FetchConfig, counts: Counter[tuple[str, str]]) -> None:
    states = ("there", "fetched", "absent", "failed")
    rows = [(product, *(counts[product, state] for state in states)) for product in dict.fromkeys(config.products)]
    show_table("Fetched", _COLUMNS, rows)
    say(f"manifest: {config.raw / 'fetch.json'}")
