"""Evidence for the checks, under vocabulary names: what was known about a row's region at its data cut-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.physics.emergence import flux_span, flux_trend
from sunproof.pipeline.samples.catalogue import Catalogue, load_catalogue
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.samples.keys import Keys, read_keys
from sunproof.pipeline.samples.patches import no_patches, patch_scalars
from sunproof.pipeline.samples.reading import remembered
from sunproof.pipeline.samples.records import has_records
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.samples.sequences import Block, keyword_history, xray_history
from sunproof.pipeline.samples.summaries import Summaries, read_summaries
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.samples.xray_evidence import xray_evidence
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, THRESHOLDS

__all__ = ["evidence"]


def evidence(
    archive: str | Path, keys: xr.Dataset, config: InputConfig, inputs: Inputs | None = None
) -> dict[str, NDArray[Any]]:
    """Collect what the checks need to know about each row.

    Parameters
    ----------
    archive : str or Path
        The archive.
    keys : xarray.Dataset
        ``harpnum``, ``noaa_ar``, ``data_cutoff`` and ``entity`` along one dimension.
    config : InputConfig
        History, step, largest age of a summary, flare list.
    inputs : Inputs, optional
        The same rows' inputs, built with the same configuration: what they hold is not read again.

    Returns
    -------
    dict
        Vocabulary name -> values of shape (row,). The 17 keywords are those of the latest usable record of the history;
        ``flares_24h``, ``largest_24h`` and ``history_events`` are of the region, on full-disk rows of the disk. Unknown
        is NaN, an empty text, NaT, or -1 for ``quality``, and so is what records tell if the archive has none.

    Raises
    ------
    ArchiveError, InputError
        As `sunproof.pipeline.samples.features.build`.
    """
    regions = remembered(("regions", str(archive)), lambda: load_regions(archive))
    rows = read_keys(keys, regions)
    recorded = has_records(archive, config.keyword_source)
    patch = patch_scalars(archive, rows, config.keyword_source) if recorded else no_patches(rows)
    summary = read_summaries(archive, rows, config.srs_max_age_hours)
    key = ("catalogue", str(archive), config.catalogue.model_dump_json())
    catalogue = remembered(key, lambda: load_catalogue(archive, config.catalogue, regions))
    build = partial(keyword_history, source=config.keyword_source)
    keywords = np.full((len(rows), config.steps, len(SHARP_KEYWORDS)), np.nan, np.float32)
    if recorded:
        keywords = _sequence("keywords", build, archive, rows, config, inputs)
    return {
        **dict(zip(SHARP_KEYWORDS, _latest(keywords).T, strict=True)),
        **_flares(catalogue, rows),
        **(xray_evidence(archive, catalogue, rows) if "xrs" in config.modalities else {}),
        **_summary(summary),
        "quality": patch["quality"],
        "input_age": patch["input_age"],
        **_history(keywords, config, recorded),
        "keyword_source": patch["keyword_source"],
        "keyword_time": patch["time"].astype("datetime64[ns]"),
        **_light(_sequence("xrs", xray_history, archive, rows, config, inputs)),
        **_place(patch, summary, rows),
    }


def _history(keywords: NDArray[np.float32], config: InputConfig, recorded: bool) -> dict[str, NDArray[Any]]:
    """How much of the history is missing, and how the flux went in it."""
    gaps = np.isnan(keywords).mean(axis=(1, 2))
    unsigned = keywords[..., SHARP_KEYWORDS.index("usflux")]
    return {
        # of records that the archive never held none is missing
        "nan_fraction": gaps if recorded else np.full_like(gaps, np.nan),
        "usflux_rate": flux_trend(_step_ends(config), unsigned),
        "usflux_span": flux_span(_step_ends(config), unsigned),
    }


def _summary(summary: Summaries) -> dict[str, NDArray[Any]]:
    return {
        "srs_area": summary.numbers["srs_area"],
        "spot_count": summary.numbers["spot_count"],
        "mcintosh": summary.mcintosh,
        "hale": summary.hale,
        "srs_time": summary.time.astype("datetime64[ns]"),
        "summary_region": summary.noaa_ar,
        "summary_regions": summary.regions,
    }


def _light(channels: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Latest X-ray fluxes and the background, W m-2."""
    return {
        # both of one hour, since the checks take their ratio
        **{name: 10.0**values for name, values in zip(("xrsa", "xrsb"), _latest_pair(channels).T, strict=True)},
        # the lower half of the hours: what the Sun emits between its flares
        "xrs_background": 10.0 ** _quantile(channels[..., 1], 0.25),
    }


