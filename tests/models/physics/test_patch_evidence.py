"""What one patch says, under vocabulary names."""

import math

import numpy as np
import pytest

from sunproof.models.physics.inversion_line import inversion_line_length
from sunproof.models.physics.patch_evidence import SEGMENTS, patch_evidence
from sunproof.models.physics.sharp_keywords import PatchGeometry
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY

from .fields import low_lou

SCALE = PatchGeometry(0.03, 6.96e8, 971.671936, 1.4774622050341e11)


def patch(bx, by, bz):
    everywhere = np.ones_like(bz)
    return dict(zip(SEGMENTS, (bz, -by, bx, 90 * everywhere, 34 * everywhere, bz), strict=True))


def random_patch(seed=0, shape=(40, 60)):
    white = np.random.default_rng(seed).normal(size=(3, *shape))
    return 100 * sum(np.roll(white, (i, j), (1, 2)) for i in range(-2, 3) for j in range(-2, 3))


def test_every_name_is_in_the_vocabulary_and_every_keyword_is_there():
    found = patch_evidence(patch(*random_patch()), SCALE)
    assert set(found) <= set(VOCABULARY)
    assert {f"recomputed_{name}" for name in (*SHARP_KEYWORDS, "cmask") if name != "r_value"} <= set(found)
    for name, value in found.items():
        assert math.isnan(value) or VOCABULARY[name].low <= value <= VOCABULARY[name].high, name


def test_a_field_that_is_not_force_free_has_no_free_energy():
    found = patch_evidence(patch(*random_patch()), SCALE)
    assert found["virial_energy_low"] <= found["virial_energy"] <= found["virial_energy_high"]
    assert math.isnan(found["free_energy"])


def test_gaps_and_imbalance_are_told():
    b = random_patch()
    b[:, :, :15] = np.nan
    assert patch_evidence(patch(*b), SCALE)["patch_missing"] == pytest.approx(0.25)
    b = np.abs(random_patch())
    assert patch_evidence(patch(*b), SCALE)["flux_imbalance"] == pytest.approx(1)
    assert patch_evidence(patch(*b), SCALE)["patch_span"] == pytest.approx(1.8)


def test_a_missing_segment_is_an_error():
    segments = patch(*random_patch())
    del segments["conf_disambig"]
    with pytest.raises(KeyError, match="conf_disambig"):
        patch_evidence(segments, SCALE)


@pytest.mark.parametrize("radius", [20.0, 35.0])
def test_the_length_of_a_round_inversion_line_is_its_circumference(radius):
    y, x = np.mgrid[-50:51, -50:51] + 0.37
    field = np.where(np.hypot(x, y) < radius, 500.0, -500.0)
    assert inversion_line_length(field, 2.0) == pytest.approx(2 * math.pi * radius * 2.0, rel=0.03)


def test_weak_fields_have_no_inversion_line():
    field = np.where(np.arange(40) < 20, 100.0, -100.0) * np.ones((40, 1))
    assert inversion_line_length(field, 1.0) == 0


def test_a_force_free_field_has_the_free_energy_of_its_closed_form():
    # Low and Lou 1990, n = m = 1, source 0.3 deep, tilted by pi/4: free over potential energy 0.398.
    plane = low_lou(math.pi / 4, half=8.0, pixel=0.05)
    found = patch_evidence(patch(plane.bx, plane.by, plane.bz), SCALE)
    assert found["net_force"] < 0.05
    assert found["free_energy"] / found["potential_energy"] == pytest.approx(0.398, abs=0.03)
