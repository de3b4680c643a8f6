import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.contract import check_forecasts, new_forecasts
from sunproof.pipeline.vocabulary import attributes

CUMULATIVE = {"classes": "cumulative", "windows": "nested", "goes_scale": "science"}


def variables(**changes):
    one, time = ("forecast",), np.array(["2014-01-01", "2014-01-02"], "datetime64[ns]")
    found = {
        "probability": (("forecast", "threshold", "window"), np.full((2, 3, 1), 0.1)),
        "issue_time": (one, time),
        "data_cutoff": (one, time),
        "window_start": (one, time),
        "entity": (one, np.array(["region", "full_disk"], object)),
        "harpnum": (one, np.array([377, -1])),
        "noaa_ar": (one, np.array([11158, -1])),
        "status": (one, np.array(["ISSUED", "ISSUED"], object)),
        "status_reason": (one, np.array(["", ""], object)),
    }
    return {**found, **changes}


def build(semantics=CUMULATIVE, **changes):
    return new_forecasts(variables(**changes), ("C1.0", "M1.0", "X1.0"), (24.0,), semantics, model="test")


def test_a_batch_carries_vocabulary_attributes_thresholds_as_flux_and_declared_semantics():
    batch = build()
    assert dict(batch["probability"].attrs) == attributes("probability")
    np.testing.assert_array_equal(batch["threshold_flux"], [1e-6, 1e-5, 1e-4])
    assert {name: batch.attrs[name] for name in CUMULATIVE} == CUMULATIVE


def test_every_break_of_the_contract_is_told_together():
    batch = build().drop_vars("harpnum")
    batch["issue_time"] = ("threshold", np.array(["2014-01-01"] * 3, "datetime64[ns]"))
    batch.attrs["goes_scale"] = "true"
    with pytest.raises(InputError, match=r"test: harpnum: variable is missing") as caught:
        check_forecasts(batch, "test")
    texts = "\n".join(map(str, caught.value.problems))
    assert "issue_time: wrong dimensions; got ('threshold',); wanted ('forecast',)" in texts
    assert (
        "attribute goes_scale: semantics not declared; got 'true'; wanted one of operational, science, unknown" in texts
    )


def test_semantics_must_be_declared_though_unknown_is_an_answer():
    build({**CUMULATIVE, "classes": "unknown"})
    with pytest.raises(InputError, match="attribute windows: semantics not declared; wanted one of nested"):
        build({"classes": "cumulative", "goes_scale": "science"})


def test_a_slot_without_a_forecast_needs_a_reason():
    silent = {"status": (("forecast",), np.array(["ISSUED", "NO_FORECAST"], object))}
    with pytest.raises(InputError, match="forecasts without a reason; got 1"):
        build(**silent)
    build(**silent, status_reason=(("forecast",), np.array(["", "no record"], object)))


def test_values_are_left_to_the_checks():
    assert build(probability=(("forecast", "threshold", "window"), np.full((2, 3, 1), 7.0)))["probability"].max() == 7
