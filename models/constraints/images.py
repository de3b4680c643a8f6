"""Images of the instrument they are said to be of, of the Sun of that day, and of the region."""

from __future__ import annotations

from sunproof.models.constraints.base import Check, Outcome
from sunproof.models.constraints.single import at_least, at_most

__all__ = ["CHECKS"]


_METHOD = "conformal p-value (Vovk et al. 2005) on "
_ROTATIONS = _METHOD + "moments, two rotations left out of the fit at a time"
_HAND = "The archive, with SHARP records, and the model's training samples are at hand"

CHECKS = (
    Check(
        id="E9",
        name="regions in place",
        statement="The images show regions where the records of the day have them.",
        equation="share of training moments with as low a correlation of image and known regions >= 0.002",
        unit="",
        reference="Correlation of the logarithm of light with the regions' places as each camera sees them, less what "
        "turns and mirrors leave, given the flux in sight; worst channel; " + _ROTATIONS,
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=_HAND + ", 60 frames of a channel and 500 moments, or more; a region in sight.",
        requires=("image_placement",),
        evaluate=at_least(
            "image_placement",
            "regions are not where their records have them: turned, or of another time",
            "no image with a region in sight, or too few frames in training",
        ),
    ),
    Check(
        id="J6",
        name="known images",
        statement="Light, texture, gaps and the sky beside the disk are those of the instrument's images in training.",
        equation="least share, of any channel, of training images as far, times the channels >= 0.002",
        unit="",
        reference="Mahalanobis distance of ten numbers a channel, given the magnetic flux in sight and about the "
        "limb, in prediction intervals that are wide where no such flux was fitted, or given the nearest that was, "
        "if nearer; regions out of the Earth's sight count as last seen; conformal p-value (Vovk et al. 2005) on "
        "different images, two rotations left out of the fit at a time, by a power law among the furthest fifth (Hill "
        "1975); Bonferroni over the channels",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=_HAND + ", with 60 frames of a channel and 500 moments, or more; the flux in sight is known.",
        requires=("domain_images",),
        evaluate=at_least(
            "domain_images",
            "an image is unlike those of its instrument in training",
            "no image, no record of any region in the hours before it, or too few frames in training",
        ),
    ),
    Check(
        id="J7",
        name="fresh images",
        statement="No image is a copy of one of the three before it.",
        equation="channels whose latest frame repeats an earlier one to the last bit <= 0",
        unit="",
        reference="Noise changes every pixel between two exposures",
        reference_set="no reference events",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=_HAND + ".",
        requires=("image_copies",),
        evaluate=at_most("image_copies", "an image repeats one before it to the last bit", "no image"),
    ),
    Check(
        id="J8",
        name="patch of this region",
        statement="The patches of the images fit the region's magnetic keywords.",
        equation="share of regions with p(light | keywords) / p(light) as low >= 0.01",
        unit="",
        reference="Likelihood ratio of two Gaussians (Neyman and Pearson 1933); "
        + _METHOD
        + "regions left out of the fit",
        reference_set="the model's training samples",
        reference_size=0,
        ceiling=Outcome.REVIEW,
        prerequisites=_HAND + ", with 100 regions or more; the model reads patches; within 70 degrees of the centre.",
        requires=("patch_agreement",),
        evaluate=at_least(
            "patch_agreement",
            "the images show another region than the keywords tell of, or one of them is on a wrong scale",
            "no patch, no whole record, near the limb, or too few regions in training",
        ),
    ),
)
