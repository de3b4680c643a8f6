"""Keywords that are missing from records that have others."""

import numpy as np
import pytest

from sunproof.models.gaps import unexplained_gaps, usual_keywords
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

COUNT = len(SHARP_KEYWORDS)
MEANS = [name for name in SHARP_KEYWORDS if name.startswith("mean")] + ["shrgt45", "area_acr"]


def history(steps: int = 4):
    values = np.full((1, steps, COUNT), 3.0, np.float32)
    return values, np.ones(values.shape, bool)


def gaps(values, mask, usual=None):
    return unexplained_gaps(values, mask, SHARP_KEYWORDS, np.ones(COUNT, bool) if usual is None else usual)[0]


def places(*names):
    return [SHARP_KEYWORDS.index(name) for name in names]


@pytest.mark.parametrize(("lost", "share"), [((), 0), (("usflux",), 0.25), (("meanpot", "area_acr", "r_value"), 0.25)])
def test_a_record_of_four_that_lacks_keywords_is_a_quarter(lost, share):
    values, mask = history()
    mask[0, 1, places(*lost)] = False
    assert gaps(values, mask) == share


def test_the_worst_keyword_counts_not_the_worst_record():
    values, mask = history()
    mask[0, 0, places("usflux", "meanpot")] = False
    mask[0, 1:3, places("meanpot")] = False
    assert gaps(values, mask) == 0.75


def test_a_record_that_is_missing_whole_is_no_gap_of_keywords():
    values, mask = history()
    mask[0, 1] = False
    assert gaps(values, mask) == 0


@pytest.mark.parametrize("name", ["meanshr", "meangam"])
def test_angles_that_the_series_leaves_out_are_none(name):
    values, mask = history()
    mask[0, :, places(name)] = False
    assert gaps(values, mask) == 0


def test_a_patch_without_an_active_pixel_has_sums_of_0_and_no_means():
    values, mask = history()
    mask[0, 2, places(*MEANS)] = False
    assert gaps(values, mask) == 0.25
    values[0, 2] = 0
    assert gaps(values, mask) == 0
    mask[0, 2, places("totpot")] = False
    assert gaps(values, mask) == 0.25


def test_keywords_that_the_archive_does_not_hold_are_not_expected():
    values, mask = history()
    training = np.ones((5, 4, COUNT), bool)
    training[..., places("r_value")] = False
    training[0] = False
    mask[..., places("r_value")] = False
    assert gaps(values, mask, usual_keywords(training)) == 0
    assert np.isnan(gaps(values, mask, usual_keywords(np.zeros((5, 4, COUNT), bool))))


def test_without_a_record_nothing_is_said():
    values, mask = history()
    assert np.isnan(gaps(values, np.zeros_like(mask)))
