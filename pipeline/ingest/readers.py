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
# Folders whose code, where a source uses it, decides what values are read out of a file.
_COMPUTING = ("sunproof.models.physics", "sunproof.pipeline.samples", "sunproof.pipeline.ingest")


@dataclass(frozen=True)
class Reader:
    """A source and the version of the code that reads its files.

    Parameters
    ----------
    source : Source
        Member of the registry.
    version : str
        Twelve hexadecimal digits over the source's module and everything of ours that it computes with; a file whose
        part was read by another version is read again. See `version_of`.
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
    """Twelve hexadecimal digits over a module and every module that it computes with.

    Those are modules of its folder, physics, and the reading of images and magnetograms; others (errors, vocabulary,
    receipts) change no value.

    Parameters
    ----------
    package, name : str
        Import name of the registry's folder, and module in it.
    """
    found: dict[str, bytes] = {}
    waiting = [f"{package}.{name}"]
    while waiting:
        module = waiting.pop()
        path = _file(module)
        if module not in found and path is not None:
            found[module] = path.read_bytes()
            waiting.extend(_imported(found[module], (package, *_COMPUTING)))
    return digest_bytes(b"\0".join(found[module] for module in sorted(found))).removeprefix("sha256:")[:12]


def _file(module: str) -> Path | None:
    """Give the file of a module of a package, without importing the module: physics needs torch."""
    parent, _, name = module.rpartition(".")
    path = Path(next(iter(importlib.import_module(parent).__path__))) / f"{name}.py"
    return path if path.exists() else None


def _imported(code: bytes, folders: Sequence[str]) -> Iterator[str]:
    """Names of modules of some folders that a module imports, at its top or inside functions."""
    inside = tuple(f"{folder}." for folder in folders)
    for node in ast.walk(ast.parse(code)):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module in folders
            names = [f"{node.module}.{alias.name}" for alias in node.names] if whole else [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name for name in names if name.startswith(inside))
