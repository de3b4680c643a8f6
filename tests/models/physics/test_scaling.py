"""Keywords of a stronger field and of a larger region."""

import numpy as np

from sunproof.models.physics.scaling import field_powers, larger, stronger
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS


def told(values):
    return dict(zip(SHARP_KEYWORDS, values, strict=True))


def test_a_field_twice_as_strong_moves_each_keyword_by_its_power():
    change = told(np.log2(stronger(np.full(17, 4.0), SHARP_KEYWORDS, 2.0) / 4))
    assert [change[name] for name in ("usflux", "totusjh", "totpot", "meangam", "area_acr")] == [1, 2, 2, 0, 0]
    power, shift = field_powers(SHARP_KEYWORDS, 2.0)
    assert told(power)["r_value"] == 0
    assert told(shift)["r_value"] == np.log10(2)


def test_a_region_three_times_as_large_has_the_same_means():
    grown = told(larger(np.full(17, 4.0), SHARP_KEYWORDS, 3.0))
    assert {grown[name] for name in ("usflux", "totusjh", "absnjzh", "totpot", "area_acr")} == {12.0}
    assert {value for name, value in grown.items() if name.startswith("mean") or name == "shrgt45"} == {4.0}
    assert grown["r_value"] == 4 + np.log10(3)


def test_a_region_without_an_inversion_line_gets_none():
    assert told(stronger(np.zeros(17), SHARP_KEYWORDS, 2.0))["r_value"] == 0
