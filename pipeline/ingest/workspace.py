"""The hidden folder beside an archive that holds its parts, locked against a second run."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sunproof.pipeline.errors import ArchiveError, Problem
from sunproof.pipeline.ingest.format import check_place

__all__ = ["workspace_of"]


@contextmanager
def workspace_of(archive: Path) -> Iterator[Path]:
    """Give the folder ``.<archive>.parts`` beside the archive; the parts in it are what makes a run resumable.

    Raises
    ------
    ArchiveError
        If another run holds it, or the archive follows another version of docs/archive.md.
    """
    # before anything is made: an archive of another version is left alone
    check_place(archive)
    folder = archive.parent / f".{archive.name}.parts"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the kernel lets go of it however the process ends
        except BlockingIOError as error:
            problem = Problem(
                "another run writes this archive", str(archive), wanted="one at a time", todo="Wait for it."
            )
            raise ArchiveError(problem) from error
        _clean(folder, archive)
        yield folder
        shutil.rmtree(folder / "building", ignore_errors=True)


def _clean(folder: Path, archive: Path) -> None:
    for debris in (*folder.glob("*/.*.partial"), *archive.glob(".*.partial"), *archive.glob(".*.old")):
        if debris.is_dir():
            shutil.rmtree(debris)
        else:
            debris.unlink(missing_ok=True)
