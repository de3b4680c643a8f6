"""The engine: registry, ceilings, missing variables, slots without a forecast."""

import importlib.util
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sunproof.models.constraints.base import Check, Finding, Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.vocabulary import VOCABULARY

from .build import ask, batch, cells

A1, A2 = all_checks(["A1", "A2"])
SAMPLES = ("the model's training samples", "the validation samples")
WITHOUT_EVENTS = ("none (arithmetic)", "no reference events", *SAMPLES)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_every_check_says_what_it_states_on_what_grounds(check: Check):
    for field in fields(check):
        if field.type == "str" and field.name != "unit":
            assert getattr(check, field.name).strip(), f"{check.id} has no {field.name}"
    assert re.fullmatch(r"[A-M]\d{1,2}", check.id)
    assert check.statement.endswith(".")
    assert check.prerequisites.endswith(".")
    assert check.ceiling >= Outcome.INFO
    assert check.reference_size > 0 or check.reference_set in WITHOUT_EVENTS or "size not given" in check.reference_set


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_units_are_parsable_and_requirements_stand_in_the_vocabulary(check: Check):
    units = pytest.importorskip("astropy.units")
    units.Unit(check.unit)
    assert set(check.requires) <= set(VOCABULARY)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_an_empirical_limit_states_its_period_and_goes_scale(check: Check):
    if check.reference_set not in WITHOUT_EVENTS:
        assert re.search(r"(19|20)\d\d", check.reference_set), check.reference_set
        assert re.search(r"operational|science|no GOES scale", check.reference_set), check.reference_set


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_only_what_is_without_events_and_may_be_invalid_is_called_arithmetic(check: Check):
    if check.reference_set in WITHOUT_EVENTS:
        assert check.reference_size == 0
        assert (check.reference_set == "none (arithmetic)") == (check.ceiling == Outcome.INVALID)


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.id)
def test_a_p_value_is_held_against_samples(check: Check):
    if "onformal" in check.reference:
        assert check.reference_set in SAMPLES


def test_checks_come_in_the_order_of_family_and_number():
    identifiers = [check.id for check in all_checks()]
    assert identifiers == sorted(identifiers, key=lambda name: (name[0], int(name[1:])))


def test_an_unknown_check_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"no such check; got 'Z9'; wanted one of A1, A2"):
        all_checks(["A1", "Z9"])


def test_an_outcome_above_the_ceiling_is_a_mistake_in_the_check():
    timid = replace(A1, ceiling=Outcome.REVIEW)
    with pytest.raises(RuntimeError, match="A1 gave INVALID, above its ceiling REVIEW"):
        evaluate(batch([cells(1.5, 0.2, 0.1)]), [timid])


def test_arrays_of_a_wrong_length_are_a_mistake_in_the_check():
    short = replace(A1, evaluate=lambda made, limits: Finding(*(np.zeros(3) for _ in range(4))))
    with pytest.raises(RuntimeError, match=r"A1 gave arrays of shape \[\(3,\)\]; wanted \(1,\)"):
        evaluate(batch([cells(0.5, 0.2, 0.1)]), [short])


def test_a_missing_variable_is_not_evaluable_and_named():
    outcomes, reasons = ask("A5", batch([cells(0.5, 0.2, 0.1)]))
    assert outcomes == [Outcome.NOT_EVALUABLE]
    assert reasons == ["the batch has no variable rate"]


def test_a_slot_without_forecast_is_not_evaluable_in_every_check():
    made = batch([np.full((3, 3), np.nan), cells(0.5, 0.2, 0.1)], status=["NO_FORECAST", "ISSUED"])
    found = evaluate(made)
    assert (found.outcome[:, 0] == Outcome.NOT_EVALUABLE).all()
    assert set(found.reason_text.values[found.reason.values[:, 0]]) <= {"no forecast was issued for this slot"} | {
        text for text in found.reason_text.values if text.startswith("the batch has no variable")
    }
    assert found.outcome.sel(check="A1")[1] == Outcome.PASS


def test_not_evaluable_always_carries_a_reason_and_no_value():
    found = evaluate(batch([cells(0.5, 0.2, 0.1), cells(0.0, 0.2, 1.1)], entity=["region", "full_disk"]))
    blank = found.outcome == Outcome.NOT_EVALUABLE
    assert bool((found.reason.where(blank, 1) > 0).all())
    assert bool(found.value.where(blank).isnull().all())
    offence = found.outcome > Outcome.PASS
    assert bool((found.reason.where(offence, 1) > 0).all())


def test_the_batch_is_left_as_it_was():
    made = batch([cells(1.5, 0.2, 0.1)])
    before = made.copy(deep=True)
    evaluate(made)
    xr.testing.assert_identical(made, before)


def test_findings_carry_digests_and_the_declared_semantics():
    found = evaluate(batch([cells(0.5, 0.2, 0.1)]), [A1, A2])
    assert found.attrs["limits_digest"].startswith("sha256:")
    assert found.attrs["tables_digest"].startswith("sha256:")
    assert {name: found.attrs[name] for name in ("classes", "windows", "goes_scale")} == {
        "classes": "cumulative",
        "windows": "nested",
        "goes_scale": "operational",
    }
    assert list(found.check.values) == ["A1", "A2"]


def test_no_checks_give_empty_findings():
    found = evaluate(batch([cells(0.5, 0.2, 0.1)]), [])
    assert found.outcome.shape == (0, 1)


def test_an_empty_batch_gives_empty_findings():
    nothing = (("forecast", "lead"), np.empty((0, 1)))
    ahead = {f"predicted_{name}": nothing for name in ("usflux", "totpot", "xrsb", "xrsb_peak")}
    ahead |= {f"predicted_{name}_{end}": (("lead",), [1.0]) for name in ("usflux", "xrsb") for end in ("low", "high")}
    found = evaluate(batch(np.empty((0, 3, 3))).assign(lead=("lead", [24.0]), **ahead))
    assert found.sizes["forecast"] == 0
    assert found.sizes["check"] == len(all_checks())


def test_the_benchmark_batch_lets_every_check_speak():
    path = Path(__file__).parents[3] / "benchmarks" / "batches.py"
    spec = importlib.util.spec_from_file_location("batches", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = evaluate(module.full_batch(2000))
    silent = [text for text in found.reason_text.values if text.startswith("the batch has no variable")]
    assert not silent
    # Exclusive bins cannot be in a cumulative batch.
    judged = (found.outcome != Outcome.NOT_EVALUABLE).any("forecast")
    assert set(found.check.values[~judged.values]) == {"A7"}
