"""How often checks fire on good forecasts: those that Met Office and SWPC issued in 2014-2016."""

import numpy as np
import pandas as pd
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import evaluate
from sunproof.pipeline.forecasting.contract import new_forecasts


def issued(path, days):
    """Full-disk percentages: M on day 1..n, then X on day 1..n, each day and each class for itself."""
    table = pd.read_csv(path, sep=r"\s+", header=None)
    when = pd.to_datetime(table[[0, 1, 2, 3, 4]].set_axis(["year", "month", "day", "hour", "minute"], axis=1))
    size = len(table)
    times = {
        name: ("forecast", when.to_numpy("datetime64[ns]")) for name in ("issue_time", "data_cutoff", "window_start")
    }
    texts = {"entity": "full_disk", "status": "ISSUED", "status_reason": ""}
    probability = table.iloc[:, 5:].to_numpy(float).reshape(size, 2, days) / 100
    return new_forecasts(
        {
            "probability": (("forecast", "threshold", "window"), probability),
            **times,
            **{name: ("forecast", np.full(size, text, object)) for name, text in texts.items()},
            **{name: ("forecast", np.full(size, -1)) for name in ("harpnum", "noaa_ar")},
        },
        ("M1.0", "X1.0"),
        tuple(24.0 * (day + 1) for day in range(days)),
        {"classes": "exclusive", "windows": "disjoint", "goes_scale": "operational"},
        model=path.stem,
        probability_quantum=0.01,
    )


@pytest.mark.data
@pytest.mark.parametrize(("name", "days", "size"), [("IFF_fcast.txt", 4, 1864), ("SWPC_fcast.txt", 3, 923)])
def test_issued_forecasts_are_seldom_flagged(data_root, name, days, size):
    found = evaluate(issued(data_root / "operational_forecasts" / name, days))
    outcome = found.outcome.to_numpy()
    judged = (outcome != Outcome.NOT_EVALUABLE).sum(axis=1)
    assert found.sizes["forecast"] == size
    assert set(found.check.values[judged > 0]) >= {"A1", "A8", "F1", "G1"}
    some = judged > 0
    assert ((outcome == Outcome.INVALID).sum(axis=1)[some] == 0).all()
    assert ((outcome == Outcome.IMPLAUSIBLE).sum(axis=1)[some] < 0.005 * judged[some]).all()
    assert ((outcome == Outcome.REVIEW).sum(axis=1)[some] < 0.05 * judged[some]).all()
