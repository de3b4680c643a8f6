"""Which version of docs/archive.md is read here; any other is refused."""

from __future__ import annotations

from typing import Any

from sunproof.pipeline.errors import ArchiveError, Problem

__all__ = ["FORMAT", "check_format"]

FORMAT = 1
"""Version of docs/archive.md that archives are written by."""


def check_format(told: Any, where: str) -> None:
    """Refuse what follows another version: its names or units may mean something else.

    Parameters
    ----------
    told : object
        The attribute ``archive_format``.
    where : str
        Archive or group, for the message.

    Raises
    ------
    ArchiveError
        If it is not `FORMAT`.
    """
    if told != FORMAT:
        todo = "Ingest again, or read it with the sunproof that wrote it."
        raise ArchiveError(Problem("unknown archive_format", where, told, str(FORMAT), todo))
