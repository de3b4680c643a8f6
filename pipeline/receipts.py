"""Receipts: digests, canonical JSON, code version, and writing that is whole or not at all."""

from __future__ import annotations

import hashlib
import importlib.metadata
import math
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import rfc8785

from sunproof.pipeline.leftovers import mark, sweep

__all__ = [
    "canonical",
    "code_key",
    "code_version",
    "digest_bytes",
    "digest_file",
    "digest_json",
    "digest_tree",
    "environment",
    "replacing",
    "write_receipt",
]

_PACKAGES = (
    "sunproof",
    "torch",
    "pytorch-lightning",
    "captum",
    "sunpy",
    "astropy",
    "xarray",
    "zarr",
    "dask",
    "numpy",
    "pandas",
)
_PACKAGE_FOLDERS = ("pipeline", "models")


def digest_bytes(data: bytes | memoryview) -> str:
    """SHA-256 of bytes, as ``sha256:<hex>``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_file(path: str | Path) -> str:
    """SHA-256 of a file's bytes, read in blocks, as ``sha256:<hex>``."""
    with Path(path).open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def digest_tree(path: str | Path) -> str:
    """SHA-256 over the relative names and digests of all files below a folder (a Zarr group, a bundle)."""
    root = Path(path)
    # Sorted, since folders list in any order; and no name holds the NUL that ends it below.
    files = sorted(file for file in root.rglob("*") if file.is_file())
    listing = "".join(f"{file.relative_to(root).as_posix()}\0{digest_file(file)}\n" for file in files)
    return digest_bytes(listing.encode())


def canonical(value: Any) -> bytes:
    """RFC 8785 canonical JSON bytes; numpy scalars are unwrapped, NaN becomes null, infinities are refused.

    Raises
    ------
    rfc8785.CanonicalizationError
        For values JSON cannot hold.
    """
    return bytes(rfc8785.dumps(_plain(value)))


def digest_json(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value."""
    return digest_bytes(canonical(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (str, bool)) or value is None:
        return value
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return _plain(value.item())
    if isinstance(value, float):
        # JSON has no NaN: a missing number is null, and its reason stands beside it.
        return None if math.isnan(value) else value
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return value


@cache
def code_version() -> str:
    """Version of the installed package, with the git commit and ``+dirty`` where it runs from a checkout."""
    version = importlib.metadata.version("sunproof")
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return version
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    # Data and results lie untracked in a checkout and change no code.
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    # registries are folders: a module that was dropped in takes part before anybody adds it to git
    added = _git(root, "ls-files", "--others", "--exclude-standard", "--", *_PACKAGE_FOLDERS)
    dirty = "+dirty" if changed or added else ""
    return f"{version}+{commit}{dirty}" if commit else version


@cache
def code_key() -> str:
    """`code_version`, with a digest of the packages' files where they have uncommitted changes.

    What is kept and gone on from is named after it: two states of a dirty checkout have one version, but not one key.
    """
    version = code_version()
    if not version.endswith("+dirty"):
        return version
    root = Path(__file__).resolve().parent.parent
    # digest_tree of each would also read compiled modules, which another run rewrites
    files = [
        file
        for folder in _PACKAGE_FOLDERS
        for file in sorted((root / folder).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]
    listing = "".join(f"{file.relative_to(root).as_posix()}\0{digest_file(file)}\n" for file in files)
    return f"{version}+{digest_bytes(listing.encode())[-12:]}"


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@cache
def environment() -> dict[str, str]:
    """Versions of the packages that decide a result; those not installed are left out."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it takes its place, on failure it is removed.

    Works for files and for folders. A killed process leaves at most a ``.<name>.<id>.partial`` beside the target,
    never half a target; the next run that writes the target's receipt removes it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.parent / f".{target.name}.{mark()}-{uuid.uuid4().hex[:8]}.partial"
    try:
        yield partial
        if target.is_dir() and partial.is_dir():
            # A folder cannot be replaced in one step: the old one steps aside, so that a kill leaves one of the two.
            aside = target.parent / f".{target.name}.{mark()}-{uuid.uuid4().hex[:8]}.old"
            target.rename(aside)
            partial.rename(target)
            if aside.is_symlink():
                # what a link led to is not this run's to remove
                aside.unlink()
            else:
                shutil.rmtree(aside)
        else:
            os.replace(partial, target)
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        else:
            partial.unlink(missing_ok=True)


def write_receipt(
    output: str | Path, command: str, config: Mapping[str, Any], inputs: Mapping[str, str], **facts: Any
) -> Path:
    """Write ``<output>.receipt.json``: command, validated configuration, input digests, code and environment.

    The output is finished then: what killed runs left of it beside it is removed.

    Parameters
    ----------
    output : str or Path
        The product that the receipt is about.
    command : str
        The command that made it.
    config : mapping
        The validated configuration, as plain values.
    inputs : mapping
        Name -> digest of everything read.
    **facts
        Anything else worth keeping.

    Returns
    -------
    Path
        The receipt's path.
    """
    path = Path(f"{output}.receipt.json")
    content = {
        "command": command,
        "config": config,
        "inputs": inputs,
        "code": code_version(),
        "environment": environment(),
        **facts,
    }
    with replacing(path) as partial:
        partial.write_bytes(canonical(content) + b"\n")
    sweep(output)
    return path
