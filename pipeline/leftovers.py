"""What killed runs left beside an output: told from what a living run writes, and removed once the output is there."""

from __future__ import annotations

import os
import re
import shutil
import socket
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

from sunproof.pipeline.console import say

__all__ = ["claim", "mark", "release", "sweep"]

_OWNER = ".owner"
_PARTIAL = re.compile(r"(\.receipt\.json)?\.(?P<owner>[0-9a-f]+-\d+)-[0-9a-f]{8}\.(partial|old)")
_PARTS = re.compile(r"\.[0-9a-f]{12}\.parts")


def mark() -> str:
    """Name this process among all that may write to one folder, on whatever machine or in whatever container."""
    return f"{_machine()}-{os.getpid()}"


@cache
def _machine() -> str:
    # containers of one machine may share its name, but not its numbers of processes
    namespace, boot = Path("/proc/self/ns/pid"), Path("/proc/sys/kernel/random/boot_id")
    # and machines with one folder in common may share name and namespace: "localhost", or containers of one image
    told = (namespace.readlink() if namespace.is_symlink() else "", boot.read_text() if boot.is_file() else "")
    return format(zlib.crc32(" ".join(map(str, (socket.gethostname(), *told))).encode()), "08x")


def claim(folder: Path) -> None:
    """Make a folder of parts and say in it who works there, beside all who did before.

    Parameters
    ----------
    folder : Path
        A `sweep` knows it by the name ``.<output>.<12 hexadecimal digits>.parts``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{mark()}{_OWNER}").touch()


def release(folder: Path) -> None:
    """Remove a folder of parts that this process needs no more, unless another process of this machine works there.

    Of two runs of one configuration the first that ends would else take the parts of the other. A run that was killed
    on another machine, and went on here, must not keep them for ever.

    Parameters
    ----------
    folder : Path
        As `claim` made it.
    """
    (folder / f"{mark()}{_OWNER}").unlink(missing_ok=True)
    here = [owner.stem for owner in folder.glob(f"{_machine()}-*{_OWNER}")]
    if all(_is_gone(owner) for owner in here):
        shutil.rmtree(folder, ignore_errors=True)


def sweep(output: str | Path) -> None:
    """Remove what runs that were killed left of an output that is finished now.

    Half-written files and folders of `sunproof.pipeline.receipts.replacing`, and folders of parts that `claim` made;
    only of this very output, and only where the process that wrote them was on this machine, since it was started, and
    is no more. What cannot be removed, because it is another user's, say, stays: the output is finished all the same.

    Parameters
    ----------
    output : str or Path
    """
    target = Path(output)
    if not target.exists():
        # a folder that stepped aside may be all there is of it
        return
    left = [path for path in target.parent.glob(f".{_literal(target.name)}.*") if _is_left(path, target.name)]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()
    if removed := sorted(path.name for path in left if not path.exists()):
        say(f"{target}: removed what a killed run left ({', '.join(removed)})")


def _literal(name: str) -> str:
    # Names may hold what a glob takes for a pattern.
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
    # Alive, but somebody else's.
    except PermissionError:
        return False
    return False
