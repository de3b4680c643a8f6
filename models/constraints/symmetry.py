"""What the model says of Suns on which physics is the same, of another background, and of a weaker inversion line."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Limits, Outcome
from sunproof.models.constraints.single import compared, unchanged
from sunproof.models.constraints.views import column

__all__ = ["CHECKS"]

_UNASKED = "the model was not asked, or reads nothing that the symmetry changes"
_UNMAPPED = "no map was made of the forecast, or there is nothing to put in the place"


def _moved(name: str, reason: str) -> Callable[[xr.Dataset, Limits], Finding]:
    """Build a check that a change of the logit is no larger than its limit."""

    def evaluate(batch: xr.Dataset, limits: Limits) -> Finding:
        value = column(batch, name)
        return compared(value, limits["info"], value > limits["info"], reason, _UNMAPPED, Outcome.INFO)

    return evaluate


# A network learns a symmetry from examples alone and keeps it nearly. INFO tells that it does not; REVIEW begins where
# at most one good forecast in a hundred lies, whichever model is asked (docs/explanations.md).
_LEARNT = (
    "; a network learns it from examples and keeps it nearly: of 27229 hindcasts of the reference model none is "
    "beyond the limit of REVIEW, of no model counted more than 1 %"
)


def _same(review: float) -> str:
    return f"|dP| <= 0.10 (INFO), {review:.2f} (REVIEW), worst class and window"


CHECKS = (
    Check(
        id="I1",
        name="opposite field",
        statement="A field that points the other way everywhere leaves the forecast unchanged.",
        equation=_same(0.5) + "; P(-B) of all magnetic inputs, of keywords MEANJZD",
        unit="",
        reference="The equations of magnetohydrodynamics do not change under B -> -B" + _LEARNT,
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The model is at hand and reads a field with its sign.",
        requires=("probability_opposite", "probability"),
        evaluate=unchanged("probability_opposite", "the forecast depends on the sign of the field", _UNASKED),
    ),
    Check(
        id="I2",
        name="turned region",
        statement="A region turned by half a circle about the outward axis has the same forecast.",
        equation="|dP| <= 0.10 (INFO), worst class and window; patches reversed along both axes, horizontal components "
        "with the other sign",
        unit="",
        reference="Forces and energy do not know where west is; Hale's and Joy's laws do, so that a region is seldom "
        "seen so, and may be seldom seen to flare; INFO: good forecasts were counted on one simulated Sun alone",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites="The model is at hand, reads patches and no disk; the region within 40 degrees of the centre "
        "where a patch tells.",
        requires=("probability_turned", "probability"),
        evaluate=unchanged("probability_turned", "the forecast depends on which way the region lies", _UNASKED),
    ),
    Check(
        id="I3",
        name="mirrored Sun",
        statement="The Sun reflected from north to south, its field and twist with it, has the same forecast.",
        equation=_same(0.6)
        + "; images upside down, (B_r, B_south, B_west) -> (-B_r, B_south, -B_west), latitude and MEANJZH with "
        "the other sign",
        unit="",
        reference="The field is a pseudovector: a reflection turns it into its opposite mirrored; Hale's and Joy's "
        "laws and the rule of hemispheres for twist hold there, too" + _LEARNT,
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The model is at hand and reads images, a latitude or MEANJZH.",
        requires=("probability_mirrored", "probability"),
        evaluate=unchanged(
            "probability_mirrored",
            "the forecast depends on the hemisphere or on the sense of the twist",
            _UNASKED,
        ),
    ),
    Check(
        id="I6",
        name="weaker inversion line",
        statement="A weaker field by the inversion line does not raise the forecast.",
        equation="median over three fillings of logit P(weaker) - logit P <= 0.1",
        unit="",
        reference="Free energy is stored along the line (Schrijver 2007, ApJ 655, L117); halved, none, or as in the "
        "rest of the region, because any filling makes an edge; INFO: keywords, if the model reads them, stay, and "
        "few good forecasts with a line in view were counted",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites="The model is at hand and reads a magnetogram with an inversion line; a map was made.",
        requires=("map_line_rise",),
        evaluate=_moved("map_line_rise", "the forecast rises when the inversion line is weakened"),
    ),
    Check(
        id="I11",
        name="other background",
        statement="Background from other images leaves the forecast unchanged.",
        equation="median over at most 5 donors of |d logit P| <= 0.5",
        unit="",
        reference="Quiet Sun beside a region makes no flare; a probability near 1/2 moves by 0.12; INFO: a seam "
        "between two images is no Sun that was seen, and a tenth of the good forecasts of one model are beyond",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.INFO,
        prerequisites="The model is at hand and reads images that show the region and more; a map was made, and other "
        "images are at hand.",
        requires=("map_background_effect",),
        evaluate=_moved("map_background_effect", "the background moves the forecast"),
    ),
)
