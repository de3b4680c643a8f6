"""EUVI, EIT, SWAP and XRT images, found and brought by the Virtual Solar Observatory through sunpy."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from sunproof.pipeline.errors import Problem
from sunproof.pipeline.ingest.config import FetchConfig, Product
from sunproof.pipeline.ingest.fetching.attempts import Transient, patiently, server_errors
from sunproof.pipeline.ingest.fetching.config import SearchConfig
from sunproof.pipeline.ingest.fetching.image_check import check_image
from sunproof.pipeline.ingest.fetching.jobs import Job, first_of_slots, periods
from sunproof.pipeline.ingest.fetching.transfer import verify

__all__ = ["vso_jobs"]


def vso_jobs(config: FetchConfig, product: Product) -> Iterator[Job]:
    """List an instrument's files day by day with `Fido`; it also brings them, as VSO gives no addresses beforehand.

    Raises
    ------
    FetchError
        If VSO does not answer.
    """
    search = next((found for name, found in config.images.searches.items() if name == product), SearchConfig())
    for start, end in _days(config):
        rows = patiently(config, partial(_list_vso, product, search, start, end))
        for row in _thin(rows, search.cadence_seconds, start, end):
            identity = str(row["fileid"])
            get = partial(_get_vso, config, row)
            name = PurePosixPath(identity).name
            yield Job(product, f"{product}/{start:%Y/%m/%d}/{_suffixed(name)}", f"VSO: {identity}", end, get)


def _days(config: FetchConfig) -> Iterator[tuple[datetime, datetime]]:
    for start, end in periods(config.start, config.end, "day"):
        yield max(start, config.start), min(end, config.end)


def _suffixed(name: str) -> str:
    # Older file names, such as EIT's efz20040301.000010, have no suffix; sources find files by it.
    return name if name.lower().endswith((".fits", ".fts", ".fit", ".gz")) else f"{name}.fits"


def _thin(rows: list[Any], cadence: float, start: datetime, end: datetime) -> Iterator[Any]:
    """Give the first row of every slot, channel and spacecraft that begins within an interval."""
    channels: dict[tuple[str, ...], list[tuple[datetime, Any]]] = {}
    for row in rows:
        time = row["Start Time"].datetime
        if start <= time < end:
            channel = tuple(str(row[name]) for name in ("Wavelength", "Source") if name in row.colnames)
            channels.setdefault(channel, []).append((time, row))
    for found in channels.values():
        yield from (row for _, row in first_of_slots(found, cadence))


def _list_vso(product: Product, search: SearchConfig, start: datetime, end: datetime) -> list[Any]:
    from sunpy.net import Fido
    from sunpy.net import attrs as a

    rows: list[Any] = []
    with server_errors(f"VSO: {product} of {start:%Y-%m-%d}"):
        for wavelength in _wavelengths(search):
            found = Fido.search(a.Time(start, end), a.Instrument(product.upper()), *wavelength)
            for table in found:
                # sunpy collects a failed answer beside the rows of the others.
                if errors := getattr(table, "errors", []):
                    where = f"VSO: {product} of {start:%Y-%m-%d}"
                    raise Transient(Problem("VSO did not answer", where, str(errors[0]), "a table"))
                # Only VSO's tables have file identities.
                rows.extend(table if "fileid" in table.colnames else ())
    return rows


def _wavelengths(search: SearchConfig) -> list[tuple[Any, ...]]:
    import astropy.units as u
    from sunpy.net import attrs as a

    return [(a.Wavelength(value * u.angstrom),) for value in search.wavelengths] or [()]


def _get_vso(config: FetchConfig, row: Any, path: Path) -> None:
    def attempt() -> None:
        from sunpy.net import Fido

        where = f"VSO: {row['fileid']}"
        # Beside the target, so that the move is a rename.
        with (
            tempfile.TemporaryDirectory(dir=path.parent, prefix=".vso", suffix=".partial") as folder,
            server_errors(where),
        ):
            arrived = Fido.fetch(row, path=f"{folder}/{{file}}", progress=False, max_conn=1)
            if arrived.errors or len(arrived) != 1:
                got = str(arrived.errors[0]) if arrived.errors else f"{len(arrived)} files"
                raise Transient(Problem("VSO did not deliver the file", where, got, "one file"))
            verify(Path(arrived[0]), "fits.gz" if str(arrived[0]).endswith(".gz") else "fits", where)
            check_image(Path(arrived[0]), where)
            os.replace(arrived[0], path)

    patiently(config, attempt)
