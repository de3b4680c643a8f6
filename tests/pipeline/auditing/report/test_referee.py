import math

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.auditing.rebuild import rebuild
from sunproof.pipeline.auditing.report.referee import extrapolates, referee_fit
from sunproof.pipeline.auditing.report.story import forecast_page
from sunproof.pipeline.auditing.report.surroundings import Surroundings
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.review.packet import blind, words
from sunproof.pipeline.review.screen import Screen
from tests.pipeline.auditing.batches import NOT_EXPLAINED, batch, check, findings, with_fit


def certified(folder, forecasts, outcome=Outcome.IMPLAUSIBLE):
    size = forecasts.sizes["forecast"]
    found = findings(forecasts, check("A2", [outcome] * size, 900))
    path = folder / "certificates.jsonl"
    facts = {"code": "0.1.0", "inputs": {}, "simulated": False}
    write_certificates(path, forecasts, found, judge(forecasts, found), Encoded([NOT_EXPLAINED] * size), facts)
    return path


@pytest.fixture
def path(tmp_path):
    return certified(tmp_path, with_fit(batch(3), {1: (2, 0, 4.0)}, "latest TOTUSJH 9300, in training 12 to 3000"))


def test_what_is_extrapolated_is_marked_with_its_numbers(path):
    fit = referee_fit(open_certificate(path, 2))
    # the largest logit in training is 1, so that by itself it says 1 / (1 + exp(-5))
    assert fit.words[:2] == [
        "Extrapolated for ≥ X1.0, 24 h: by itself it says 99.33 %, odds 55 times above the largest it gave in "
        "training, 73 %; nested with the others, it is shown as 0.61 %.",
        "Furthest outside: latest TOTUSJH 9300, in training 12 to 3000.",
    ]
    assert fit.marks == [["", "", ""], ["", "", ""], ["extrapolated", "few flares", "few flares"]]


def test_how_many_flares_it_was_fitted_to_is_told_of_every_forecast(path):
    (told,) = referee_fit(open_certificate(path, 1)).words
    assert told == (
        "Fitted to 5000 region-times of the training block; with a flare in 24 h: ≥ C1.0 900 of 80 regions, "
        "≥ M1.0 100 of 20 regions, ≥ X1.0 7 of 4 regions (few)."
    )


def test_the_full_disk_is_told_its_own_fit(tmp_path):
    forecasts = with_fit(batch(2), {})
    forecasts["entity"].values[:] = "full_disk"
    (told,) = referee_fit(open_certificate(certified(tmp_path, forecasts), 1)).words
    assert "2500 times" in told
    assert "≥ C1.0 450 of 40 days" in told


def test_what_was_made_before_the_range_was_kept_says_so(tmp_path):
    record = open_certificate(certified(tmp_path, batch(2)), 1)
    fit = referee_fit(record)
    assert fit.words == ["The range of its fit is not known: these forecasts were made before it was kept."]
    assert not any(mark for row in fit.marks for mark in row)
    assert not extrapolates(record)


def test_without_a_referee_nothing_is_told(tmp_path):
    forecasts = batch(2)
    forecasts["probability_regression"].values[0] = np.nan
    path = certified(tmp_path, forecasts)
    assert referee_fit(open_certificate(path, 1)) is None
    assert forecast_page(open_certificate(path, 1), Surroundings(24.0))["referee"] == []


def test_what_nesting_carries_over_is_marked_too(tmp_path):
    forecasts = with_fit(batch(2), {0: (0, 0, -3.0)})
    # a low C1.0 holds down the classes that it contains
    forecasts["probability_regression"].values[0] = [[0.001, 0.3, 0.4], [0.001, 0.2, 0.2], [0.0005, 0.1, 0.1]]
    fit = referee_fit(open_certificate(certified(tmp_path, forecasts), 1))
    assert [row[0] for row in fit.marks] == ["extrapolated", "extrapolated", "few flares"]
    assert "below the smallest it gave in training" in fit.words[0]


def test_a_factor_beyond_counting_is_no_error(tmp_path):
    forecasts = with_fit(batch(2), {0: (0, 1, 900.0)})
    fit = referee_fit(open_certificate(certified(tmp_path, forecasts), 1))
    assert "odds over 10¹² times above" in fit.words[0]
    forecasts = with_fit(batch(2), {0: (0, 1, -900.0)})
    assert "by itself it says 0 %" in referee_fit(open_certificate(certified(tmp_path, forecasts), 1)).words[0]


def test_page_screen_and_terminal_tell_it_beside_the_number(path):
    record = open_certificate(path, 2)
    page = forecast_page(record, Surroundings(24.0))
    place = page["sources"].index("referee")
    (row,) = [row for row in page["claims"] if row["name"] == "≥ X1.0, 24 h"]
    assert row["marks"][place] == "extrapolated"
    assert [mark for at, mark in enumerate(row["marks"]) if at != place] == [""] * (len(row["marks"]) - 1)
    shown = repr(Screen(path, 2).header())
    assert "(extrapolated)" in shown
    assert "TOTUSJH 9300" in shown
    told = "\n".join(words(blind(record)))
    assert "regression: extrapolated" in told
    assert "TOTUSJH 9300" in told


def test_where_it_is_served_its_extrapolation_is_told(path):
    served = forecast_page(open_certificate(path, 2), Surroundings(24.0))["served"]
    assert served.endswith("It was not audited itself. It extrapolates here.")
    assert open_certificate(path, 2)["served"]["reason"].endswith("extrapolated beyond its training samples")
    assert "extrapolates" not in forecast_page(open_certificate(path, 1), Surroundings(24.0))["served"]
    assert "extrapolated" not in open_certificate(path, 1)["served"]["reason"]


def test_it_survives_the_certificates(path):
    again = rebuild(path)
    assert float(again["regression_beyond"][1, 2, 0]) == 4.0
    assert again["regression_events"].dims == ("fitted", "threshold", "window")
    assert math.isclose(float(again["regression_highest"][0, 2, 0]), 1.0)


def test_no_verdict_depends_on_it():
    plain = batch(3)
    told = with_fit(batch(3), {1: (2, 0, 4.0)})
    checks = check("A2", [Outcome.PASS, Outcome.REVIEW, Outcome.IMPLAUSIBLE], 900)
    one, other = (judge(forecasts, findings(forecasts, checks)) for forecasts in (plain, told))
    for name in ("verdict", "codes", "served", "served_probability", "suspicion"):
        np.testing.assert_array_equal(one[name], other[name])
