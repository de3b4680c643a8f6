"""I7, I8, I9: pairs of forecasts from an input and its transform."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

NA = Outcome.NOT_EVALUABLE
LIMITS = {"I7": ("time_shift", 0.3, 1.0), "I8": ("longitude_shift", 0.2, np.inf), "I9": ("superposition", 0.1, np.inf)}


def pair(step, transform, twin=0, **kwargs):
    first = cells(0.5, 0.2, 0.05, (1, 1, 1))
    odds = first / (1 - first) * np.exp(step)
    return batch([first, odds / (1 + odds)], twin=[-1, twin], transform=["", transform], **kwargs)


@given(st.sampled_from(sorted(LIMITS)), st.floats(-1.5, 1.5))
def test_a_transform_may_move_the_log_odds_by_so_much(check, step):
    transform, review, implausible = LIMITS[check]
    outcomes = ask(check, pair(step, transform))[0]
    assert outcomes[0] == NA
    size = abs(step)
    if min(abs(size - review), abs(size - implausible)) > 1e-6:
        expected = Outcome.IMPLAUSIBLE if size > implausible else Outcome.REVIEW if size > review else Outcome.PASS
        assert outcomes[1] == expected


@pytest.mark.parametrize("check", sorted(LIMITS))
def test_other_transforms_and_missing_twins_are_not_evaluable(check):
    transform = LIMITS[check][0]
    assert ask(check, pair(1.0, "mirror"))[0] == [NA, NA]
    assert ask(check, pair(1.0, transform, twin=-1))[0] == [NA, NA]
    assert ask(check, pair(1.0, transform, twin=7))[0] == [NA, NA]
    assert ask(check, pair(1.0, transform, status=["NO_FORECAST", "ISSUED"]))[0] == [NA, NA]
