"""Anchors: count and digest of the ledger's last entry, told to a place that its keeper cannot edit."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.store import Ledger, now

__all__ = ["Anchor", "read_anchors", "write"]

_LINE = re.compile(r"sunproof-anchor/1 (\d+) (sha256:[0-9a-f]{64}) (\S+)")
_SECONDS = 30


@dataclass(frozen=True)
class Anchor:
    """The ledger had ``count`` entries, and the last one's payload this digest.

    Parameters
    ----------
    count : int
    head : str
    at : str
        When it was told.
    source : str
        Where it was read.
    """

    count: int
    head: str
    at: str
    source: str

    def __str__(self) -> str:
        return f"sunproof-anchor/1 {self.count} {self.head} {self.at}"


def read_anchors(source: str) -> list[Anchor]:
    """Read every anchor line of a text: a file, a mail, the message of a git tag.

    Parameters
    ----------
    source : str
        A file; or ``git:REPOSITORY:TAG``.

    Returns
    -------
    list of Anchor
        Oldest first.

    Raises
    ------
    InputError
        If it cannot be read, or holds no anchor.
    """
    text = _tag(source) if source.startswith("git:") else _file(source)
    found = [Anchor(int(count), head, at, source) for count, head, at in _LINE.findall(text)]
    if not found:
        # the first line alone: of a private key, given by mistake, the others are the secret
        got = text.partition("\n")[0][:60]
        raise InputError(Problem("no anchor in it", source, got, "a line 'sunproof-anchor/1 COUNT sha256:... TIME'"))
    return sorted(found, key=lambda anchor: anchor.count)


def _file(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem("cannot be read", path, str(error), "a text with anchor lines")) from error


def _tag(source: str) -> str:
    repository, _, tag = source.removeprefix("git:").rpartition(":")
    # the tag object itself: the name of a lightweight tag can be moved without a trace
    command = ["git", "-C", repository or ".", "cat-file", "tag", tag]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise InputError(Problem("no annotated tag", source, done.stderr.strip(), "git:REPOSITORY:TAG"))
    return done.stdout


def write(path: str, target: str) -> int:
    """Add an anchor of the ledger to a text file for the command line.

    The file is only added to; it protects as far as it is out of reach of whoever could rewrite the ledger.

    Raises
    ------
    InputError
        If the file holds something, and no anchor: it is another file, such as the service's key.
    """
    if Path(target).is_file() and Path(target).stat().st_size:
        read_anchors(target)
    with Ledger(path) as ledger:
        anchor = Anchor(*ledger.head(), now(), target)
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    # added at the end: earlier anchors are what tells that a ledger was rewritten
    with Path(target).open("a", encoding="utf-8") as stream:
        stream.write(f"{anchor}\n")
    say(f"{target}: {anchor}")
    return 0
