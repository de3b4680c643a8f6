"""Whether a model that reads images looks at the Sun, and at the region: maps of attributions against their nulls."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.views import Mask, column

__all__ = ["CHECKS"]

_SILENT = "the forecast has no map of its images"
_WEAK = "the picture of the region hardly moves this forecast"


def _started(batch: xr.Dataset, limits: Limits, known: Mask, unknown: str) -> Marks:
    """Blank what has no map, whose picture says nothing, or in which what is asked about is not there."""
    effect = np.abs(column(batch, "map_picture_effect"))
    marks = Marks(len(effect))
    marks.blank(np.isnan(effect), _SILENT)
    # where the picture hardly moves the logit, a map of it is noise over noise
    marks.blank(effect < limits["least_effect"], _WEAK)
    marks.blank(~known, unknown)
    return marks


def _sky(batch: xr.Dataset, limits: Limits) -> Finding:
    effect = column(batch, "map_sky_effect")
    marks = Marks(len(effect))
    marks.blank(np.isnan(column(batch, "map_effect")), _SILENT)
    marks.blank(np.isnan(effect), "no image shows the sky beside the disk, or none of another time is at hand")
    marks.measure(effect, limits["review"])
    reason = "the sky beside the disk moves the forecast"
    for name, outcome in (("review", Outcome.REVIEW), ("implausible", Outcome.IMPLAUSIBLE)):
        marks.offence(effect > limits[name], outcome, reason, effect, limits[name])
    return marks.finding()


def _sought(batch: xr.Dataset, limits: Limits, part: str, outcome: Outcome, absent: str, reason: str) -> Finding:
    ratio, rank = column(batch, f"map_{part}_ratio"), column(batch, f"map_{part}_rank")
    marks = _started(batch, limits, np.isfinite(ratio) & np.isfinite(rank), absent)
    marks.measure(ratio, limits["ratio"])
    # a region of few pixels gets little of a map by chance: it is avoided where its copies elsewhere get more
    avoided = (ratio < limits["ratio"]) & (rank < limits["rank"])
    marks.offence(avoided, outcome, reason, ratio, limits["ratio"])
    return marks.finding()


def _enrichment(batch: xr.Dataset, limits: Limits) -> Finding:
    absent = "no region is seen in the picture, or too few places elsewhere"
    reason = "the model looks beside the region"
    return _sought(batch, limits, "region", Outcome.REVIEW, absent, reason)


def _inversion_line(batch: xr.Dataset, limits: Limits) -> Finding:
    absent = "no inversion line is seen in the picture, or too few places elsewhere"
    reason = "the model looks beside the inversion line"
    return _sought(batch, limits, "line", Outcome.INFO, absent, reason)


def _deletion(batch: xr.Dataset, limits: Limits) -> Finding:
    rank = column(batch, "map_deletion_rank")
    marks = _started(batch, limits, np.isfinite(rank), "too few pixels elsewhere to take away instead")
    marks.measure(rank, limits["rank"])
    reason = "other pixels lower the forecast as much as those that the map names"
    marks.offence(rank < limits["rank"], Outcome.REVIEW, reason, rank, limits["rank"])
    return marks.finding()


def _excess(batch: xr.Dataset, limits: Limits) -> Finding:
    over = column(batch, "map_skill") - column(batch, "map_null_skill")
    marks = _started(batch, limits, np.isfinite(over), "no part of the picture moves the forecast")
    marks.measure(over, limits["margin"])
    reason = "the map foretells what the model does no better than one made without the model"
    marks.offence(over <= limits["margin"], Outcome.INFO, reason, over, limits["margin"])
    return marks.finding()


_COMMON: dict[str, Any] = {
    "unit": "",
    "ceiling": Outcome.REVIEW,
    "prerequisites": "The model reads images, the forecast is among those mapped, its map is complete, and the picture "
    "of the region moves the logit by 0.05.",
}
_REFERENCE = (
    "simulated Sun of configs/demo.yaml, 2013-07 to 2014-06 (training and validation), operational scale; a model "
    "that sees images and X-rays alone, regions whose picture moves P(C1.0, 24 h)"
)

CHECKS = (
    Check(
        id="H1",
        name="nothing off the disk",
        statement="What is off the disk does not move the forecast.",
        equation="median |logit - logit with the sky of other images| <= 0.05",
        reference="The sky is swapped, not blanked: against a constant baseline a dark sky gets a quarter of the map",
        reference_set=f"{_REFERENCE}; largest 0.027",
        reference_size=238,
        requires=("map_effect", "map_sky_effect"),
        evaluate=_sky,
        **(
            _COMMON
            | {
                "ceiling": Outcome.IMPLAUSIBLE,
                "prerequisites": "The model reads full-disk images, the forecast is among those mapped, its map is "
                "complete, and images of another time are at hand.",
            }
        ),
    ),
    Check(
        id="H2",
        name="region enriched",
        statement="The map does not avoid the region.",
        equation="share of |a| / share of pixels >= 1, or above 5 % of the region's rolled copies",
        reference="Rolled masks keep the map's own clustering; field above 150 G (50 G on coarse pixels) with a rim",
        reference_set=f"{_REFERENCE}, a region seen; lowest rank 0.60",
        reference_size=166,
        requires=("map_picture_effect", "map_region_ratio", "map_region_rank"),
        evaluate=_enrichment,
        **_COMMON,
    ),
    Check(
        id="H3",
        name="inversion line enriched",
        statement="The map does not avoid the polarity-inversion line.",
        equation="share of |a| / share of pixels >= 1, or above 5 % of the line's rolled copies",
        reference="Castellanos Duran et al. 2018; Schrijver 2007, ApJ 655, L117: 15 Mm; umbrae and loop footpoints are "
        "as good a place",
        reference_set=f"{_REFERENCE}, a line seen; lowest rank 0.75",
        reference_size=18,
        requires=("map_picture_effect", "map_line_ratio", "map_line_rank"),
        evaluate=_inversion_line,
        **(_COMMON | {"ceiling": Outcome.INFO}),
    ),
    Check(
        id="H8",
        name="deletion",
        statement="The pixels that the map names lower the forecast more than rolled copies of them.",
        equation="rank of the drop among 40 rolled copies of the top 5 % >= 0.95",
        reference="Deletion test with as many pixels of the same shape elsewhere",
        reference_set=f"{_REFERENCE}; 0.9 % lie below",
        reference_size=227,
        requires=("map_picture_effect", "map_deletion_rank"),
        evaluate=_deletion,
        **_COMMON,
    ),
    Check(
        id="H11",
        name="map beyond its nulls",
        statement="The map foretells what the model does without blocks of the picture better than its nulls do.",
        equation="skill(a) - max skill(shuffled weights, |x - x0|, rolled a) > 0",
        reference="Yeh et al. 2019, NeurIPS (infidelity), scaled; only the excess over its nulls makes a map evidence",
        reference_set=f"{_REFERENCE}; 7.5 % lie below",
        reference_size=227,
        requires=("map_picture_effect", "map_skill", "map_null_skill"),
        evaluate=_excess,
        **(_COMMON | {"ceiling": Outcome.INFO}),
    ),
)
