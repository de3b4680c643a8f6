import warnings

import pytest
from aiapy.util import check_quality_flag

from sunproof.pipeline.sources.sdo_quality import AIA_QUALITY, HMI_QUALITY, HMI_VECTOR_QUALITY


@pytest.mark.parametrize("bit", range(32))
def test_aia_bits_are_those_aiapy_describes(bit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = " ".join(check_quality_flag(1 << bit))
    assert (bit in AIA_QUALITY.names) == ("reserved" not in text.lower() and "empty" not in text.lower())


@pytest.mark.parametrize("bit", [*range(9, 19), 20, 31])
def test_aia_images_with_a_grave_bit_are_rejected(bit):
    assert AIA_QUALITY.decode(1 << bit).rejected_for


@pytest.mark.parametrize("bit", [0, 1, 2, 3, 4, 8, 21, 30])
def test_aia_images_with_a_warning_are_kept_with_it(bit):
    verdict = AIA_QUALITY.decode(1 << bit)
    assert verdict.flags
    assert not verdict.rejected_for


@pytest.mark.parametrize("word", [0x100, 0x4000, 0x20, 0x10000, 0x20000, -0x80000000])
def test_hmi_words_that_a_size_limit_lets_pass_are_rejected(word):
    assert HMI_QUALITY.decode(word).rejected_for


@pytest.mark.parametrize("word", [0, 0x400, 0x1000, 0x8000, 0x200])
def test_hmi_words_of_usable_images_pass(word):
    assert not HMI_QUALITY.decode(word).rejected_for


def test_eclipse_is_another_bit_in_vector_series():
    assert HMI_VECTOR_QUALITY.decode(0x200).rejected_for == ("eclipse",)
    assert not HMI_VECTOR_QUALITY.decode(0x100).rejected_for
