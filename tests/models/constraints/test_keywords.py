"""D4: identities among SHARP keywords, on a real record, on planted faults, and on every record there is."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS

from .build import ask, batch, cells

# HARP 377 (NOAA 11158), 2011-02-15 02:00 TAI, as in the header of the public record; R_VALUE is missing there.
RECORD = {
    "usflux": 2.71476e22,
    "meangam": 59.699,
    "meangbt": 93.508,
    "meangbz": 100.523,
    "meangbh": 67.188,
    "meanjzd": 0.26992,
    "totusjz": 6.28742e13,
    "meanjzh": 0.0180157,
    "totusjh": 3330.155,
    "absnjzh": 823.317,
    "savncpp": 2.009455e13,
    "meanpot": 1.456275e4,
    "totpot": 8.838948e23,
    "meanshr": 52.548,
    "shrgt45": 58.823,
    "r_value": np.nan,
    "area_acr": 1101.35,
}


def record(**changes):
    return batch([cells(0.5, 0.2, 0.02)], when="2011-02-15T02:00", **{**RECORD, **changes})


def test_the_header_of_a_real_record_passes():
    assert set(RECORD) == set(SHARP_KEYWORDS)
    assert ask("D4", record()) == ([Outcome.PASS], [""])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"totpot": 8.838948e23 * 1.05}, "different numbers of pixels"),
        ({"meanjzh": 0.0180157 / 1.05}, "different numbers of pixels"),
        ({"totusjh": 820.0}, "ABSNJZH above TOTUSJH"),
        ({"meanjzd": 13.0}, "net current"),
        ({"savncpp": 2.55e14}, "SAVNCPP cd^2 above TOTUSJZ"),
        ({"meangam": 91.0}, "MEANGAM outside"),
        ({"meangam": -1.0}, "MEANGAM outside"),
        ({"meanshr": 181.0}, "MEANSHR"),
        ({"shrgt45": 101.0}, "SHRGT45 outside"),
        ({"meanshr": 26.0}, "MEANSHR below 45 deg times"),
        ({"meanshr": 125.0}, "MEANSHR above what the share"),
        ({"area_acr": 1.1e6}, "AREA_ACR above"),
    ],
)
def test_a_planted_fault_is_invalid_and_named(changes, reason):
    outcomes, reasons = ask("D4", record(**changes))
    assert outcomes == [Outcome.INVALID]
    assert reason in reasons[0]


def test_savncpp_may_exceed_totusjz_because_of_its_unit():
    # Labelled A, it carries cd^-2, about 4; only the corrected inequality is an identity.
    assert ask("D4", record(savncpp=RECORD["totusjz"] * 1.5))[0] == [Outcome.PASS]


@given(st.floats(0.9, 1.1))
def test_the_number_of_pixels_is_compared_within_three_percent(factor):
    outcome = ask("D4", record(totpot=RECORD["totpot"] * factor))[0][0]
    if abs(factor - 1) < 0.029:
        assert outcome == Outcome.PASS
    elif abs(factor - 1) > 0.033:
        assert outcome == Outcome.INVALID


@pytest.mark.parametrize(
    ("factor", "expected"),
    [(0.55, Outcome.REVIEW), (0.57, Outcome.PASS), (1.78, Outcome.PASS), (1.8, Outcome.REVIEW)],
)
def test_a_mean_field_outside_the_observed_range_asks_for_review(factor, expected):
    # 447 G in the record; the range is 250 to 800 G.
    assert ask("D4", record(usflux=RECORD["usflux"] * factor))[0] == [expected]


def test_missing_keywords_leave_out_their_relations_and_all_missing_is_not_evaluable():
    assert ask("D4", record(meanjzh=np.nan))[0] == [Outcome.PASS]
    outcomes, reasons = ask("D4", record(meanjzh=np.nan, totusjh=10.0))
    assert (outcomes, reasons) == ([Outcome.INVALID], ["ABSNJZH above TOTUSJH"])
    outcomes, reasons = ask("D4", record(**dict.fromkeys(RECORD, np.nan)))
    assert outcomes == [Outcome.NOT_EVALUABLE]


@pytest.mark.data
def test_no_real_record_breaks_an_identity(data_root):
    table = pd.read_parquet(data_root / "sharp/sharp_harps_2010_2019_12min.parquet")
    columns = {name: table[name.upper()].to_numpy(float) for name in SHARP_KEYWORDS}
    values = np.broadcast_to(cells(0.5, 0.2, 0.02), (len(table), 3, 3))
    made = batch(values, when=table.T_REC.to_numpy(), **columns)
    codes = evaluate(made, all_checks(["D4"])).outcome.values[0]
    counts = {outcome.name: int((codes == outcome).sum()) for outcome in Outcome if (codes == outcome).any()}
    # docs/identities.md explains the counts.
    assert counts == {"NOT_EVALUABLE": 2731, "PASS": 1_201_151, "REVIEW": 254}
