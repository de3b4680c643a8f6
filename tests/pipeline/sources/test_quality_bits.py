import pytest

from sunproof.pipeline.sources.quality_bits import QualityBits

BITS = QualityBits(names={0: "dust", 13: "eclipse", 31: "no_data"}, reject=frozenset({13, 31}))


def test_every_set_bit_has_a_name():
    verdict = BITS.decode(1 | 1 << 13 | 1 << 19)
    assert verdict.flags == ("dust", "eclipse", "bit_19")
    assert verdict.rejected_for == ("eclipse",)


def test_the_sign_bit_is_a_bit():
    verdict = BITS.decode(-2147483648)
    assert verdict.word == 0x80000000
    assert verdict.rejected_for == ("no_data",)


def test_no_word_is_not_a_good_word():
    assert BITS.decode(None).word == -1
    assert BITS.decode(0).word == 0


@pytest.mark.parametrize(("reject", "wanted"), [(None, ("eclipse",)), (set(), ()), ({0}, ("dust",))])
def test_rejecting_bits_can_be_chosen(reject, wanted):
    assert BITS.decode(1 | 1 << 13, reject).rejected_for == wanted


def test_flags_in_words_join_those_in_bits():
    verdict = BITS.decode(1).also({"lamp": True, "old": False})
    assert verdict.flags == ("dust", "lamp", "old")
    assert verdict.rejected_for == ("lamp",)
