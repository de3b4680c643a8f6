import pytest

from sunproof.pipeline.auditing.report.answers import nulls, what_if

CUBE = [[None] * 3 for _ in range(3)]


def cube(value):
    return [[value] * 3 for _ in range(3)]


@pytest.fixture
def certificate():
    findings = [
        {"id": "I5", "name": "quiet-Sun replacement", "outcome": "PASS", "limit": 0.1},
        {"id": "H6", "name": "explanation skill", "outcome": "REVIEW", "limit": 0.2},
    ]
    return {
        "facts": {"thresholds": ["C1.0", "M1.0", "X1.0"], "windows": [24.0, 48.0, 72.0]},
        "probability": cube(0.2),
        "findings": findings,
        "evidence": {
            "probability_without_region": cube("0.01"),
            "probability_elsewhere": CUBE,
            "field_response": cube("0.5"),
            "explanation_skill": "0.1",
            "null_skill": "0.3",
            "twin_correlation": None,
        },
    }


def test_what_was_asked_is_told_with_its_change_and_check(certificate):
    gone, stronger = what_if(certificate)
    assert (gone["served"], gone["changed"], gone["check"]) == (0.2, 0.01, "I5 quiet-Sun replacement")
    assert gone["difference"] == pytest.approx(-19)
    # logit(0.2) + 0.5
    assert stronger["changed"] == pytest.approx(0.2919, abs=1e-4)
    assert stronger["outcome"] == "NOT_EVALUABLE"


def test_what_no_check_judges_is_told_without_an_outcome(certificate):
    certificate["evidence"] = {"probability_without_xrs": cube("0.1"), "probability_mirrored": cube("0.2")}
    mirrored, without = what_if(certificate)
    assert (without["check"], without["outcome"]) == ("", "")
    # I3 judges it, and is not among the findings of an older certificate
    assert (mirrored["check"], mirrored["outcome"]) == ("", "NOT_EVALUABLE")


def test_measures_stand_beside_their_nulls(certificate):
    (row,) = nulls(certificate)
    assert (row["value"], row["null"], row["limit"], row["outcome"]) == (0.1, 0.3, 0.2, "REVIEW")


def test_a_model_that_was_not_asked_has_no_rows(certificate):
    certificate["evidence"] = {}
    assert what_if(certificate) == nulls(certificate) == []
