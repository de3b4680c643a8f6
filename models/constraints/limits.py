"""The frozen limits of all checks: one YAML file, its version and its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sunproof.models.constraints.base import Limits
from sunproof.pipeline.errors import ConfigError, ProblemList

__all__ = ["Gate", "LimitsFile", "load_limits", "tables_digest"]

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Gate:
    """How objections are weighed against each other.

    Parameters
    ----------
    forecasts : int
        Good forecasts on which the shares were counted.
    objected : mapping
        Check id -> reason -> of how many of them it asks for review so; what is not named met none.
    level : float
        Suspicion in nats from which any forecast is put to review.
    per_nat : float
        What a forecast has to say beyond the limit of K3 for each nat of suspicion that it is accepted with.
    unknown : float
        The level of a forecast of which K3 cannot tell what it says.
    """

    forecasts: int
    objected: Mapping[str, Mapping[str, int]]
    level: float
    per_nat: float
    unknown: float


@dataclass(frozen=True)
class LimitsFile:
    """The limits as read.

    Parameters
    ----------
    version : str
        Version as written in the file; every change of a value needs a new one.
    digest : str
        SHA-256 of the file's bytes, ``sha256:<hex>``, as ``sha256sum`` prints it.
    checks : mapping
        Check id -> limit name -> value.
    gate : Gate
    """

    version: str
    digest: str
    checks: Mapping[str, Limits]
    gate: Gate

    def of(self, check: str) -> Limits:
        """Limits of one check; empty where it has none."""
        return _Named(self.checks.get(check, {}), check)


class _Named(dict[str, Any]):
    """Limits of one check, which tell where one belongs that is asked for and not there."""

    def __init__(self, limits: Limits, check: str) -> None:
        super().__init__(limits)
        self._check = check

    def __missing__(self, name: str) -> Any:
        raise KeyError(f"limits.yaml has no {name!r} for check {self._check}: write it there, with its provenance")


@cache
def load_limits(path: Path | None = None) -> LimitsFile:
    """Read the limits.

    Parameters
    ----------
    path : Path, optional
        By default ``models/constraints/limits.yaml``, which ships with the package.

    Returns
    -------
    LimitsFile

    Raises
    ------
    ConfigError
        If the file does not hold a version and a block of numbers a check; every mistake is named.
    """
    path = path or _HERE / "limits.yaml"
    # bytes of the file: a change of a comment is told as well, for certificates name the digest
    data = path.read_bytes()
    tree = yaml.safe_load(data)
    problems = ProblemList(str(path), ConfigError)
    if not isinstance(tree, dict) or not isinstance(tree.get("version"), str):
        problems.add("no version", "version", tree.get("version") if isinstance(tree, dict) else tree, "a text")
        problems.check()
    blocks = tree.get("checks")
    if not isinstance(blocks, dict):
        problems.add("no limits", "checks", blocks, "a mapping of check id to limits")
        problems.check()
    for check, block in blocks.items():
        for name, value in _items(block):
            # a bool is an int in Python, and "yes" in YAML is a bool
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                problems.add("limit is not a number", f"checks.{check}.{name}", value, "a number")
    gate = _gate(tree.get("gate"), problems)
    problems.check()
    return LimitsFile(tree["version"], _digest([path]), blocks, gate)


def _gate(block: object, problems: ProblemList) -> Gate:
    """Read how objections are weighed; a file without it lets every check decide alone."""
    block = {} if block is None else block
    if not isinstance(block, dict) or set(block) - set(Gate.__annotations__):
        problems.add("wrong gate", "gate", block, f"a mapping of {', '.join(Gate.__annotations__)}")
        return Gate(0, {}, 0.0, 1.0, 0.0)
    counts, objected = {"forecasts": block.get("forecasts", 0)}, block.get("objected", {})
    if not isinstance(objected, dict):
        problems.add("wrong objections", "gate.objected", objected, "a mapping of check id to reasons")
        objected = {}
    for check, reasons in objected.items():
        counts |= {f"objected.{check}.{reason}": value for reason, value in _items(reasons)}
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            problems.add(
                "count of forecasts is not a whole number", f"gate.{name}", value, "a whole number of 0 or more"
            )
    return Gate(block.get("forecasts", 0), objected, **_levels(block, problems))


def _levels(block: dict[str, Any], problems: ProblemList) -> dict[str, float]:
    numbers = {"level": 0.0, "per_nat": 1.0, "unknown": 0.0}
    numbers = {name: block.get(name, default) for name, default in numbers.items()}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (name == "per_nat" and value <= 0):
            wanted = "a number above 0" if name == "per_nat" else "a number of nats"
            problems.add(f"{name} is not a number", f"gate.{name}", value, wanted)
    return numbers


def _items(block: object) -> list[tuple[str, object]]:
    if not isinstance(block, dict):
        return [("(block)", block)]
    return [(str(name), value) for name, value in block.items()]


@cache
def tables_digest() -> str:
    """SHA-256 over the reference tables beside the limits, in order of their names."""
    return _digest(sorted((_HERE / "tables").glob("*.yaml")))


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return "sha256:" + digest.hexdigest()
