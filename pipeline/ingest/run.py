"""``sunproof ingest``: raw files into the archive, in parallel, resumable, and never silent about what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunproof.pipeline.cluster import dask_client
from sunproof.pipeline.console import progress, say, show_table
from sunproof.pipeline.errors import ArchiveError, ConfigError, Problem
from sunproof.pipeline.ingest.archive import list_groups
from sunproof.pipeline.ingest.assemble import assemble
from sunproof.pipeline.ingest.config import IngestConfig
from sunproof.pipeline.ingest.images.assemble import assemble_images, plan_images
from sunproof.pipeline.ingest.images.inventory import show_slots
from sunproof.pipeline.ingest.images.part import FramePart, Recipe, read_frame
from sunproof.pipeline.ingest.inventory import show_inventory
from sunproof.pipeline.ingest.parts import Part, Refused, read_part
from sunproof.pipeline.ingest.patches.group import is_patch, set_aside_stale
from sunproof.pipeline.ingest.patches.part import read_patch_part
from sunproof.pipeline.ingest.readers import Reader, readers
from sunproof.pipeline.ingest.workspace import workspace_of
from sunproof.pipeline.receipts import digest_file, replacing, write_receipt

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["run"]

Outcome = Part | FramePart | Refused
_REFUSED = ("file", "source", "problems")
# How files become parts whose pixels depend on the configuration; all others are read by `read_part`.
_IMAGING: dict[str, Callable[..., Outcome]] = {"frames": read_frame, "patches": read_patch_part}
# Files that lie among raw data without being any.
_NOT_DATA = ("fetch.json", ".receipt.json")


def run(config: IngestConfig) -> None:
    """Bring every raw file into the archive.

    The archive is a function of the raw files and the readers' code: how many workers read them, in which order, and
    how often the run was killed in between leaves no trace in its bytes.

    Parameters
    ----------
    config : IngestConfig
        Validated configuration.

    Raises
    ------
    ConfigError
        If there is no raw folder, no file that any source reads, no record in the interval, or no worker.
    ArchiveError
        If no file could be read, files contradict each other about a group's form, or another run writes the archive.
    """
    taking_part = readers(config.sources)
    found = _find(config.raw, taking_part)
    with workspace_of(config.archive) as workspace, dask_client(config.cluster) as client:
        outcomes = _read(client, config, found, workspace)
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        quarantine = Path(f"{config.archive}.quarantine.json")
        _write_json(quarantine, [asdict(item) for item in refused])
        if len(refused) == len(outcomes):
            raise ArchiveError([problem for item in refused for problem in item.problems])
        groups, set_aside = _assemble(client, config, taking_part, outcomes, workspace)
        refused += set_aside
        _write_json(quarantine, [asdict(item) for item in refused])
        # a source that was left out leaves its files unread, which is no mistake
        unread = [] if config.sources else _unclaimed(config.raw, found)
        # Nothing is deleted because a disk is not mounted today; but it is said.
        kept = sorted(set(list_groups(config.archive)) - set(groups))
        report = {"groups": groups, "kept": kept, "quarantined": [item.path for item in refused], "unread": unread}
        _write_json(Path(f"{config.archive}.inventory.json"), report)
        inputs = {item.path: item.digest for item in outcomes}
        write_receipt(config.archive, "ingest", config.model_dump(mode="json"), inputs)
    _show(config.archive, groups, kept, refused, unread)


def _find(raw: Path, taking_part: Sequence[Reader]) -> list[tuple[Reader, Path]]:
    if not raw.is_dir():
        raise ConfigError(Problem("no such folder", "configuration: raw", str(raw), "the folder of the raw files"))
    found = [(reader, path) for reader in taking_part for path in reader.source.find(raw)]
    if not found:
        patterns = [pattern for reader in taking_part for pattern in reader.source.patterns]
        wanted = f"files that match {', '.join(patterns)}"
        todo = "Run sunproof fetch or sunproof simulate, or correct the folder."
        raise ConfigError(Problem("no raw file that any source reads", str(raw), 0, wanted, todo))
    return found


def _assemble(
    client: Client, config: IngestConfig, taking_part: Sequence[Reader], outcomes: Sequence[Outcome], workspace: Path
) -> tuple[dict[str, dict[str, Any]], list[Refused]]:
    """Write tables, light curves and images; also give the frames that may stand in no slot."""
    parts, stale = set_aside_stale([outcome for outcome in outcomes if isinstance(outcome, Part)])
    patches = {part.group for part in parts if is_patch(part)}
    images = plan_images(config, [outcome for outcome in outcomes if isinstance(outcome, FramePart)], patches)
    if unwanted := patches - set(config.images.groups or patches):
        parts = [part for part in parts if part.group not in unwanted]
    # An archive without any record is a mistake in the interval, which `assemble` tells.
    seen = any(group.holds_something for group in images)
    groups = assemble(config, taking_part, parts, workspace, alone=not seen) if parts or not seen else {}
    found, set_aside = assemble_images(client, config, images, workspace)
    return dict(sorted({**groups, **found}.items())), stale + set_aside


def _read(client: Client, config: IngestConfig, found: Sequence[tuple[Reader, Path]], workspace: Path) -> list[Outcome]:
    from distributed import as_completed

    outcomes: list[Outcome] = []
    imaging = {reader.name: reader for reader, _ in found if reader.source.layout.kind in _IMAGING}
    recipes = {name: Recipe.of(reader, config.images) for name, reader in imaging.items()}
    with progress() as bars:
        # The same content under two names, or a rerun, must not be answered from Dask's memory: pure=False.
        futures = {
            client.submit(
                _IMAGING.get(reader.source.layout.kind, read_part),
                recipes.get(reader.name, reader),
                config.raw,
                path,
                workspace,
                pure=False,
            ): (reader, path)
            for reader, path in found
        }
        bar = bars.add_task("reading", total=len(futures))
        for future in as_completed(futures, loop=client.loop):
            outcomes.append(_outcome(future, config.raw, *futures[future]))
            bars.advance(bar)
    # by path, whichever worker was first: the same bytes every time
    return sorted(outcomes, key=lambda outcome: (outcome.path, outcome.digest))


def _outcome(future: Future, raw: Path, reader: Reader, path: Path) -> Outcome:
    error = future.exception()
    if error is None:
        outcome: Outcome = future.result()
        return outcome
    # Whatever a reader did not foresee (a library's own error, a worker that a broken file killed) costs one file.
    relative = path.relative_to(raw).as_posix()
    problem = Problem(
        "the reader failed", relative, f"{type(error).__name__}: {error}", todo="If the file is good, report this."
    )
    return Refused(relative, _digest(path), reader.name, (problem,))


def _digest(path: Path) -> str:
    try:
        return digest_file(path)
    except OSError:
        return ""  # what cannot be opened has no digest; the problem says why


def _unclaimed(raw: Path, found: Sequence[tuple[Reader, Path]]) -> list[str]:
    """List files that no source reads: a misnamed file must not go missing quietly."""
    claimed = {path for _, path in found}
    files = (path for path in raw.rglob("*") if path.is_file() and path not in claimed)
    names = (path.relative_to(raw).as_posix() for path in files)
    return sorted(name for name in names if not name.endswith(_NOT_DATA) and "/." not in f"/{name}")


def _write_json(path: Path, content: Any) -> None:
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=1, sort_keys=True, default=str) + "\n", encoding="utf-8")


def _briefly(refused: Refused) -> list[str]:
    """Give the first problems of a file without repeating its name."""
    return [str(problem).rpartition(refused.path)[2].lstrip(":, ") for problem in refused.problems[:3]]


def _show(
    archive: Path,
    groups: dict[str, dict[str, Any]],
    kept: Sequence[str],
    refused: Sequence[Refused],
    unread: Sequence[str],
) -> None:
    show_inventory(groups)
    show_slots(groups)
    if refused:
        rows = [(item.path, item.source, "\n".join(_briefly(item))) for item in refused]
        show_table(f"Set aside: {len(refused)} files, all reasons in {archive}.quarantine.json", _REFUSED, rows)
    if kept:
        say(f"groups without a raw file now, left as they were: {', '.join(kept)}")
    if unread:
        say(f"{len(unread)} files that no source reads, e.g. {unread[0]}; all are listed in {archive}.inventory.json")
    conflicts = sum(group["conflicts"] for group in groups.values())
    if conflicts:
        say(f"{conflicts} records contradicted a later file and were not believed; see {archive}.inventory.json")
    say(f"archive: {archive}")
