"""Planted violations: every check finds them, passes what keeps its limit, and says when it cannot judge."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate

from .planted import PLANTED

# Closer to a limit than this, rounding decides.
BY = st.floats(0.01, 0.4)


def outcome(check, made, row):
    found = evaluate(made, all_checks([check]))
    reason = str(found.reason_text.values[found.reason.values[0, row]])
    return Outcome(int(found.outcome.values[0, row])), reason


def test_every_check_has_a_planted_violation():
    known = {check.id for check in all_checks()}
    assert known - set(PLANTED) == set(), "checks without a case in planted.py"
    assert set(PLANTED) - known == set(), "cases of no check"


@pytest.mark.parametrize("check", sorted(PLANTED))
@settings(max_examples=4)
@given(by=BY)
def test_what_breaks_the_limit_is_found_and_named(check, by):
    case = PLANTED[check]
    found, reason = outcome(check, case.make(by), case.row)
    assert (found, bool(reason)) == (case.outside, True)


@pytest.mark.parametrize("check", sorted(PLANTED))
@settings(max_examples=4)
@given(by=BY)
def test_what_keeps_the_limit_is_not(check, by):
    case = PLANTED[check]
    found, reason = outcome(check, case.make(-by), case.row)
    assert found == case.inside, reason


@pytest.mark.parametrize("check", sorted(PLANTED))
@settings(max_examples=2)
@given(by=BY, breaks=st.booleans())
def test_without_its_prerequisite_it_is_not_evaluable(check, by, breaks):
    case = PLANTED[check]
    # An offence that is found all the same would be the graver word; only what is kept must fall silent everywhere.
    assume(not breaks or case.outside < Outcome.INVALID)
    found, reason = outcome(check, case.make(by if breaks else -by, **case.blank), case.row)
    assert found == Outcome.NOT_EVALUABLE
    assert reason


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_the_ceiling_is_at_least_what_is_planted(check):
    assert PLANTED[check.id].outside <= check.ceiling
