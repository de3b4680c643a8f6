import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.single import at_least, at_most

from .build import batch, cells

NA, PASS, INFO, REVIEW = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.INFO, Outcome.REVIEW


def asked(check, values, **limits):
    found = check(batch([cells(0.5, 0.1, 0.01)] * len(values), xrs_listed_ratio=np.array(values)), limits)
    return found.outcome.tolist(), [found.reasons[number] for number in found.reason]


@pytest.mark.parametrize("outcome", [INFO, REVIEW])
def test_what_is_below_the_least_is_told(outcome):
    check = at_least("xrs_listed_ratio", "low", "unknown", outcome)
    assert asked(check, [0.1, 0.2, np.nan], least=0.2) == ([outcome, PASS, NA], ["low", "", "unknown"])


def test_what_is_above_the_limit_is_told_and_of_either_sign_where_asked():
    values = [0.3, 0.2, -0.3, np.nan]
    one = at_most("xrs_listed_ratio", "high", "unknown")
    assert asked(one, values, review=0.2)[0] == [REVIEW, PASS, PASS, NA]
    both = at_most("xrs_listed_ratio", "high", "unknown", either_sign=True)
    assert asked(both, values, review=0.2)[0] == [REVIEW, PASS, REVIEW, NA]


def test_a_batch_without_the_number_is_not_judged():
    found = at_most("no_such_number", "high", "unknown")(batch([cells(0.5, 0.1, 0.01)]), {"review": 0.0})
    assert found.outcome.tolist() == [NA]
