"""``sunproof archive import KIND PATH OUTPUT``: somebody else's archive into ours, resumable, with receipts."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import xarray as xr

from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.config import ClusterConfig
from sunproof.pipeline.console import progress, say, show_table, track
from sunproof.pipeline.errors import ArchiveError, ConfigError, Problem
from sunproof.pipeline.ingest.archive import Selection, write_group
from sunproof.pipeline.ingest.inventory import inventory, show_inventory
from sunproof.pipeline.ingest.merge import Merge
from sunproof.pipeline.ingest.parts import Part, Refused
from sunproof.pipeline.ingest.storage import seal
from sunproof.pipeline.ingest.workspace import workspace_of
from sunproof.pipeline.interchange.base import Interchange, Piece
from sunproof.pipeline.interchange.pieces import PACKAGE, read_piece, version
from sunproof.pipeline.receipts import digest_file, replacing, write_receipt
from sunproof.pipeline.registry import pick

__all__ = ["import_archive", "show"]


def show(kind: str, path: str, output: str) -> int:
    """Import an archive and print what came of it.

    Parameters
    ----------
    kind : str
        Member of `sunproof.pipeline.interchange`: ``sdoml_v2``, ``suryabench``, ``swan_sf``.
    path : str
        Root of the archive; it is only read.
    output : str
        The Zarr archive to write.

    Returns
    -------
    int
        0 if everything was read, 1 if pieces were set aside.
    """
    refused = import_archive(kind, Path(path), Path(output))
    if refused:
        rows = [(item.path, "\n".join(map(str, item.problems[:3]))) for item in refused]
        show_table(f"Set aside; all reasons in {output}.quarantine.json", ("piece", "problems"), rows)
    say(f"archive: {output}")
    return 1 if refused else 0


def import_archive(kind: str, root: Path, output: Path) -> list[Refused]:
    """Bring every piece of somebody else's archive into ours.

    Pieces and the blocks of each group that are there already are not read again, so a killed run continues.

    Parameters
    ----------
    kind : str
        Member of the registry.
    root : Path
        The archive to import.
    output : Path
        The Zarr archive; beside it come ``.quarantine.json``, ``.inventory.json``, ``.receipt.json`` and, where labels
        come with the archive, ``<output without .zarr>.samples.nc``.

    Returns
    -------
    list of Refused
        Pieces that could not be read.

    Raises
    ------
    ConfigError
        If there is no such kind or folder.
    InputError
        If the folder is not laid out like this kind of archive.
    ArchiveError
        If no piece could be read, or pieces contradict each other about a group's form.
    """
    reader: Interchange = pick(PACKAGE, "INTERCHANGE", kind)
    if not root.is_dir():
        raise ConfigError(Problem("no such folder", "PATH", str(root), f"the root of a {kind} archive"))
    pieces = reader.find(root)
    # parts of a killed run stay in the workspace, named by content: a rerun reads what is missing
    with workspace_of(output) as workspace:
        outcomes = _read(kind, pieces, workspace)
        parts = [outcome for outcome in outcomes if isinstance(outcome, Part)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        # whatever comes of the rest, what was set aside is told
        _write_json(Path(f"{output}.quarantine.json"), [asdict(item) for item in refused])
        if not parts:
            raise ArchiveError([problem for item in refused for problem in item.problems])
        groups = {
            name: _write(reader, name, parts, output, workspace)
            for name in track(sorted({part.group for part in parts}), "writing groups")
        }
        seal(output)
        samples = _write_samples(reader, pieces, output)
        _write_json(Path(f"{output}.inventory.json"), {"groups": groups, "unread": _unread(root, pieces)})
        facts = {"kind": kind, "path": str(root), **samples}
        write_receipt(output, "archive import", facts, {f"{item.path}": item.digest for item in outcomes})
    show_inventory(groups)
    return refused


def _read(kind: str, pieces: Sequence[Piece], workspace: Path) -> list[Part | Refused]:
    from distributed import as_completed

    # the version of the code decides whether a part may be taken again
    code = version(kind)
    outcomes: list[Part | Refused] = []
    workers = min(len(pieces), os.cpu_count() or 1)
    with dask_client(ClusterConfig(kind="local", workers=workers)) as client, progress() as bars:
        # A rerun must not be answered from Dask's memory: pure=False.
        futures = [client.submit(read_piece, kind, code, piece, workspace, pure=False) for piece in pieces]
        bar = bars.add_task("reading", total=len(futures))
        for future in as_completed(futures, loop=client.loop):
            outcomes.append(future.result())
            bars.advance(bar)
    # in the order of names, not of arrival: the same bytes whichever worker was faster
    return sorted(outcomes, key=lambda outcome: (outcome.path, outcome.digest))


def _write(reader: Interchange, name: str, parts: Sequence[Part], output: Path, workspace: Path) -> dict[str, Any]:
    merge = Merge.of(name, reader.layout, [part for part in parts if part.group == name])
    selection = Selection.of(merge, reader.name)
    write_group(output, workspace, selection)
    return {
        "source": reader.name,
        "files": len(merge.parts),
        "records": len(selection.rows),
        "duplicates": selection.attrs["duplicates"],
        "conflicts": selection.attrs["conflicts"],
        "conflict_examples": selection.attrs["conflict_examples"],
        **inventory(selection.times),
    }


def _write_samples(reader: Interchange, pieces: list[Piece], output: Path) -> dict[str, str]:
    samples: xr.Dataset | None = reader.samples(pieces)
    if samples is None:
        return {}
    path = Path(f"{str(output).removesuffix('.zarr')}.samples.nc")
    with replacing(path) as partial:
        samples.to_netcdf(partial, engine="h5netcdf")
    say(f"samples: {path}, {samples.sizes['sample']} rows")
    return {"samples": path.name, "samples_digest": digest_file(path)}


def _unread(root: Path, pieces: Sequence[Piece]) -> list[str]:
    """List files that belong to no piece: a misplaced file must not go missing quietly."""
    claimed = {name for piece in pieces for name in piece.files}
    found = (path.relative_to(root) for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
    return sorted(
        path.as_posix()
        for path in found
        # A store is claimed as a folder, and with it what lies inside.
        if not claimed & {path.as_posix(), *(parent.as_posix() for parent in path.parents)}
    )


def _write_json(path: Path, content: Any) -> None:
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8")
