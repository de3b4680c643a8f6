"""Which version of docs/archive.md is read here; any other is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sunproof.pipeline.errors import ArchiveError, Problem

__all__ = ["FORMAT", "check_format", "check_place"]

FORMAT = 1
"""Version of docs/archive.md that archives are written by."""


_READ = "Ingest again, or read it with the sunproof that wrote it."
_WRITE = "Give another path, or move what is there away; nothing was written."


def check_format(told: Any, where: str, todo: str = _READ) -> None:
    """Refuse what follows another version: its names or units may mean something else.

    Parameters
    ----------
    told : object
        The attribute ``archive_format``.
    where : str
        Archive or group, for the message.
    todo : str
        What to do about it.

    Raises
    ------
    ArchiveError
        If it is not `FORMAT`.
    """
    if told != FORMAT:
        raise ArchiveError(Problem("unknown archive_format", where, told, str(FORMAT), todo))


def check_place(archive: Path) -> None:
    """Refuse to add to an archive that follows another version: its groups and ours could not be read together.

    Parameters
    ----------
    archive : Path
        Where an archive is about to be written; there may be none.

    Raises
    ------
    ArchiveError
        If there is an archive of another version, or one whose root cannot be read.
    """
    root = archive / "zarr.json"
    if not root.is_file():
        return
    try:
        attributes = json.loads(root.read_text(encoding="utf-8")).get("attributes", {})
    except ValueError as error:
        raise ArchiveError(Problem("unreadable root of an archive", str(root), str(error), "JSON", _WRITE)) from error
    check_format(attributes.get("archive_format", FORMAT), str(archive), _WRITE)
