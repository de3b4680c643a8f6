"""C1, C2, C3, C8: single magnetic numbers, on both sides of their floors."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE
DISK = {"latitude": 10.0, "longitude": 20.0}
FLAT = (1.0, 1.1, 1.2)


@pytest.mark.parametrize(
    ("check", "evidence", "p_m", "p_x", "expected"),
    [
        ("C2", {"r_value": 2.79}, 0.11, 0.01, Outcome.REVIEW),
        ("C2", {"r_value": 2.79}, 0.09, 0.01, Outcome.PASS),
        ("C2", {"r_value": 2.81}, 0.11, 0.01, Outcome.PASS),
        ("C2", {"r_value": 0.0}, 0.11, 0.01, Outcome.REVIEW),
        ("C2", {"r_value": 3.79}, 0.2, 0.06, Outcome.REVIEW),
        ("C2", {"r_value": 3.79}, 0.2, 0.04, Outcome.PASS),
        ("C2", {"r_value": 3.81}, 0.2, 0.06, Outcome.PASS),
        ("C2", {"r_value": 5.5}, 0.001, 0.0001, Outcome.PASS),
        ("C3", {"effective_field": 199.0}, 0.11, 0.01, Outcome.REVIEW),
        ("C3", {"effective_field": 201.0}, 0.11, 0.01, Outcome.PASS),
        ("C3", {"effective_field": 749.0}, 0.2, 0.06, Outcome.REVIEW),
        ("C8", {"usflux": 3.0e21, "totusjh": 300.0}, 0.11, 0.01, Outcome.REVIEW),
        ("C8", {"usflux": 3.2e21, "totusjh": 300.0}, 0.11, 0.01, Outcome.PASS),
        ("C8", {"usflux": 3.2e21, "totusjh": 255.0}, 0.11, 0.01, Outcome.REVIEW),
        ("C8", {"usflux": 1.1e22, "totusjh": 1200.0}, 0.2, 0.06, Outcome.REVIEW),
        ("C8", {"usflux": 1.2e22, "totusjh": 1200.0}, 0.2, 0.06, Outcome.PASS),
        ("C8", {"usflux": 1.2e22, "totusjh": np.nan}, 0.2, 0.06, Outcome.PASS),
    ],
)
def test_floors_ask_for_review(check, evidence, p_m, p_x, expected):
    made = batch([cells(0.9, p_m, p_x, FLAT)], **DISK, **evidence)
    assert ask(check, made)[0] == [expected]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"longitude": 65.0}, "60 deg"),
        ({"latitude": np.nan}, "position"),
        ({"entity": "full_disk"}, "full disk"),
        ({"r_value": np.nan}, "r_value missing"),
        ({"attrs": {"classes": "unknown"}}, "cumulative or exclusive"),
    ],
)
def test_a_missing_prerequisite_is_not_evaluable(changes, reason):
    outcomes, reasons = ask("C2", batch([cells(0.9, 0.5, 0.2)], **{**DISK, "r_value": 1.0, **changes}))
    assert outcomes == [NA]
    assert reason in reasons[0]


@pytest.mark.parametrize(
    ("printed", "computed", "expected"),
    [
        (4.82, 4.62, Outcome.PASS),
        (4.82, 4.56, Outcome.REVIEW),
        (4.82, 5.08, Outcome.REVIEW),
        (0.0, 4.8, NA),
        (np.nan, 4.8, NA),
    ],
)
def test_r_is_recomputed_within_what_sampling_explains(printed, computed, expected):
    assert ask("C1", batch([cells(0.5, 0.2, 0.1)], r_value=printed, r_value_computed=computed))[0] == [expected]
