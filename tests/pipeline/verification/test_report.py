import re

import numpy as np
import pytest

from sunproof.pipeline.verification.bootstrap import Interval
from sunproof.pipeline.verification.cases import make_cases
from sunproof.pipeline.verification.evaluate import Evaluation
from sunproof.pipeline.verification.report import headline, markdown, table

POPULATION = {
    "slots": 720,
    "regions": 2,
    "first_issue": "2013-01-01T00:00:00.0",
    "last_issue": "2013-05-01T00:00:00.0",
    "negatives": "all others",
    "outside_the_blocks": 7,
    "short_history": 8,
    "forecasts_without_a_sample": 9,
    "no_forecast": 10,
    "simulated": 0,
}


@pytest.fixture
def found(samples):
    cases = make_cases(samples)
    where = {"entity": "region", "threshold": "C1.0", "window": 24.0}
    row = {
        **where,
        "subset": "all",
        "forecaster": "model",
        "cases": 200,
        "events": 50,
        "bss": 0.1234,
        "tss": float("nan"),
    }
    year = {**row, "subset": "2013", "auc": 0.9}
    interval = {"rotation": Interval(0.02, 0.01, 0.03), "region": Interval(0.02, -0.01, 0.05)}
    comparison = {**where, "subset": "all", "baseline": "logistic", "cases": 199, "difference": {"bss": interval}}
    ranked = {"entity": "region", "window": 24.0, "forecaster": "model", "rps": 0.31}
    probability = {"model": np.full(cases.shape, 0.2)}
    titles = {"model": "ours", "logistic": "theirs"}
    return Evaluation(
        dict(POPULATION), titles, [row, year], [comparison], [ranked], cases, probability, {"region": np.zeros((2, 2))}
    )


def test_the_population_and_what_was_left_out_are_stated(found):
    opening = markdown(found).split("##")[0]
    assert "720 slots of 2 regions, issued 2013-01-01T00:00 to 2013-05-01T00:00" in opening
    assert all(re.search(rf"\b{number}\b", opening) for number in (7, 8, 9, 10))
    assert "Negatives: all others" in opening
    assert "Simulated" not in opening


def test_undefined_scores_are_blank_not_zero(found):
    line = next(line for line in markdown(found).splitlines() if line.startswith("| C1.0 | ours | 200"))
    assert line == "| C1.0 | ours | 200 | 50 | 0.123 |  |  |  |  |  |  |  |  |  |"


def test_intervals_that_exclude_zero_are_starred(found):
    assert "| C1.0 | theirs | 199 | BSS | +0.020 [+0.010, +0.030] * | +0.020 [-0.010, +0.050] |" in markdown(found)


def test_years_ranked_scores_and_reliability_are_there(found):
    text = markdown(found)
    assert "| 2013 | C1.0 | ours | 200 | 50 | 0.123 |" in text
    assert "ours 0.3100" in text
    assert "| C1.0 | 0.2-0.3 | 479 |" in text  # one label is unknown


def test_the_headline_is_the_shortest_window(found):
    title, columns, rows = headline(found)[0]
    assert title == "Regions, 24 h"
    assert dict(zip(columns, rows[0], strict=True))["BSS"] == "0.123"


def test_a_table_has_a_row_a_line():
    assert table(["a", "b"], [[1, "x"]]) == ["| a | b |", "|---|---|", "| 1 | x |"]
