"""What a bundle was made with, beside what runs here: a table of differences, and which of them refuse the bundle."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.receipts import code_version, environment
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, THRESHOLDS, VOCABULARY

__all__ = ["FORMAT", "Difference", "check_compatible", "differences", "made_here", "table"]

FORMAT = 2
"""Of the folder. 1 had no record of its environment and no reference answers; it is read, with a warning."""

# Packages whose release decides how inputs are read or how the model computes.
_DECIDING = ("torch", "numpy", "xarray", "zarr")


class Difference(NamedTuple):
    """One row of the table: ``critical`` refuses the bundle, ``warning`` is told, ``note`` stands beside others."""

    level: Literal["critical", "warning", "note"]
    what: str
    bundle: str
    here: str


def made_here(architecture: Mapping[str, Any]) -> dict[str, Any]:
    """Record what a bundle made now rests on.

    Parameters
    ----------
    architecture : mapping
        ``modalities`` and ``thresholds``.

    Returns
    -------
    dict
        ``format``, ``code``, ``limits`` (digest of the checks' limits), ``environment`` (versions, platform) and
        ``vocabulary`` (unit of each SHARP keyword in order, flux of each threshold in W m-2).
    """
    machine = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    return {
        "format": FORMAT,
        "code": code_version(),
        "limits": load_limits().digest,
        "environment": {**environment(), **machine},
        "vocabulary": {
            "keywords": _keywords() if "keywords" in architecture["modalities"] else [],
            "thresholds": {name: THRESHOLDS.get(name) for name in architecture["thresholds"]},
        },
    }


def differences(told: Mapping[str, Any], here: Mapping[str, Any]) -> list[Difference]:
    """Compare two records of `made_here`, the bundle's and one made now for the same architecture.

    Returns
    -------
    list of Difference
        Critical ones first.
    """
    found = [*_of_format(told), *_of_vocabulary(told), *_of_environment(told, here)]
    for name in ("limits", "code"):
        if told.get(name) != here[name]:
            found.append(Difference("note", name, _short(told.get(name)), _short(here[name])))
    return sorted(found, key=lambda row: ("critical", "warning", "note").index(row.level))


def _of_format(told: Mapping[str, Any]) -> Iterator[Difference]:
    number = told.get("format", 1)
    if number != FORMAT:
        # a later format may mean anything; the earlier one only lacks what is compared here
        yield Difference("critical" if number > FORMAT else "warning", "format", str(number), str(FORMAT))


def _of_vocabulary(told: Mapping[str, Any]) -> Iterator[Difference]:
    if "vocabulary" not in told:
        return
    before = _pairs(told["vocabulary"]["keywords"])
    now = _pairs(_keywords()) if before else []
    # by place: another order gives columns another meaning
    for place in range(max(len(before), len(now))):
        was, is_ = (pairs[place] if place < len(pairs) else "nothing" for pairs in (before, now))
        if was != is_:
            yield Difference("critical", f"keywords[{place}]", was, is_)
    for name, flux in told["vocabulary"]["thresholds"].items():
        if flux is None or flux != THRESHOLDS.get(name):
            yield Difference("critical", f"threshold {name}", _flux(flux), _flux(THRESHOLDS.get(name)))


def _keywords() -> list[list[str]]:
    # a list of pairs, because the order is that of the columns
    return [[name, VOCABULARY[name].unit] for name in SHARP_KEYWORDS]


def _flux(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g} W m-2"


def _pairs(keywords: Sequence[Sequence[str]]) -> list[str]:
    return [f"{name} ({unit or 'number'})" for name, unit in keywords]


def _of_environment(told: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Difference]:
    before, now = told.get("environment", {}), here["environment"]
    for name in sorted({*before, *now} - {"sunproof"} if before else ()):
        was, is_ = before.get(name, "absent"), now.get(name, "absent")
        if was != is_:
            yield Difference(_level(name, was, is_), name, was, is_)


def _level(name: str, was: str, is_: str) -> Literal["critical", "warning", "note"]:
    # weights of another major torch may load and mean something else
    if name == "torch" and was.split(".")[0] != is_.split(".")[0]:
        return "critical"
    release = was.split(".")[:2] != is_.split(".")[:2]
    deciding = (name in _DECIDING and release) or name == "platform"
    return "warning" if deciding else "note"


def _short(value: Any) -> str:
    text = "unknown" if value is None else str(value)
    return text[:19] if text.startswith("sha256:") else text


def table(rows: Sequence[Difference]) -> str:
    """Lay the differences out as text, one a line."""
    cells = [Difference("level", "what", "bundle", "here"), *rows]  # type: ignore[arg-type]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join(f"  {line}" for line in lines)


def check_compatible(told: Mapping[str, Any], architecture: Mapping[str, Any], where: str) -> list[Difference]:
    """Refuse a bundle that cannot mean here what it meant where it was made; tell of lesser differences.

    Parameters
    ----------
    told : mapping
        What the bundle says of itself.
    architecture : mapping
        Of its model.
    where : str
        The bundle, for the message.

    Returns
    -------
    list of Difference

    Raises
    ------
    InputError
        With the table, if any difference is critical.
    """
    rows = differences(told, made_here(architecture))
    levels = {row.level for row in rows}
    if "critical" in levels:
        todo = f"Train the model again, or use what made it: sunproof {told.get('code', 'of an unknown version')}."
        raise InputError(Problem(f"made for something else, and refused:\n{table(rows)}\n", where, todo=todo))
    if "warning" in levels:
        say(f"{where}: made under other conditions\n{table(rows)}")
    return rows
