"""Which sources take part, and the version of each one's code: what a part depends on besides its file."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sunproof.pipeline.errors import ConfigError, ProblemList
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.registry import members
from sunproof.pipeline.sources.base import Source

__all__ = ["PACKAGE", "Reader", "readers", "version_of"]

PACKAGE = "sunproof.pipeline.sources"


@dataclass(frozen=True)
class Reader:
    """A source and the version of the code that reads its files.

    Parameters
    ----------
    source : Source
        Member of the registry.
    version : str
        Twelve hexadecimal digits over the source's module and every module of its folder that it imports; a file whose
        part was read by another version is read again.
    """

    source: Source
    version: str

    @property
    def name(self) -> str:
        """Name of the source, and of its parts' folder."""
        return self.source.name

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def readers(names: Sequence[str], package: str = PACKAGE) -> list[Reader]:
    """List the sources that take part.

    Parameters
    ----------
    names : sequence of str
        Names of sources; empty for all there are.
    package : str
        Import name of the registry's folder.

    Raises
    ------
    ConfigError
        With every name that is no source.
    """
    known = members(package, "SOURCE")
    problems = ProblemList("configuration: sources", ConfigError)
    for name in names:
        if name not in known:
            problems.add("no such source", "", name, f"one of {', '.join(known)}")
    problems.check()
    return [Reader(known[name], version_of(package, name)) for name in sorted(names or known)]


def version_of(package: str, name: str) -> str:
    """Twelve hexadecimal digits over a module and every module of its folder that it imports."""
    folder = Path(next(iter(importlib.import_module(package).__path__)))
    found: dict[str, bytes] = {}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        path = folder / f"{module}.py"
        if module not in found and path.exists():
            found[module] = path.read_bytes()
            waiting.extend(_siblings(found[module], package))
    return digest_bytes(b"\0".join(found[module] for module in sorted(found))).removeprefix("sha256:")[:12]


def _siblings(code: bytes, package: str) -> Iterator[str]:
    """Names of modules of the same folder that a module imports, at its top or inside functions."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            yield (node.module or "").removeprefix(f"{package}.")
        elif isinstance(node, ast.Import):
            yield from (a.name.removeprefix(f"{package}.") for a in node.names if a.name.startswith(f"{package}."))
