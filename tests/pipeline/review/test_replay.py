import json
import re
from pathlib import Path

import numpy as np
import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.receipts import canonical
from sunproof.pipeline.review.cases import write_cases
from sunproof.pipeline.review.desk import Desk
from sunproof.pipeline.review.replay import leaks, replay
from tests.pipeline.ledger.test_schedule import write_samples


@pytest.fixture
def folder(house, queued, noon):
    desk = Desk(queued, house.reviewer)
    while item := desk.next(noon):
        desk.answer(item.certificate, "REJECT", noon)
        desk.decide(item.certificate, "REJECT", "artefact", at=noon)
    write_cases(queued, house.root / "cases", house.service)
    return house.root / "cases"


def rewrite(folder, **changes):
    for place in folder.glob("*/case.json"):
        place.write_bytes(canonical(json.loads(place.read_bytes()) | changes))


def test_nothing_changed_is_no_surprise(folder, capsys):
    results = replay(folder)
    assert len(results) == 2
    assert all(item.verdict == item.case.facts["alone"] for item in results)
    assert {item.state for item in results} <= {"agrees", "open"}
    assert main(["review", "replay", str(folder)]) == 0
    assert "2 cases" in capsys.readouterr().err


def test_a_folder_without_a_case_is_no_success(folder, tmp_path, capsys):
    one = next(place for place in folder.iterdir() if place.is_dir())
    (tmp_path / "empty").mkdir()
    for place, held in ((tmp_path / "empty", "got \\[\\]"), (one, r"got \['case\.json', 'certificate\.jsonl'\]")):
        assert main(["review", "replay", str(place)]) == 2
        told = capsys.readouterr()
        assert re.search(rf"no case to judge; {held}; wanted folders with a case\.json", told.err)
        assert "0 cases" not in told.err
        assert "state" not in told.out


def test_a_case_that_agreed_and_does_not_any_more_fails(folder, monkeypatch, capsys):
    rewrite(folder, expected="REJECT", agreed=True)
    monkeypatch.setattr("sunproof.pipeline.review.replay.judge_alone", lambda path: "ACCEPT")
    assert {item.state for item in replay(folder)} == {"broken"}
    assert main(["review", "replay", str(folder)]) == 1
    assert "2 broken" in capsys.readouterr().err


def test_a_case_that_is_caught_now_is_mended(folder, monkeypatch):
    rewrite(folder, expected="REJECT", agreed=False)
    monkeypatch.setattr("sunproof.pipeline.review.replay.judge_alone", lambda path: "REJECT")
    assert {item.state for item in replay(folder)} == {"mended"}


def test_a_held_out_case_in_the_training_block_is_found(folder, tmp_path, capsys):
    path = tmp_path / "samples.nc"
    write_samples(path, np.datetime64("2014-01-01", "h") + np.arange(2) * np.timedelta64(6, "h"), ["train", "test"])
    rewrite(folder, held_out=True)
    assert len(leaks(folder, path)) == 2
    assert main(["review", "replay", str(folder), "--samples", str(path)]) == 1
    assert "a held-out case is in the train block" in capsys.readouterr().err
    rewrite(folder, held_out=False)
    assert leaks(folder, path) == []


def test_the_cases_of_the_project_still_agree():
    results = replay(Path(__file__).resolve().parents[3] / "cases")
    assert {item.case.facts["expected"] for item in results} == {"ACCEPT", "REJECT"}
    assert [item.case.folder.name for item in results if item.state == "broken"] == []


def test_a_folder_that_is_not_there_is_not_a_folder_without_broken_cases(tmp_path, capsys):
    assert main(["review", "replay", str(tmp_path / "nowhere")]) == 2
    assert "nowhere: no such folder" in capsys.readouterr().err
