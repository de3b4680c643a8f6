"""From frames to image groups: slots chosen, blocks written in parallel, each group moved in whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sunproof.pipeline.console import progress
from sunproof.pipeline.errors import ArchiveError, ConfigError, Problem, ProblemList
from sunproof.pipeline.ingest.config import IngestConfig
from sunproof.pipeline.ingest.images.block import Block, write_block
from sunproof.pipeline.ingest.images.clock import schedule
from sunproof.pipeline.ingest.images.group import ImageGroup, write_image_group
from sunproof.pipeline.ingest.images.inventory import slot_inventory
from sunproof.pipeline.ingest.images.part import FramePart
from sunproof.pipeline.ingest.inventory import inventory
from sunproof.pipeline.ingest.parts import Refused
from sunproof.pipeline.ingest.storage import seal

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["assemble_images", "plan_images"]

# What a frame that stands in no slot is told; the reason begins so in the schedule.
_REMEDIES = {
    "rejected": "images.reject_bits changes which flags reject.",
    "stale": "The camera or a server repeated an old image under a new time.",
    "byte-identical": "Remove one of them.",
    "superseded": "",
}


def plan_images(config: IngestConfig, frames: Sequence[FramePart], others: Collection[str] = ()) -> list[ImageGroup]:
    """Choose slots for the frames of every configured group.

    Parameters
    ----------
    config : IngestConfig
        Names the groups, and gives their clocks and grids.
    frames : sequence of FramePart
        All frames there are.
    others : collection of str
        Groups of patches, which the configuration may name too.

    Raises
    ------
    ArchiveError
        If two sources fill one group.
    ConfigError
        If a group is asked for that no file fills.
    """
    asked = set(config.images.groups)
    names = sorted({frame.group for frame in frames})
    if absent := sorted(asked.difference(names, others)):
        known = ", ".join(sorted({*names, *others}))
        raise ConfigError(Problem("no file fills these groups", "images.groups", absent, f"some of {known}"))
    problems = ProblemList(str(config.archive), ArchiveError)
    groups = []
    for name in sorted(asked.intersection(names) if asked else names):
        # by path: the order in which workers finished must not reach the archive
        members = tuple(sorted((f for f in frames if f.group == name), key=lambda f: (f.path, f.digest)))
        sources = sorted({frame.reader for frame in members})
        if len(sources) > 1:
            problems.add("two sources fill one group", name, sources, "one source a group")
            continue
        product = config.images.product(name)
        clock = (product.cadence_seconds or 0.0, product.tolerance_seconds or 0.0)
        slots = schedule(members, *clock, config.start, config.end)
        source = sources[0].partition("@")[0]
        groups.append(ImageGroup(name, source, members, slots, product, config.images.dtype))
    problems.check()
    return groups


def assemble_images(
    client: Client, config: IngestConfig, groups: Sequence[ImageGroup], workspace: Path
) -> tuple[dict[str, dict[str, Any]], list[Refused]]:
    """Write image groups.

    Parameters
    ----------
    client : distributed.Client
        Whose workers write the blocks.
    config : IngestConfig
        For the archive's path.
    groups : sequence of ImageGroup
        From `plan_images`.
    workspace : Path
        Where blocks are kept and groups are built.

    Returns
    -------
    dict, list of Refused
        Group -> what it holds, for the inventory; and every frame that may stand in no slot, with its reason.
    """
    found = {}
    for group, blocks in zip(groups, _write_blocks(client, groups, workspace), strict=True):
        write_image_group(config.archive, workspace, group, blocks)
        found[group.name] = _holdings(group)
    if groups:
        seal(config.archive)
    return found, [refused for group in groups for refused in _refused(group)]


def _write_blocks(client: Client, groups: Sequence[ImageGroup], workspace: Path) -> list[list[Block]]:
    from distributed import as_completed

    futures = {}
    for place, group in enumerate(groups):
        folder = workspace / "blocks" / group.name
        for index, frames in group.blocks().items():
            # pure=False, or Dask would answer a rerun from its memory while the file is gone
            futures[client.submit(write_block, folder, group.pixels, index, frames, pure=False)] = place
    found: list[list[Block]] = [[] for _ in groups]
    with progress() as bars:
        bar = bars.add_task("writing blocks", total=len(futures))
        for future in as_completed(futures, loop=client.loop):
            found[futures[future]].append(future.result())
            bars.advance(bar)
    return [sorted(blocks) for blocks in found]


def _holdings(group: ImageGroup) -> dict[str, Any]:
    slots = group.schedule
    return {
        "source": group.source,
        "files": len(group.frames),
        "records": int((slots.chosen >= 0).sum()),
        "duplicates": sum(why.startswith("byte-identical") for why in slots.refused.values()),
        "conflicts": sum(why.startswith("superseded") for why in slots.refused.values()),
        "conflict_examples": [
            {"not_believed": group.frames[index].path, "believed": why.removeprefix("superseded by ")}
            for index, why in sorted(slots.refused.items())
            if why.startswith("superseded")
        ][:5],
        "unused": len(slots.unused),
        **inventory(slots.times[slots.chosen >= 0]),
        "slots": slot_inventory(slots),
    }


def _refused(group: ImageGroup) -> list[Refused]:
    found = []
    for index, why in sorted(group.schedule.refused.items()):
        frame = group.frames[index]
        todo = next(text for start, text in _REMEDIES.items() if why.startswith(start))
        problem = Problem("the frame may stand in no slot", frame.path, why, "", todo)
        found.append(Refused(frame.path, frame.digest, group.source, (problem,)))
    return found