def _place(patch: Mapping[str, NDArray[Any]], summary: Summaries, rows: Keys) -> dict[str, NDArray[Any]]:
    """Where the region was: in its own record, else in the summary."""
    placed = ~np.isnan(patch["longitude"])
    return {
        # a place from the summary was turned with the Sun to the cut-off; one from the record is of the record's time
        "position_time": np.where(placed, patch["time"], rows.cutoff).astype("datetime64[ns]"),
        # the largest region of a patch may be another one tomorrow, and so may the place that the summary gives
        "position_region": np.where(placed, -1, summary.noaa_ar),
        **{
            name: np.where(np.isnan(patch[name]), summary.numbers[name], patch[name])
            for name in ("latitude", "longitude")
        },
    }


def _step_ends(config: InputConfig) -> NDArray[np.float64]:
    """End of each step of the history, hours after the cut-off: the last is 0."""
    return np.asarray((np.arange(config.steps) - (config.steps - 1)) * config.step_hours, np.float64)


def _sequence(
    name: str,
    build: Callable[[str | Path, Keys, float, int], Block],
    archive: str | Path,
    rows: Keys,
    config: InputConfig,
    inputs: Inputs | None,
) -> NDArray[np.float32]:
    """Values of a modality, NaN where missing: taken from the inputs if they have it, else built."""
    if inputs is None or name not in inputs.modalities:
        return build(archive, rows, config.history_hours, config.steps).values
    values, mask = inputs.modalities[name]
    return np.where(mask, values, np.float32(np.nan))


def _latest(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Values of the latest step in which anything was observed, shape (row, feature)."""
    observed: NDArray[np.bool_] = np.asarray(np.isfinite(values).any(axis=2))
    step = values.shape[1] - 1 - np.argmax(observed[:, ::-1], axis=1)
    return np.asarray(values[np.arange(len(values)), step], dtype=np.float64)


def _latest_pair(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Values of the latest step in which both channels were observed, shape (row, 2); NaN where there is none."""
    both: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=2))
    return _latest(np.where(both[..., None], values, np.float32(np.nan)))


def _quantile(values: NDArray[np.float32], share: float) -> NDArray[np.float64]:
    """Return the value below which a share of the observed steps lies; NaN where nothing was observed."""
    ordered = np.sort(values, axis=1)
    number = np.isfinite(ordered).sum(axis=1)
    place = np.floor(np.maximum(number - 1, 0) * share).astype(int)
    return np.where(number > 0, ordered[np.arange(len(ordered)), place], np.nan).astype(np.float64)


def _flares(catalogue: Catalogue, rows: Keys) -> dict[str, NDArray[np.float64]]:
    """Flare history up to the cut-off; unknown where the catalogue is not complete and for rows that name no region."""
    line, counts = catalogue.timeline, catalogue.counts(THRESHOLDS["C1.0"])
    now, before = microseconds(rows.cutoff), microseconds(rows.ago(24))
    begin, start, end = line.begin(rows.segment), line.until(rows.segment, before), line.until(rows.segment, now)
    day = rows.named & catalogue.known(before, now)
    ever = rows.named & catalogue.unbroken(rows.segment, now)
    largest, possible = catalogue.largest_low(start, end), catalogue.largest_high(start, end)
    return {
        "flares_24h": np.where(day, counts[end] - counts[start], np.nan),
        "largest_24h": np.where(day & (largest == possible), largest, np.nan),
        "history_events": np.where(ever, counts[end] - counts[begin], np.nan),
    }
