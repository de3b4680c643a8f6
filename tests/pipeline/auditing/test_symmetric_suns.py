"""A forecast that another Sun of the same physics would not have is put to review; one that it moves little is not."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.verdict import judge
from tests.pipeline.auditing.batches import batch, check, findings

CUBE = ("forecast", "threshold", "window")


def judged(name, evidence, change):
    """Judge forecasts whose probability of C1.0 in the last window is another by so much on another Sun."""
    forecasts = batch(len(change))
    other = forecasts["probability"].to_numpy().copy()
    other[:, 0, -1] -= change
    forecasts = forecasts.assign({evidence: (CUBE, other)})
    # some check has to hold them against the Sun, or none is accepted
    held = check("C4", [Outcome.PASS] * len(change), 900)
    found = findings(forecasts, held, *all_checks([name]))
    return found, judge(forecasts, found)


@pytest.mark.parametrize(("name", "evidence"), [("I1", "probability_opposite"), ("I3", "probability_mirrored")])
def test_a_forecast_that_another_sun_would_not_have_is_put_to_review(name, evidence):
    limits = load_limits().of(name)
    change = [0.5 * limits["info"], 1.01 * limits["info"], 0.99 * limits["review"], -1.01 * limits["review"], np.nan]
    found, verdicts = judged(name, evidence, np.array(change))
    told = [Outcome.PASS, Outcome.INFO, Outcome.INFO, Outcome.REVIEW]
    row = found["outcome"].sel(check=name).to_numpy()
    assert [Outcome(one) for one in row[:4]] == told
    assert row[4] == Outcome.PASS, "the other classes and windows are as they were"
    np.testing.assert_array_equal(verdicts["verdict"], ["ACCEPT"] * 3 + ["REVIEW"] + ["ACCEPT"])
    assert verdicts["codes"].values[3] == name
    assert verdicts["codes"].values[0] == ""
