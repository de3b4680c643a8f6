import numpy as np
import pytest

from sunproof.pipeline.auditing.agreement import Agreement
from tests.pipeline.auditing.batches import batch


@pytest.mark.parametrize(
    ("name", "made", "differs"),
    [
        ("usflux", 1e22 * (1 + 9e-6), 0),
        ("usflux", 1e22 * (1 + 2e-5), 1),
        ("usflux", np.nan, 1),
        ("mcintosh", "FKI", 1),
        ("harpnum", 1, 0),
    ],
)
def test_what_was_made_again_differs_beyond_rounding_or_where_one_side_is_missing(name, made, differs):
    held, rows = batch(3).assign_coords(seq=("forecast", [1, 2, 3])), np.array([0])
    fresh = held.isel(forecast=rows)
    fresh[name] = ("forecast", np.array([made], held[name].dtype))
    found = Agreement()
    again = found.compare_forecasts(held, rows, fresh)
    assert [(item.seq, item.what) for item in found.differences] == [(1, name)] * differs
    # what says whose forecast it is stays
    np.testing.assert_array_equal(again[name].values[0], 4698 if name == "harpnum" else made)
    assert held[name].values[0] == batch(3)[name].values[0]


def test_what_was_not_made_again_is_named_as_stated():
    held = batch(2).assign_coords(seq=("forecast", [1, 2]))
    found = Agreement()
    found.compare_forecasts(held, np.array([0, 1]), held.drop_vars(["r_value", "noaa_ar"]))
    assert found.stated == ["r_value"]
    assert not found.differences


@pytest.mark.parametrize(("made", "differs"), [((0.0, 1.0), 0), ((1e-9, 1.0), 1), ((0.0, 0.0), 1)])
def test_what_is_certain_agrees_with_itself_alone(made, differs):
    held = batch(1).assign_coords(seq=("forecast", [7]))
    held["probability"] = held["probability"].astype(float)
    held["probability"].values[0, :2, 0] = 0.0, 1.0
    fresh = held.copy(deep=True)
    fresh["probability"].values[0, :2, 0] = made
    found = Agreement()
    found.compare_forecasts(held, np.array([0]), fresh)
    assert [item.what for item in found.differences] == ["probability (logit)"] * differs
