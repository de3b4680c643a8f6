"""From the archive to ``samples.nc``: slots, labels, blocks, summary and receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline import console, receipts
from sunproof.pipeline.samples.catalogue import DISK, Catalogue, load_catalogue
from sunproof.pipeline.samples.config import LabelConfig
from sunproof.pipeline.samples.coverage import load_coverage, xrs_groups
from sunproof.pipeline.samples.held_out import LEARNT, held_out_regions, held_out_rows
from sunproof.pipeline.samples.labels import REASONS, label
from sunproof.pipeline.samples.reading import group_names, texts
from sunproof.pipeline.samples.regions import RegionMap, load_regions
from sunproof.pipeline.samples.slots import make_slots
from sunproof.pipeline.samples.splits import assign_blocks
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.vocabulary import THRESHOLDS, check, describe

__all__ = ["KEPT", "make_samples", "write_samples"]

KEPT = "region of a held-out case"
"""Why a sample is in no block although it lies within one."""


def make_samples(config: LabelConfig) -> xr.Dataset:
    """Build the samples of a configuration.

    Parameters
    ----------
    config : LabelConfig
        What to label.

    Returns
    -------
    xarray.Dataset
        As in docs/architecture.md, Samples.

    Raises
    ------
    ArchiveError, InputError
        If the archive lacks what labels need.
    """
    regions = load_regions(config.archive)
    catalogue = load_catalogue(config.archive, config.catalogue, regions)
    slots = make_slots(config.archive, config, regions)
    # labels count from the start of the windows, which need not be the time of issue
    start = slots["window_start"].to_numpy()
    observed, told = _observed(config, start)
    labels = label(
        catalogue,
        entity_segments(slots, regions),
        start,
        config.windows,
        config.thresholds,
        drop_unassigned=config.unassigned == "drop",
        observed=observed,
        min_coverage=config.min_coverage,
    )
    samples = slots.assign(labels)
    samples = samples.assign(_blocks(samples, config, regions))
    samples = samples.assign_coords(
        threshold=np.asarray(config.thresholds, dtype=object),
        window=np.asarray(config.windows, dtype=float),
        threshold_flux=("threshold", np.array([THRESHOLDS[name] for name in config.thresholds])),
    )
    samples.attrs = {
        "classes": "cumulative",
        "windows": "nested",
        "goes_scale": catalogue.scale,
        "catalogue": catalogue.name,
        "catalogue_coverage": f"{catalogue.start} to {catalogue.end}",
        "flare_time": config.catalogue.time,
        "unassigned": config.unassigned,
        "xray_coverage": told,
        "history_hours": config.history_hours,
        **catalogue.facts,
        **_silent(catalogue, start.min(), start.max() + _longest(config)),
        **slots.attrs,
    }
    return check(describe(samples), "samples")


def _blocks(samples: xr.Dataset, config: LabelConfig, regions: RegionMap) -> dict[str, tuple[str, NDArray[Any]]]:
    """Put rows into blocks, and tell why some are in none."""
    block = assign_blocks(samples, config, regions)
    outside = "in a gap, or its region is in another block" if config.split else "not split"
    reason = np.where(block == "none", outside, "").astype(object)
    if config.held_out is not None:
        held_out = held_out_regions(config.held_out, bool(samples.attrs.get("simulated", 0)))
        # test rows of a held-out region stay: only what is learnt from must not know it
        kept = held_out_rows(samples, held_out, regions).any(axis=1) & np.isin(block.astype(str), LEARNT)
        block[kept], reason[kept] = "none", KEPT
        console.say(f"{config.held_out}: {len(held_out)} held-out cases keep {kept.sum()} samples out of training")
    return {"block": ("sample", block), "block_reason": ("sample", reason)}


def entity_segments(rows: xr.Dataset, regions: RegionMap) -> NDArray[np.int64]:
    """Timeline segments of rows: the full disk's own, or the region's."""
    disk = texts(rows["entity"]) == "full_disk"
    harp, noaa = (rows[name].to_numpy().astype(np.int64) for name in ("harpnum", "noaa_ar"))
    segment = np.full(len(disk), DISK)
    segment[~disk] = regions.segment(harp[~disk], noaa[~disk])
    return segment


def _observed(config: LabelConfig, start: NDArray[Any]) -> tuple[NDArray[np.float64] | None, str]:
    """Observed fraction of each window from the archive's X-ray series, and what to say about it."""
    if config.min_coverage == 0:
        return None, "not asked for; the catalogue's own coverage counts"
    # the longest window of the last row ends so late
    coverage = load_coverage(config.archive, start.min(), start.max() + _longest(config))
    if coverage is None:
        return None, "no X-ray series overlaps; the catalogue's own coverage counts"
    fractions = np.stack([coverage.fraction(start, hours) for hours in config.windows], axis=-1)
    return fractions, f"at least {config.min_coverage:g} of the window wherever a series spans it"


