"""From parts to groups: checked together before anything is written, then each written whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sunproof.pipeline.console import track
from sunproof.pipeline.errors import ArchiveError, ConfigError, Problem, ProblemList
from sunproof.pipeline.ingest.archive import Selection, write_group
from sunproof.pipeline.ingest.config import IngestConfig
from sunproof.pipeline.ingest.inventory import inventory
from sunproof.pipeline.ingest.merge import Merge
from sunproof.pipeline.ingest.parts import Part
from sunproof.pipeline.ingest.readers import Reader
from sunproof.pipeline.ingest.storage import seal

__all__ = ["assemble"]


def assemble(
    config: IngestConfig, taking_part: Sequence[Reader], parts: Sequence[Part], workspace: Path, alone: bool = True
) -> dict[str, dict[str, Any]]:
    """Write every group that the parts make up.

    Parameters
    ----------
    config : IngestConfig
        For the archive's path and the interval.
    taking_part : sequence of Reader
        The sources that read the parts.
    parts : sequence of Part
        In any order.
    workspace : Path
        Where groups are built.
    alone : bool
        Whether nothing else fills the archive, so that it may not stay without any record.

    Returns
    -------
    dict
        Group -> what it holds (`inventory`, and counts of files, records, duplicates and conflicts).

    Raises
    ------
    ArchiveError
        If files contradict each other about a group's form, or a group mixes simulated and real files.
    ConfigError
        If no record lies in the interval.
    """
    selections = _select(config, taking_part, parts)
    if alone and not any(len(selection.rows) for selection in selections):
        interval = f"{config.start or 'the beginning'} to {config.end or 'the end'}"
        todo = "Correct start and end, or fetch this interval; images lie within images.tolerance_seconds of a slot."
        raise ConfigError(Problem("no record lies in the interval", str(config.raw), interval, "records", todo))
    groups = {
        selection.merge.name: _write(config.archive, workspace, selection)
        for selection in track(selections, "writing groups")
    }
    seal(config.archive)
    return groups


def _select(config: IngestConfig, taking_part: Sequence[Reader], parts: Sequence[Part]) -> list[Selection]:
    by_name = {str(reader): reader.source for reader in taking_part}
    problems = ProblemList(str(config.archive), ArchiveError)
    missing = {str(name): stretches for name, stretches in config.missing.items()}
    selections = []
    for name in sorted({part.group for part in parts}):
        members = [part for part in parts if part.group == name]
        sources = sorted({part.reader for part in members})
        if len(sources) > 1:
            problems.add("two sources fill one group", name, sources, "one source a group")
            continue
        try:
            source = by_name[sources[0]]
            merge = Merge.of(name, source.layout, members)
            selections.append(Selection.of(merge, source.name, config.start, config.end, missing.get(name, ())))
        except ArchiveError as error:
            problems.problems.extend(error.problems)
    # all that is wrong with any group, before one of them is written
    problems.check()
    return selections


def _write(archive: Path, workspace: Path, selection: Selection) -> dict[str, Any]:
    write_group(archive, workspace, selection)
    return {
        "source": selection.source,
        "files": len(selection.merge.parts),
        "records": len(selection.rows),
        "duplicates": selection.attrs["duplicates"],
        "conflicts": selection.attrs["conflicts"],
        "conflict_examples": selection.attrs["conflict_examples"],
        **inventory(selection.times),
    }
