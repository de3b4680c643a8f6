import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.wording import UNPROVEN, Words
from tests.pipeline.auditing.batches import batch, check, findings

PASS, REVIEW, INVALID, MISSING = Outcome.PASS, Outcome.REVIEW, Outcome.INVALID, Outcome.NOT_EVALUABLE


@pytest.fixture
def words():
    first, second = [PASS, REVIEW, MISSING], [REVIEW, INVALID, MISSING]
    found = findings(batch(3), check("A1", first, unit="h"), check("C4", second, 900, reason="too far"))
    return Words(found, np.array([True, True, False]))


def texts(*values):
    return np.array(values, dtype=object)


def test_codes_come_gravest_first(words):
    assert words.codes(texts("REVIEW", "REJECT", "REVIEW")).tolist() == ["C4", "C4,A1", UNPROVEN]


def test_reasons_carry_number_limit_unit_and_sentence(words):
    why = words.why(texts("REVIEW", "REJECT", "REVIEW"), texts("", "", ""))
    assert why[1] == (
        "C4 name of C4 INVALID: 0.5 against 0.25 (too far); A1 name of A1 REVIEW: 0.5 against 0.25 h (because)"
    )
    assert why[2].startswith("no check could hold it against what was observed; 0 checks passed")


def test_what_could_not_be_evaluated_is_grouped_by_reason(words):
    assert words.unevaluated().tolist() == ["", "", "A1: because; C4: too far"]


def test_causes_name_the_checks_or_the_slots_own_reason(words):
    causes = words.causes(texts("REVIEW", "REJECT", "NO_FORECAST"), texts("", "", "no record"))
    assert causes.tolist() == ["", "rejected by C4,A1", "no forecast: no record"]


def test_many_forecasts_with_few_patterns_share_their_sentences():
    outcomes = [PASS, REVIEW] * 500
    words = Words(findings(batch(1000), check("C4", outcomes, 900)), np.array([False, True] * 500))
    shared = words.decide(texts(*["ACCEPT", "REVIEW"] * 500))
    assert len({id(text) for text in shared}) == 2
