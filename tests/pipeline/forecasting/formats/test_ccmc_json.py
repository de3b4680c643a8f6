import json

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.forecasting.formats.ccmc_json import FORMAT

WINDOW = {"start_time": "2024-05-10T12:00Z", "end_time": "2024-05-11T12:00Z"}
TREE = {
    "model": {"short_name": "A_1"},
    "issue_time": "2024-05-10T12:05Z",
    "full_disk_forecasts": [
        {"prediction_window": WINDOW, "flare_probabilities": [{"class_": "M+", "probability": 0.3}]}
    ],
    "region_forecasts": [
        {
            "region_ids": [{"type": "HARP", "number": "11149"}],
            "prediction_window": {**WINDOW, "end_time": "2024-05-12T12:00Z"},
            "flare_probabilities": [{"class": "X+", "probability": 0.1}],
        }
    ],
}


def read(**changes):
    return FORMAT.read(json.dumps({"forecast_submission": {**TREE, **changes}}), "file")


def test_each_window_becomes_a_submission_and_a_lost_alias_is_understood():
    day, two_days = read()
    assert day.entries[0].bins[0].name == "M+"
    assert (two_days.entries[0].harpnum, two_days.entries[0].noaa_ar) == (11149, -1)


def test_every_problem_is_told():
    with pytest.raises(InputError, match="not a time; got 'now'") as caught:
        read(issue_time="now", model={})
    assert "model has no name" in str(caught.value)


def test_all_windows_of_an_issue_time_go_into_one_file():
    files = FORMAT.write(read())
    assert list(files) == ["A_1.20240510T1205Z.json"]
    tree = json.loads(next(iter(files.values())))["forecast_submission"]
    assert (len(tree["full_disk_forecasts"]), len(tree["region_forecasts"])) == (1, 1)
