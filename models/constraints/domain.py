"""Whether the model knows such inputs, whose records they are, and on what scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.marks import Marks
from sunproof.models.constraints.single import at_least, at_most
from sunproof.models.constraints.views import column

__all__ = ["CHECKS"]


_UNKNOWN = "no record of the region, or too few regions in training; or the model does not read it"
_UNTOLD = (
    "no complete record of the region, no report of it, or too few regions in training; or the model reads neither "
    "records nor reports"
)
_NOTHING = "no flux on record: zeros are not the values of a small region, and no scale changes them"
_METHOD = "Conformal p-value (Vovk et al. 2005) on left-out regions; Mahalanobis, 10 neighbours"
_RATIO = (
    "Ratio of two likelihoods (Neyman and Pearson 1933), Student's t of 5 degrees of freedom (Lange et al. 1989, JASA "
    "84, 881), regions in a summary and in none apart; cross-conformal p-value (Vovk 2015) on left-out regions"
)
_REPORTED = (
    "The model reads records or reports; its training samples are at hand, with 100 regions or more in a summary or in "
    "none, as this one; a complete record of the region, and a summary or a flare history."
)
_SCALED = _REPORTED + " Something in it that scales: nothing does in a record of zeros."


def _on_scale(name: str, reason: str) -> Callable[[xr.Dataset, Limits], Finding]:
    """As `at_least`, but tells a record that holds nothing from one that is not there."""

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        value = column(batch, name)
        marks = Marks(len(value))
        marks.blank(np.isnan(value) & (column(batch, "usflux") == 0), _NOTHING)
        marks.blank(np.isnan(value), _UNTOLD)
        marks.measure(value, limits["least"])
        marks.offence(value < limits["least"], Outcome.REVIEW, reason, value, limits["least"])
        return marks.finding()

    return evaluate


CHECKS = (
    Check(
        id="J1",
        name="known physical parameters",
        statement="At least one training region in a hundred was as unusual in its magnetic keywords.",
        equation="share of regions at least as far >= 0.01",
        unit="",
        reference=_METHOD + "; normalised keywords of the latest record",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The model and its training samples are at hand, with 200 regions or more, half to calibrate on.",
        requires=("domain_physical",),
        evaluate=at_least("domain_physical", "the magnetic keywords are unlike those of training", _UNKNOWN),
    ),
    Check(
        id="J2",
        name="known features",
        statement="At least one training region in a hundred was as unusual in the features that the model reads.",
        equation="share of regions at least as far >= 0.01",
        unit="",
        reference=_METHOD + "; INFO, because large flaring regions are unusual, too: 13 % of those above P(M1.0) = 0.1",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites="The model and its training samples are at hand, with 200 regions or more, half to calibrate on.",
        requires=("domain_features",),
        evaluate=at_least(
            "domain_features", "the model's features are unlike those of training", _UNKNOWN, Outcome.INFO
        ),
    ),
    Check(
        id="J3",
        name="fresh records",
        statement="The latest record of the region is no copy of the ones before.",
        equation="steps that repeat the record before them, to the last bit, at the end of the history <= 1",
        unit="",
        reference="Noise changes every keyword between two observations; none of 2000 region-times repeats three steps",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The archive is at hand, and two records of the region in the history.",
        requires=("frozen_steps",),
        evaluate=at_most(
            "frozen_steps",
            "the latest records repeat an earlier one to the last bit",
            "fewer than two records in the history",
        ),
    ),
    Check(
        id="J4",
        name="records of this region",
        statement="The records fit the summary and the flares of the region that they are said to be of.",
        equation="share of regions with p(keywords | reports) / p(keywords) as low >= 0.02",
        unit="",
        reference=_RATIO + "; the spread of keywords follows from the reports, too",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=_REPORTED,
        requires=("record_agreement",),
        evaluate=at_least("record_agreement", "summary and flares speak of another region", _UNTOLD),
    ),
    Check(
        id="J5",
        name="continuous records",
        statement="No change between two records of three days is larger than in any region left out of training.",
        equation="share of regions with as large a change >= 0.0075",
        unit="",
        reference="Largest Mahalanobis distance of successive differences; cross-conformal p-value on left-out regions",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The model reads records or reports; its training samples are at hand, with 150 regions or "
        "more; two complete records at most 6 h apart.",
        requires=("record_continuity",),
        evaluate=at_least("record_continuity", "the records jump: some are not of this region", _UNKNOWN),
    ),
    Check(
        id="J9",
        name="size as reported",
        statement="The sums over the patch are as large as summary, flares, place and the means say of the region; a "
        "patch that holds a part of it alone would fit better, were they larger.",
        equation="share of regions with max_f p(f x sums, means | reports) / p(keywords | reports) as high >= 0.01, "
        "1.6 <= f <= 4",
        unit="",
        reference=_RATIO + "; larger sums alone are no fault, for a HARP may hold several regions",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=_SCALED,
        requires=("record_size",),
        evaluate=_on_scale("record_size", "the patch holds less of the region than its reports and means say"),
    ),
    Check(
        id="J10",
        name="field as elsewhere",
        statement="The field is as strong as in other regions of such angles, area and reports: the magnetograph is "
        "calibrated as it was.",
        equation="share of regions with max_k p(keywords of k B | reports) / p(keywords | reports) as high >= 0.01, "
        "0.5 <= k <= 0.7 or 1.4 <= k <= 2",
        unit="",
        reference=_RATIO + "; powers of the field after Bobra et al. 2014, Table 3",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=_SCALED,
        requires=("record_field",),
        evaluate=_on_scale("record_field", "the keywords would fit a weaker or a stronger field much better"),
    ),
)
