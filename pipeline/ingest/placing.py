"""Move what was built beside an archive into it, whole, and leave alone what is there already."""

from __future__ import annotations

import filecmp
from pathlib import Path

import zarr

from sunproof.pipeline.ingest.storage import unseal
from sunproof.pipeline.receipts import replacing

__all__ = ["found_archive", "move_in"]


def found_archive(archive: Path, version: int) -> None:
    """Create an empty archive where there is none."""
    if not (archive / "zarr.json").exists():
        archive.mkdir(parents=True, exist_ok=True)
        zarr.create_group(store=archive, zarr_format=3, attributes={"archive_format": version})


def move_in(folder: Path, place: Path) -> None:
    """Put a finished folder in its place, unless the same bytes lie there already."""
    if not place.exists() or not _same(folder, place):
        # From here until the run ends, the root's copy of this group's metadata would be out of date: better none.
        unseal(place.parent)
        with replacing(place) as partial:
            folder.rename(partial)


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files; blocks that are links to one file need not be read."""
    names, others = ({path.relative_to(root) for path in root.rglob("*") if path.is_file()} for root in (one, other))
    return names == others and all(
        (one / name).samefile(other / name) or filecmp.cmp(one / name, other / name, shallow=False) for name in names
    )
