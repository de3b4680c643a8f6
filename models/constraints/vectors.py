"""Vector magnetograms that a model reads: of one field, and of the region."""

from __future__ import annotations

from sunproof.models.constraints.base import Check, Outcome
from sunproof.models.constraints.single import at_least

__all__ = ["CHECKS"]

CHECKS = (
    Check(
        id="D6",
        name="components of one field",
        statement="Each horizontal component of the vector patch goes with the potential field of its outward one.",
        equation="lower of the correlations of B_west and of B_north with the potential field's >= 0",
        unit="",
        reference="The field leads from the positive polarity to the negative one; potential field by FFT "
        "(Alissandrakis 1981), correlations about zero over cells above 50 G. HARP 377 at the X2.2 flare of "
        "2011-02-15, strongly sheared, has 0.53",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The archive is at hand; the model reads vector magnetograms; within 70 degrees of the centre; "
        "10 cells above 50 G, or more; at most 5 % of the squared field in the outermost cells of the model's square.",
        requires=("vector_field",),
        evaluate=at_least(
            "vector_field",
            "a component of the vector magnetogram has the other sign, or stands in the place of another",
            "no vector magnetogram, a region larger than the model's square, near the limb or of unknown place, or too "
            "few strong cells",
        ),
    ),
    Check(
        id="J11",
        name="vector patch of this region",
        statement="The vector patch holds as much field as the region's magnetic keywords of its time say.",
        equation="share of regions with p(sums | keywords) / p(sums) as low >= 0.01",
        unit="",
        reference="Likelihood ratio of two Gaussians (Neyman and Pearson 1933) of the sums of each component's size "
        "and square; conformal p-value (Vovk et al. 2005) on regions left out of the fit",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites="The archive and the model's training samples are at hand, with 100 regions or more; the model "
        "reads vector magnetograms; a whole record within 12 hours of the patch; within 70 degrees of the centre; "
        "at most 5 % of the squared field in the outermost cells of the model's square.",
        requires=("vector_agreement",),
        evaluate=at_least(
            "vector_agreement",
            "the vector magnetogram is of another region than the keywords, or on a wrong scale",
            "no vector magnetogram, a region larger than the model's square, near the limb or of unknown place, no "
            "whole record of its time, or too few regions in training",
        ),
    ),
)
