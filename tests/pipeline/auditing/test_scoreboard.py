"""`sunproof audit` on Flare Scoreboard submissions: what the classes and windows mean decides what is an offence."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.chain import read_header
from sunproof.pipeline.auditing.config import AuditConfig, ScoreboardConfig
from sunproof.pipeline.auditing.loading import load_batch
from sunproof.pipeline.forecasting.exchange import write_submissions
from sunproof.pipeline.forecasting.formats.base import Bin, Entry, Submission
from tests.pipeline.auditing.archives import write_simulated

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2014-05-10T12:00", "ns")


def day(c, m, x, plus="+", hours=(0, 24)):
    full = Entry("full_disk", (Bin("C" + plus, c), Bin("M" + plus, m), Bin("X+", x)))
    return Submission("THEIRS_1", START, START + hours[0] * HOUR, START + hours[1] * HOUR, (full,))


def config(folder, **options):
    board = ScoreboardConfig(goes_scale="operational")
    return AuditConfig(forecasts=str(folder), scoreboard=board, output=str(folder.parent / "audit"), **options)


def outcome(folder, check):
    found = evaluate(load_batch(config(folder)), all_checks([check]))
    return Outcome(int(found.outcome.values[0, 0]))


@pytest.mark.parametrize(
    ("made", "check", "expected"),
    [
        # P(M) above P(C) contradicts cumulative classes, and says nothing of exclusive ones
        ([day(0.3, 0.5, 0.1)], "A2", Outcome.INVALID),
        ([day(0.3, 0.5, 0.1, plus="")], "A2", Outcome.NOT_EVALUABLE),
        # a lower probability on the second day contradicts nested windows, and is nothing between disjoint days
        ([day(0.5, 0.2, 0.1), day(0.4, 0.2, 0.1, hours=(0, 48))], "A3", Outcome.INVALID),
        ([day(0.5, 0.2, 0.1), day(0.4, 0.2, 0.1, hours=(24, 48))], "A3", Outcome.NOT_EVALUABLE),
        # -1 is missing, not a probability below 0
        ([day(np.nan, 0.2, 0.1)], "A1", Outcome.PASS),
    ],
)
@pytest.mark.parametrize("kind", ["ccmc_txt", "ccmc_xml", "ccmc_json"])
def test_what_the_files_mean_decides_what_is_an_offence(tmp_path, made, check, expected, kind):
    write_submissions(made, tmp_path / "theirs", kind)
    assert outcome(tmp_path / "theirs", check) == expected


def test_an_audit_of_a_folder_writes_verdicts_and_certificates(tmp_path):
    write_submissions([day(0.3, 0.5, 0.1)], tmp_path / "theirs", "ccmc_xml")
    run(config(tmp_path / "theirs"))
    verdicts = pd.read_csv(tmp_path / "audit" / "verdicts.csv")
    assert verdicts["verdict"].tolist() == ["REJECT"]
    assert "A2" in verdicts["codes"][0]
    assert (tmp_path / "audit" / "certificates.jsonl").exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"forecasts": "theirs.xml"}, "'theirs.xml' with table missing"),
        ({"forecasts": "f.nc", "scoreboard": {"goes_scale": "science"}}, "'f.nc' with scoreboard given"),
        ({"forecasts": "folder", "scoreboard": {}}, "goes_scale"),
    ],
)
def test_submissions_need_their_scale_and_nothing_else_does(values, message):
    with pytest.raises(ValidationError, match=message):
        AuditConfig(**values)


def test_submissions_judged_by_a_simulated_archive_say_so_everywhere(tmp_path):
    write_submissions([day(0.5, 0.3, 0.1)], tmp_path / "theirs", "ccmc_xml")
    archive = write_simulated(tmp_path / "archive.zarr")
    run(config(tmp_path / "theirs", archive=str(archive)))
    assert read_header(tmp_path / "audit" / "certificates.jsonl")["simulated"] is True
    assert "<title>[simulated] " in (tmp_path / "audit" / "report" / "index.html").read_text(encoding="utf-8")
