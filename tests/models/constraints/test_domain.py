"""J1 to J5, J9, J10: whether the model knows such inputs, and whose they are."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome

from .build import ask, batch, cells

NA, PASS, REVIEW, INFO = Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.INFO


def seen(**evidence):
    return batch([cells(0.4, 0.1, 0.01)], **evidence)


@pytest.mark.parametrize(("share", "outcome"), [(0.5, PASS), (0.01, PASS), (0.009, REVIEW), (np.nan, NA)])
def test_keywords_like_no_training_region_are_for_review(share, outcome):
    assert ask("J1", seen(domain_physical=share))[0] == [outcome]


@pytest.mark.parametrize(("share", "outcome"), [(0.5, PASS), (0.009, INFO), (np.nan, NA)])
def test_unusual_features_are_told(share, outcome):
    assert ask("J2", seen(domain_features=share))[0] == [outcome]


@pytest.mark.parametrize(("steps", "outcome"), [(0, PASS), (1, PASS), (2, REVIEW), (12, REVIEW), (np.nan, NA)])
def test_copied_records_are_for_review(steps, outcome):
    assert ask("J3", seen(frozen_steps=float(steps)))[0] == [outcome]


@pytest.mark.parametrize(("share", "outcome"), [(0.5, PASS), (0.02, PASS), (0.019, REVIEW), (np.nan, NA)])
def test_records_that_fit_another_region_better_are_for_review(share, outcome):
    assert ask("J4", seen(record_agreement=share))[0] == [outcome]


@pytest.mark.parametrize(("share", "outcome"), [(0.5, PASS), (0.0075, PASS), (0.007, REVIEW), (np.nan, NA)])
def test_records_that_jump_are_for_review(share, outcome):
    assert ask("J5", seen(record_continuity=share))[0] == [outcome]


@pytest.mark.parametrize(("share", "outcome"), [(0.5, PASS), (0.01, PASS), (0.009, REVIEW), (np.nan, NA)])
@pytest.mark.parametrize(("check", "name"), [("J9", "record_size"), ("J10", "record_field")])
def test_records_on_another_scale_are_for_review(check, name, share, outcome):
    assert ask(check, seen(**{name: share}))[0] == [outcome]


@pytest.mark.parametrize(("check", "name"), [("J9", "record_size"), ("J10", "record_field")])
def test_a_record_of_zeros_is_told_from_none(check, name):
    outcomes, reasons = ask(check, seen(**{name: np.nan, "usflux": 0.0}))
    assert outcomes == [NA]
    assert "no flux on record" in reasons[0]
    assert "no complete record" in ask(check, seen(**{name: np.nan, "usflux": 1e21}))[1][0]


@pytest.mark.parametrize("check", ["J1", "J2", "J3", "J4", "J5", "J9", "J10", "D5"])
def test_without_the_model_the_domain_is_unknown(check):
    assert ask(check, seen())[0] == [NA]
