"""How findings are collected: the gravest word stays, and what was blanked first is not judged."""

import numpy as np

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.marks import Marks

ALL = np.array([True, True])
FIRST = np.array([True, False])


def test_the_gravest_outcome_stays_whatever_the_order():
    for order in ((Outcome.REVIEW, Outcome.INVALID), (Outcome.INVALID, Outcome.REVIEW)):
        marks = Marks(2)
        for outcome in order:
            marks.offence(FIRST, outcome, outcome.name, 1.0, 0.5)
        found = marks.finding()
        assert found.outcome.tolist() == [Outcome.INVALID, Outcome.PASS]
        assert found.reasons[found.reason[0]] == "INVALID"


def test_of_equal_outcomes_the_first_stays():
    marks = Marks(1)
    marks.offence(ALL[:1], Outcome.REVIEW, "first", 1.0, 0.5)
    marks.offence(ALL[:1], Outcome.REVIEW, "second", 2.0, 0.5)
    assert (marks.finding().reasons, marks.finding().value.tolist()) == (("", "first"), [1.0])


def test_what_was_blanked_is_not_judged_and_has_no_value():
    marks = Marks(2)
    marks.blank(FIRST, "no data")
    marks.measure(3.0, 1.0)
    marks.offence(ALL, Outcome.INVALID, "wrong", 3.0, 1.0)
    found = marks.finding()
    assert found.outcome.tolist() == [Outcome.NOT_EVALUABLE, Outcome.INVALID]
    np.testing.assert_array_equal(found.value, [np.nan, 3.0])


def test_an_offence_is_not_hidden_by_a_prerequisite_that_fails_later():
    marks = Marks(2)
    marks.offence(FIRST, Outcome.INVALID, "wrong", 3.0, 1.0)
    marks.blank(ALL, "the rest is unknown")
    assert marks.finding().outcome.tolist() == [Outcome.INVALID, Outcome.NOT_EVALUABLE]


def test_reasons_that_nobody_needs_are_not_kept():
    marks = Marks(2)
    marks.blank(~ALL, "unused")
    assert marks.finding().reasons == ("",)
