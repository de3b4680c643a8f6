"""Inputs found by their digests: the archive and the bundle that a certificate names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.receipts import digest_tree
from sunproof.pipeline.training.shelf import BUILTIN, bundle_folder

__all__ = ["find_inputs"]


def find_inputs(wanted: Mapping[str, str], places: Sequence[str | Path], given: Mapping[str, str]) -> dict[str, Path]:
    """Find archive and bundle.

    Parameters
    ----------
    wanted : mapping
        ``archive`` and ``bundle`` -> digest, as the certificates name them.
    places : sequence of str or Path
        Folders that are looked through, two levels deep, in this order.
    given : mapping
        Paths that are already known; held against their digest.

    Returns
    -------
    dict
        Name -> path.

    Raises
    ------
    InputError
        With everything that was not found, and what was there instead.
    """
    problems = ProblemList("inputs of the certificates", InputError)
    found: dict[str, Path] = {}
    for name, digest in wanted.items():
        candidates = [bundle_folder(given[name])] if given.get(name) else list(_candidates(name, places))
        seen = {}
        for path in candidates:
            # the digest of nothing would look like that of another file
            seen[str(path)] = digest_tree(path) if path.exists() else "nothing there"
            # the digest decides, whatever the folder is called
            if seen[str(path)] == digest:
                found[name] = path
                break
        else:
            todo = f"Give it with --{name}, or a folder to look through with --search."
            problems.add("not found by its digest", name, seen or "none there", digest, todo)
    problems.check()
    return found


def _candidates(name: str, places: Sequence[str | Path]) -> Iterator[Path]:
    """Yield folders that look like an archive (Zarr) or a bundle, each once."""
    mark = {"archive": "zarr.json", "bundle": "model.json"}[name]
    known = set()
    for place in places:
        for depth in ("", "*/", "*/*/"):
            for file in sorted(Path(place).glob(f"{depth}{mark}")):
                folder = file.parent.resolve()
                # groups of an archive have the same mark as the archive
                if folder not in known and not (folder.parent / mark).exists():
                    known.add(folder)
                    yield folder
    if name == "bundle" and (own := bundle_folder(BUILTIN)).is_dir():
        yield own
