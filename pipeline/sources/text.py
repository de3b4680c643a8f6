"""Text files as they arrive: plain or gzipped, sometimes with facts in leading comments, sometimes an error page."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from pathlib import Path

import pandas as pd

from sunproof.pipeline.errors import InputError, Problem

__all__ = ["FACTS", "facts_of", "read_bytes", "read_table", "read_text"]

# Facts that a file may declare in leading comment lines, "# simulated: 1".
FACTS = ("simulated", "coverage_start", "coverage_end", "goes_scale")


def read_bytes(path: Path) -> bytes:
    """Content of a file, unpacked where it is gzipped.

    Raises
    ------
    InputError
        If the gzip stream is damaged or cut short, or an HTML page was saved in the file's place.
    """
    data = path.read_bytes()
    # By content: browsers and servers unpack files without changing their names.
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            todo = "Download it again."
            raise InputError(Problem("truncated or damaged gzip file", str(path), str(error), "", todo)) from error
    if data[:512].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        todo = "The server answered with an error page; download it again."
        raise InputError(Problem("an HTML page, not data", str(path), data[:40].decode("latin-1"), "", todo))
    return data


def read_text(path: Path) -> str:
    """Content of a text file, UTF-8, unpacked where it is gzipped.

    Raises
    ------
    InputError
        If it cannot be unpacked or is not text.
    """
    data = read_bytes(path)
    try:
        # Spreadsheets write a byte-order mark first, which would become part of a column's name.
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Problem("not a text file", str(path), data[:16], "UTF-8 text")) from error


def facts_of(text: str) -> dict[str, str]:
    """Facts declared as ``# name: value`` anywhere among the comment lines: simulated, coverage and GOES scale."""
    facts: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.lstrip("#").partition(":")
        if line.startswith("#") and colon and name.strip().lower() in FACTS:
            facts[name.strip().lower()] = value.strip()
    return facts


def read_table(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read a comma-separated table as text cells, with the facts of its leading comment lines.

    Raises
    ------
    InputError
        If it cannot be read as a table.
    """
    text = read_text(path)
    body = text
    while body.startswith("#"):
        body = body.partition("\n")[2]
    _refuse_ragged(body, path)
    try:
        # Cells stay as they are written: pandas would take "NA" and its like for missing.
        frame = pd.read_csv(io.StringIO(body), dtype=str, keep_default_na=False, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(Problem("not a comma-separated table", str(path), body[:60], "", str(error))) from error
    frame.columns = pd.Index([str(name).strip() for name in frame.columns])
    return frame, facts_of(text[: len(text) - len(body)])


def _refuse_ragged(body: str, path: Path) -> None:
    """Refuse rows with more or fewer cells than the header.

    pandas fills up short ones, so that a file cut in transit would end with a wrong number, and shifts all columns
    where every row ends in a comma.
    """
    reader = csv.reader(io.StringIO(body, newline=None), skipinitialspace=True)
    rows = (row for row in reader if "".join(row).strip())
    try:
        wanted = len(next(rows, []))
        shapes = [(len(row), row[-1] == "") for row in rows]
    except csv.Error as error:
        where, todo = f"{path}: line {reader.line_num}", "Look for a quotation mark that is never closed."
        raise InputError(Problem("not a comma-separated table", where, str(error), "cells", todo)) from error
    # Row names without a title, as R writes them, are no shift: pandas takes them for an index.
    if shapes and shapes[0][0] == wanted + 1 and not all(ends_empty for _, ends_empty in shapes):
        wanted += 1
    uneven = [(record, cells) for record, (cells, _) in enumerate(shapes, 1) if cells != wanted]
    if uneven:
        record, cells = uneven[0]
        where, got = f"{path}: record {record}", f"{cells} cells, and {len(uneven)} such rows"
        todo = "Download it again if it is cut short; else name every column."
        raise InputError(Problem("a row unlike the header", where, got, f"{wanted} cells", todo))
