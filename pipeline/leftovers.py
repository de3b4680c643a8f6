"""What killed runs left beside an output: told from what a living run writes, and removed once the output is there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import zlib
from functools import cache
from pathlib import Path

from sunproof.pipeline.console import say

__all__ = ["claim", "mark", "sweep"]

_OWNER = ".owner"
_PARTIAL = re.compile(r"(\.receipt\.json)?\.(?P<owner>[0-9a-f]+-\d+)-[0-9a-f]{8}\.(partial|old)")
_PARTS = re.compile(r"\.[0-9a-f]{12}\.parts")


def mark() -> str:
    """Name this process among all that may write to one folder, on whatever machine or in whatever container."""
    return f"{_machine()}-{os.getpid()}"


@cache
def _machine() -> str:
    # containers of one machine may share its name, but not its numbers of processes
    namespace = Path("/proc/self/ns/pid")
    names = f"{socket.gethostname()} {namespace.readlink() if namespace.is_symlink() else ''}"
    return format(zlib.crc32(names.encode()), "08x")


def claim(folder: Path) -> None:
    """Make a folder of parts and say in it who works there, beside all who did before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{mark()}{_OWNER}").touch()


def sweep(output: str | Path) -> None:
    """Remove what runs that were killed left of an output that is finished now.

    Half-written files and folders of `sunproof.pipeline.receipts.replacing`, and folders of parts that `claim` made;
    only of this very output, and only where the process that wrote them was on this machine and is no more.

    Parameters
    ----------
    output : str or Path
    """
    target = Path(output)
    left = [path for path in target.parent.glob(f".{_literal(target.name)}.*") if _is_left(path, target.name)]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if left:
        say(f"{target}: removed what a killed run left ({', '.join(path.name for path in sorted(left))})")


def _literal(name: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", name)


def _is_left(path: Path, name: str) -> bool:
    ending = path.name.removeprefix(f".{name}")
    if found := _PARTIAL.fullmatch(ending):
        return _is_gone(found["owner"])
    owners = [owner.stem for owner in path.glob(f"*{_OWNER}")] if _PARTS.fullmatch(ending) else []
    return bool(owners) and all(_is_gone(owner) for owner in owners)


def _is_gone(owner: str) -> bool:
    """Whether a process was one of this machine and has ended; another machine's may live."""
    machine, _, number = owner.partition("-")
    if machine != _machine() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
