"""D1, D2, D3: keywords against the magnetogram of the same record."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask
from .planted import MINUTE, WHEN, recomputed
from .test_keywords import RECORD

NAMES = sorted(set(RECORD) - {"r_value", "area_acr"})


@pytest.mark.parametrize("name", NAMES)
def test_every_keyword_is_compared_and_named(name):
    outcomes, reasons = ask("D2", recomputed(0.5, f"recomputed_{name}", error=0.05))
    assert outcomes == [Outcome.INVALID]
    assert reasons[0].startswith(f"{name.upper()} is not that of the magnetogram")


def test_area_and_r_are_left_to_checks_of_their_own():
    assert ask("D2", recomputed(0.5, "recomputed_area_acr", error=0.05))[0] == [Outcome.PASS]


def test_nets_that_nearly_cancel_are_held_against_what_they_are_sums_of():
    # A net of a hundredth of the unsigned sum may be off by 1 %: rounding of the sum, not of the net.
    net = {"meanjzh": 7.3e-4, "absnjzh": 33.3, "recomputed_meanjzh": 7.3e-4, "recomputed_absnjzh": 33.3 * 1.009}
    assert ask("D2", recomputed(-1, **net))[0] == [Outcome.PASS]
    assert ask("D2", recomputed(-1, **net, totusjh=400.0, recomputed_totusjh=400.0))[0] == [Outcome.INVALID]


@pytest.mark.parametrize("check", ["D1", "D2", "C1"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"magnetogram_time": WHEN - 12 * MINUTE}, "different records"),
        ({"keyword_time": np.datetime64("NaT", "ns")}, "time of the keywords"),
        ({"magnetogram_series": "nrt", "keyword_series": "definitive"}, "near-real-time"),
        ({"keyword_source": "recomputed"}, "agreeing with oneself"),
        ({"keyword_source": "series, gaps recomputed"}, "agreeing with oneself"),
        ({"recomputed_cmask": np.nan, "r_value_computed": np.nan}, "no magnetogram|could not be computed"),
    ],
)
def test_only_one_record_of_one_processing_is_compared(check, changes, reason):
    made = recomputed(0.5, **{"r_value": 4.0, "r_value_computed": 4.9, **changes})
    outcomes, reasons = ask(check, made)
    assert outcomes == [Outcome.NOT_EVALUABLE]
    assert any(part in reasons[0] for part in reason.split("|"))


def test_without_a_printed_mask_the_number_of_pixels_comes_from_two_keywords():
    assert ask("D1", recomputed(-1, "cmask", cmask=np.nan))[0] == [Outcome.PASS]
    assert ask("D1", recomputed(-1, "cmask", cmask=np.nan, recomputed_cmask=46000.0))[0] == [Outcome.INVALID]


@pytest.mark.parametrize("check", ["D3", "B9"])
def test_without_a_magnetogram_the_note_on_the_kernel_is_given_all_the_same(check):
    outcomes, reasons = ask(check, recomputed(0.5))
    assert outcomes == [Outcome.INFO]
    assert "kernel is close to -grad Bz" in reasons[0]
