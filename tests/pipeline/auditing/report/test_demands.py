import math
import re

import pytest

from sunproof.pipeline.auditing.report.demands import demands, energies


def certificate(probability=(0.632, 0.1, 0.001), **evidence):
    return {
        "facts": {
            "thresholds": ["C1.0", "M1.0", "X1.0"],
            "windows": [24.0, 48.0],
            "forecasts": {"classes": "cumulative", "windows": "nested"},
        },
        "probability": [[value, 1.2 * value] for value in probability],
        "baselines": {"climatology": [[0.2], [0.02], [0.002]]},
        "evidence": evidence,
    }


def test_a_probability_is_told_as_a_rate():
    assert "63.2 % for C1.0 in 24 h is a mean of 1 such flares a day; climatology has 0.22." in demands(certificate())


def test_only_classes_taken_seriously_make_demands():
    text = " ".join(demands(certificate(usflux="2.7e22")))
    assert "One M1.0 flare radiates" in text
    assert "X1.0" not in text


def test_a_demand_beyond_the_region_is_told_in_multiples():
    text = " ".join(demands(certificate((0.8, 0.7, 0.6), usflux="1e20")))
    assert re.search(r"One X1.0 flare radiates about 2.2 × 10³¹ erg: \d+ times the \S+ × 10²⁹ erg", text)


def test_a_demand_a_little_beyond_the_region_is_not_rounded_to_what_it_holds():
    need, have = energies(certificate())[0]["X1.0"][1], energies(certificate(usflux="1e21"))[1][1]
    usflux = 1e21 * (need / 1.4 / have) ** (1 / 1.5)
    text = " ".join(demands(certificate((0.8, 0.7, 0.6), usflux=f"{usflux:.6g}")))
    assert re.search(r"erg: 1\.4 times the", text)


def test_the_flare_that_counts_as_predicted_is_named():
    text = " ".join(demands(certificate((0.7, 0.45, 0.001))))
    assert "Within 48 h a flare of M1.0 or above is more probable than not (54 %)" in text
    assert "more probable than not" not in " ".join(demands(certificate((0.4, 0.1, 0.001))))
    exclusive = certificate()
    exclusive["facts"]["forecasts"]["classes"] = "exclusive"
    assert "more probable than not" not in " ".join(demands(exclusive))


def test_one_flare_is_told_in_the_singular():
    assert "had 1 flare of class" in " ".join(demands(certificate(flares_24h="1")))


def test_the_models_own_limit_is_told():
    assert any("nothing larger than X12.0" in text for text in demands(certificate(usflux="1e22", flux_limit="0.0012")))


def test_recent_flares_stand_beside_the_rates():
    text = " ".join(demands(certificate(flares_24h="3", largest_24h="1.2e-5")))
    assert "had 3 flares of class C1.0 or above, the largest M1.2." in text


@pytest.mark.parametrize("usflux", [None, "nan", "0"])
def test_an_unknown_flux_gives_no_energy(usflux):
    assert energies(certificate(usflux=usflux))[1] is None


def test_the_region_of_the_anchor_holds_the_anchors_energy():
    low, middle, high = energies(certificate(usflux="2.7e22"))[1]
    assert middle == pytest.approx(9e32)
    assert high / low == pytest.approx(10)


def test_larger_classes_need_more_energy():
    needed, _ = energies(certificate())
    ratio = needed["X1.0"][1] / needed["M1.0"][1]
    assert math.log10(ratio) == pytest.approx(0.993, abs=0.01)


@pytest.mark.parametrize("probability", [(math.nan,) * 3, (1.0, 1.0, 1.0), (-0.1, 2.0, 0.0)])
def test_what_is_no_probability_breaks_nothing(probability):
    assert demands(certificate(probability, usflux="1e22"))
