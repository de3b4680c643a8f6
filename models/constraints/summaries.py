"""Which region forecasts have a region summary fit for comparison, and what it says of them together."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Limits
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.tables import load_table, smoothed_odds
from sunproof.models.constraints.views import Floats, Mask, Probabilities, column, is_region, text

__all__ = [
    "blank_of_several",
    "blank_without_day",
    "blank_without_summary",
    "combined_prior",
    "several_regions",
    "weighed_together",
]

_HOUR = np.timedelta64(1, "h")
_SMALLEST = 10.0  # MSH; summaries print areas in steps of 10


def blank_without_summary(batch: xr.Dataset, marks: Marks, limits: Limits) -> None:
    """Blank what is no numbered region with a fresh summary."""
    marks.blank(~is_region(batch), "the check is of regions, not of the full disk")
    marks.blank(column(batch, "noaa_ar") < 1, "the region has no NOAA number")
    age = _age(batch)
    marks.blank(np.isnan(age), "no region summary")
    marks.blank(age < 0, "the region summary is later than the data cut-off")
    marks.blank(age > limits["summary_age"], f"the region summary is older than {limits['summary_age']:g} h")
    blank_of_several(batch, marks)


def several_regions(batch: xr.Dataset) -> Mask:
    """Tell which forecasts are for a patch of several numbered regions.

    The summary of the day decides where it is known; the list of the patch's numbers is that of its whole life.
    """
    shown = column(batch, "summary_regions")
    listed = np.char.find(text(batch, "noaa_ars"), ",") >= 0
    return np.asarray(np.where(np.isnan(shown), listed, shown > 1), bool)


def blank_of_several(batch: xr.Dataset, marks: Marks) -> None:
    """Blank patches of several regions: two quiet regions are no one active region, however their sums read."""
    marks.blank(several_regions(batch), "the patch holds several numbered regions, and the counts are of single ones")


def blank_without_day(view: Probabilities, marks: Marks) -> bool:
    """Blank everything unless the 24 h window can be read cumulatively; tell whether it can."""
    everyone = np.ones(len(view.values), bool)
    if view.cumulative is None:
        marks.blank(everyone, view.unknown)
    elif 24.0 not in view.windows:
        marks.blank(everyone, "the batch has no 24 h window, which the counts are for")
    return view.cumulative is not None and 24.0 in view.windows


def combined_prior(batch: xr.Dataset) -> Floats:
    """Log odds of a flare day from class, area and yesterday's flares together.

    Parameters
    ----------
    batch : xarray.Dataset
        A batch of forecasts.

    Returns
    -------
    ndarray, shape (forecast, 3)
        For C1.0, M1.0, X1.0 on the operational scale; NaN where any of the four is unknown.
    """
    table = load_table("prior")
    area = np.maximum(column(batch, "srs_area"), _SMALLEST)
    odds = [smoothed_odds(name, text(batch, name), table["pseudo_days"]) for name in ("mcintosh", "hale")]
    flares = np.log2(1 + column(batch, "flares_24h"))
    prior = np.empty((area.size, len(table["rows"])))
    for number, (intercept, *weights) in enumerate(table["rows"].values()):
        terms = (odds[0][:, number], odds[1][:, number], np.log10(area), flares)
        prior[:, number] = intercept + sum(weight * term for weight, term in zip(weights, terms, strict=True))
    return prior


def _age(batch: xr.Dataset) -> Floats:
    return np.asarray((batch["data_cutoff"].values - batch["srs_time"].values) / _HOUR, np.float64)


def weighed_together(batch: xr.Dataset) -> Mask:
    """Tell which forecasts the combined prior can judge, so that a single frequency is context only."""
    return np.asarray(np.isfinite(combined_prior(batch)).all(axis=1))
