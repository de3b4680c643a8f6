"""Quality words, bit by bit."""

import numpy as np
import pytest

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.sources.xrs_flags import decode

from .examples import MASKS_AVG1M, MASKS_IRRAD, MEANINGS_AVG1M, MEANINGS_IRRAD, VALUES_AVG1M

IRRAD = {
    "flag_meanings": MEANINGS_IRRAD,
    "flag_masks": MASKS_IRRAD,
    "flag_values": (0, *MASKS_IRRAD[1:]),
    "_FillValue": 65535,
}
AVG1M = {"flag_meanings": MEANINGS_AVG1M, "flag_masks": MASKS_AVG1M, "flag_values": VALUES_AVG1M, "_FillValue": 255}
# GOES 13-15 averages: four values of one field, of which "invalid" is the rule
OLD = {
    "flag_meanings": "good_data bad_data eclipsed_by_earth temperature_recovery electron_correction_valid "
    "electron_correction_invalid electron_correction_interp electron_correction_decay",
    "flag_masks": (7, 1, 2, 4, 120, 120, 120, 120),
    "flag_values": (0, 1, 2, 4, 8, 16, 32, 64),
}  # fmt: skip


def usable(word, attributes, channel):
    problems = ProblemList("a.nc")
    words, good = decode(np.array([word], dtype=np.uint16), attributes, "xrs_flag", channel, problems)
    problems.check()
    assert words.dtype == np.int32
    return bool(good[0])


@pytest.mark.parametrize("word", MASKS_IRRAD[1:])
def test_every_bit_of_the_two_second_word_rejects(word):
    assert not usable(word, IRRAD, "b")


@pytest.mark.parametrize(
    ("word", "a", "b"),
    [(0, True, True), (1, False, False), (2, False, False), (4, False, True), (16, True, True), (6, False, False)],
)
def test_contamination_rejects_a_only(word, a, b):
    assert (usable(word, AVG1M, "a"), usable(word, AVG1M, "b")) == (a, b)


@pytest.mark.parametrize(("word", "good"), [(16, True), (17, False), (18, False), (20, False), (64, True)])
def test_invalid_electron_correction_is_normal_before_goes_16(word, good):
    assert usable(word, OLD, "a") is good


def test_missing_word_is_minus_one_and_not_usable():
    words, good = decode(np.array([65535, 0], np.uint16), IRRAD, "a_flags", "a", ProblemList("a.nc"))
    assert words.tolist() == [-1, 0]
    assert good.tolist() == [False, True]


def test_unknown_meaning_is_refused_not_guessed():
    with pytest.raises(InputError, match="variable xrs_flag: unknown flag meaning; got 'fog'; wanted a meaning of"):
        usable(0, {"flag_meanings": "good_data fog", "flag_masks": (3, 1), "flag_values": (0, 1)}, "a")


@pytest.mark.parametrize("attributes", [{}, {"flag_meanings": "a b", "flag_masks": (1,)}])
def test_undeclared_bits_are_refused(attributes):
    with pytest.raises(InputError, match=r"variable xrs_flag: quality word without declared meanings; got "):
        usable(0, attributes, "a")