def _longest(config: LabelConfig) -> np.timedelta64:
    return np.timedelta64(round(max(config.windows) * 3600), "s")


def _silent(catalogue: Catalogue, first: np.datetime64, last: np.datetime64) -> dict[str, str]:
    """Tell which holes of the list lie in the labelled time, on the screen and as an attribute."""
    begin, stop = microseconds(np.array([first, last]))
    holes = [hole for hole in catalogue.silences if hole.start < stop and hole.end > begin]
    for hole in holes:
        say = f"declared missing from {hole}. Windows and flare histories that touch it are unknown."
        if hole.expected is not None:
            say = f"no flare from {hole}, where every other stretch as long around it has {hole.expected} or more. "
            say += "Windows that touch it are unknown, flare histories as empty as the list. Ingest what is missing, "
            say += "declare it (`missing` of sunproof ingest), or take another list."
        console.say(f"{catalogue.name}: {say}")
    return {"catalogue_silences": "; ".join(map(str, holes))} if holes else {}


def write_samples(samples: xr.Dataset, config: LabelConfig) -> Path:
    """Write the samples whole, with their receipt, and print what they hold.

    Parameters
    ----------
    samples : xarray.Dataset
        As `make_samples` builds them.
    config : LabelConfig
        The configuration they came from.

    Returns
    -------
    Path
        The samples file.
    """
    # of what was read alone: an archive that grows by images labels as before
    used = {f"flares_{config.catalogue.name}", "sharp", "sharp_recomputed", "harp_noaa", *xrs_groups(config.archive)}
    inputs = {name: receipts.digest_tree(config.archive / name) for name in group_names(config.archive) if name in used}
    if config.held_out is not None:
        inputs["held_out"] = receipts.digest_tree(config.held_out)
    with receipts.replacing(config.output) as partial:
        samples.to_netcdf(partial, engine="h5netcdf")
    receipts.write_receipt(config.output, "label", config.model_dump(mode="json"), inputs)
    for table in _summary(samples):
        console.show_table(*table)
    return config.output


def _summary(samples: xr.Dataset) -> list[tuple[str, list[str], list[list[object]]]]:
    """Title, columns and rows of the two tables that end the command."""
    rows: list[list[object]] = []
    block, entity = texts(samples["block"]), texts(samples["entity"])
    windows = samples["window"].to_numpy()
    for part, kind in sorted(set(zip(block, entity, strict=True))):
        mine = samples["event"].isel(sample=np.flatnonzero((block == part) & (entity == kind)))
        for threshold in samples["threshold"].to_numpy():
            event = mine.sel(threshold=threshold).to_numpy()
            counts = [f"{(column == 1).sum()} / {np.isnan(column).sum()}" for column in event.T]
            rows.append([part, kind, threshold, len(event), *counts])
    title = f"Samples from {samples.attrs['catalogue']}, {samples.attrs['goes_scale']} scale: events / unknown"
    spans = [f"{window:g} h" for window in windows]
    reason = texts(samples["label_reason"])
    why = [[text, *(reason == text).sum(axis=0)] for text in REASONS[1:] if (reason == text).any()]
    return [
        (title, ["block", "entity", "event", "samples", *spans], rows),
        ("Windows in which something is unknown, by reason", ["reason", *spans], list(why)),
    ]
