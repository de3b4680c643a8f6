"""One file over HTTP, held against what its name promises before it is believed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import requests

from sunproof.pipeline.errors import FetchError, Problem
from sunproof.pipeline.ingest.config import FetchConfig
from sunproof.pipeline.ingest.fetching.attempts import Transient, first_line, patiently, server_errors
from sunproof.pipeline.receipts import code_version

__all__ = ["download", "page", "verify"]

Kind = Literal["netcdf", "fits", "fits.gz", "text"]

# First bytes of each kind: HDF5 (netCDF-4) and the three classic netCDF formats; FITS (standard 4.0, section 4.4.1);
# gzip (RFC 1952).
_MAGIC: dict[Kind, tuple[bytes, ...]] = {
    "netcdf": (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05"),
    "fits": (b"SIMPLE  =",),
    "fits.gz": (b"\x1f\x8b",),
    "text": (),
}
_HTML = (b"<!doctype html", b"<html", b"<?xml", b"<head")
_BLOCK = 2**18


def download(
    config: FetchConfig, url: str, path: Path, kind: Kind, check: Callable[[Path, str], None] | None = None
) -> None:
    """Bring one file to a path.

    Parameters
    ----------
    config : FetchConfig
        Retries, waits and time-outs.
    url : str
        Where it lies.
    path : Path
        Where to write it; after an error there may be an incomplete file.
    kind : str
        What it must be: ``netcdf``, ``fits``, ``fits.gz`` or ``text``.
    check : callable, optional
        Looks into the file, told where it came from; raises `Transient` where another attempt may bring a better one.

    Raises
    ------
    FetchError
        If it did not arrive whole, or arrived as something else.
    Absent
        If the server has no such file.
    """

    def attempt() -> None:
        with server_errors(url):
            expected, received = _receive(config, url, path)
        if expected is not None and received != expected:
            raise Transient(Problem("the file arrived incomplete", url, f"{received} bytes", f"{expected} bytes"))
        verify(path, kind, url)
        if check is not None:
            check(path, url)

    patiently(config, attempt)


def page(config: FetchConfig, url: str) -> str:
    """Text of a page (a directory listing).

    Raises
    ------
    FetchError
        If the server does not give it.
    Absent
        If there is none.
    """

    def attempt() -> str:
        with server_errors(url), _get(config, url) as response:
            return response.text

    return patiently(config, attempt)


def verify(path: Path, kind: Kind, url: str) -> None:
    """Hold a file against the first bytes that its kind has.

    Raises
    ------
    Transient
        If it is an error page or empty: the next attempt may bring the file.
    FetchError
        If it is of another kind altogether.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head:
        raise Transient(Problem("an empty file arrived", url, "0 bytes", f"a {kind} file"))
    if head.lstrip().lower().startswith(_HTML):
        quoted = first_line(head.decode("latin-1"))
        raise Transient(Problem("a web page arrived instead of the file", url, quoted, f"a {kind} file"))
    if _MAGIC[kind] and not head.startswith(_MAGIC[kind]):
        wanted = f"a {kind} file, which begins with {_MAGIC[kind][0]!r}"
        raise FetchError(Problem("the file is of another kind", url, head[:16], wanted, "Look at it in a browser."))
    if kind == "text" and b"\0" in head:
        raise FetchError(Problem("the file is not text", url, head[:16], "text", "Look at it in a browser."))


def _receive(config: FetchConfig, url: str, path: Path) -> tuple[int | None, int]:
    """Write an answer to a path; bytes announced (None where the server does not say) and bytes received."""
    with _get(config, url) as response, path.open("wb") as stream:
        length = response.headers.get("Content-Length")
        received = sum(stream.write(block) for block in response.iter_content(_BLOCK))
    return (int(length) if length is not None and length.isdigit() else None), received


def _get(config: FetchConfig, url: str) -> requests.Response:
    # Unpacked on the way, a file would no longer have the announced length: ask for it as it lies.
    headers = {"User-Agent": f"sunproof/{code_version()}", "Accept-Encoding": "identity"}
    response = requests.get(url, headers=headers, stream=True, timeout=config.timeout_seconds)
    if not response.ok:
        with response:
            response.raise_for_status()
    return response
