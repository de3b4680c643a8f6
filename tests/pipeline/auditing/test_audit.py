import json
import re
from pathlib import Path

import pandas as pd
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline import receipts
from sunproof.pipeline.auditing import audit
from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.chain import open_certificate, verify_chain
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.cli import main
from sunproof.pipeline.config import load_config
from sunproof.pipeline.errors import InputError
from tests.pipeline.auditing.batches import batch


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A small batch with an X-class probability above its M-class one, audited by the checks that ship."""
    tmp_path = tmp_path_factory.mktemp("audit")
    forecasts = batch(12)
    forecasts["probability"].values[3, 2] = 0.5
    path = tmp_path / "forecasts.nc"
    forecasts.to_netcdf(path, engine="h5netcdf")
    config = AuditConfig(forecasts=str(path), output=str(tmp_path / "audit"), report={"pages": 2})
    run(config)
    return config, tmp_path / "audit"


def test_an_audit_leaves_findings_verdicts_certificates_and_a_report(audited):
    _, output = audited
    for name in ("findings.nc", "verdicts.csv", "unevaluated.csv", "certificates.jsonl", "report/index.html"):
        assert (output / name).stat().st_size > 0
    receipts = sorted(path.name for path in output.glob("*.receipt.json"))
    products = ("certificates.jsonl", "findings.nc", "report", "unevaluated.csv", "verdicts.csv")
    assert receipts == [f"{name}.receipt.json" for name in products]


def test_a_forecast_against_arithmetic_is_rejected_and_replaced(audited):
    _, output = audited
    certificate = open_certificate(output / "certificates.jsonl", 4)
    assert certificate["verdict"]["verdict"] == "REJECT"
    assert "A2" in certificate["verdict"]["codes"]
    assert certificate["served"]["status"] == "FALLBACK"


def test_the_head_of_the_chain_is_in_the_receipt(audited):
    _, output = audited
    receipt = json.loads((output / "certificates.jsonl.receipt.json").read_bytes())
    assert verify_chain(output / "certificates.jsonl", receipt["head"]).problems == ()


def test_the_same_audit_again_gives_the_same_bytes(audited):
    config, output = audited
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    run(config)
    after = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    assert before.keys() == after.keys()
    assert [path.name for path in before if before[path] != after[path]] == []


def test_nothing_partial_is_left(audited):
    _, output = audited
    assert [path.name for path in output.rglob(".*")] == []


def test_verdicts_are_a_table_with_one_row_a_slot(audited):
    table = pd.read_csv(audited[1] / "verdicts.csv", keep_default_na=False)
    assert table["seq"].tolist() == list(range(1, 13))
    assert table.loc[3, "verdict"] == "REJECT"
    assert table.loc[3, "p_X1.0_24h"] == 0.5
    assert table.loc[3, "served_X1.0_24h"] < 0.1


def test_what_could_not_be_evaluated_is_told_as_the_findings_say_it(audited):
    verdicts = pd.read_csv(audited[1] / "verdicts.csv", keep_default_na=False)
    sentences = pd.read_csv(audited[1] / "unevaluated.csv", keep_default_na=False).set_index("unevaluated")
    findings = open_netcdf(audited[1] / "findings.nc")
    for row, key in enumerate(verdicts["unevaluated"]):
        one = findings.isel(forecast=row)
        open_ = (one["outcome"] == Outcome.NOT_EVALUABLE).values
        assert sentences.loc[key, "checks"] == verdicts.loc[row, "not_evaluable"] == open_.sum() > 30
        told = {
            check: reason
            for group in re.split(r"; (?=[A-Z]\d+[,:])", sentences.loc[key, "why"])
            for checks, reason in [group.split(": ", 1)]
            for check in checks.split(", ")
        }
        numbers = one["reason"].values[open_]
        assert told == dict(zip(findings["check"].values[open_], findings["reason_text"].values[numbers], strict=True))


@pytest.fixture
def committed(monkeypatch):
    """Pretend that the code is a commit, whatever the checkout's state."""
    for module in (audit, receipts):
        monkeypatch.setattr(module, "code_version", lambda: "0.1.0+committed")


def test_findings_are_taken_from_the_run_before_where_nothing_changed(audited, committed, monkeypatch, capsys):
    config, output = audited
    run(config)
    before = (output / "findings.nc").read_bytes()
    monkeypatch.setattr(audit, "evaluate", None)
    run(config)
    assert "findings.nc: taken from the run before" in capsys.readouterr().err
    assert (output / "findings.nc").read_bytes() == before


def test_a_table_that_means_something_else_is_checked_again(tmp_path, committed):
    (tmp_path / "theirs.csv").write_text("issue_time,region,C,M,X\n2014-10-20,12192,40,45,5\n")
    shipped = Path(__file__).resolve().parents[3] / "configs" / "audit_csv.yaml"
    places = [f"forecasts={tmp_path / 'theirs.csv'}", f"output={tmp_path / 'out'}", "report.pages=0"]

    def verdict(classes):
        run(load_config(AuditConfig, shipped, [*places, f"table.classes={classes}"]))
        return open_certificate(tmp_path / "out" / "certificates.jsonl", 1)["verdict"]["verdict"]

    # 45 % of M1.0 and larger among 40 % of C1.0 and larger; 45 % of M beside 40 % of C is possible
    assert verdict("cumulative") == "REJECT"
    assert verdict("exclusive") != "REJECT"


def test_altered_findings_are_evaluated_again(audited, committed, capsys):
    config, output = audited
    (output / "findings.nc").write_bytes(b"half a file")
    run(config)
    assert "taken from the run before" not in capsys.readouterr().err
    assert open_certificate(output / "certificates.jsonl", 4)["verdict"]["verdict"] == "REJECT"


def test_the_printed_tables_tell_verdicts_reasons_and_examples(audited, capsys):
    run(audited[0])
    printed = capsys.readouterr().out
    assert "REJECT" in printed
    assert "A2" in printed
    assert "class nesting" in " ".join(printed.split())


def test_what_was_not_examined_says_what_that_needs(audited, capsys):
    run(audited[0])
    told = capsys.readouterr().err
    assert "not examined of the model itself (what examines it needs bundle and training): L1" in told


def test_a_certificate_names_what_the_forecasts_were_made_from(tmp_path):
    path = tmp_path / "forecasts.nc"
    batch(2).to_netcdf(path, engine="h5netcdf")
    receipts.write_receipt(path, "forecast", {}, {"archive": "sha256:aa", "bundle": "sha256:bb"})
    run(AuditConfig(forecasts=str(path), output=str(tmp_path / "audit"), report={"pages": 0}))
    inputs = open_certificate(tmp_path / "audit" / "certificates.jsonl", 1)["facts"]["inputs"]
    assert (inputs["forecasts.archive"], inputs["forecasts.bundle"]) == ("sha256:aa", "sha256:bb")


def test_a_table_of_somebody_else_is_audited_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs.csv").write_text("issue_time,region,C,M,X\n2014-10-20,12192,40,60,5\n2014-10-20,,70,20,2\n")
    shipped = Path(__file__).resolve().parents[3] / "configs" / "audit_csv.yaml"
    changes = ["--set", "forecasts=theirs.csv", "--set", "output=out", "--set", "report.pages=1"]
    assert main(["audit", str(shipped), *changes]) == 0
    table = pd.read_csv(tmp_path / "out" / "verdicts.csv", keep_default_na=False)
    assert table.set_index("entity").loc["region", "verdict"] == "REJECT"
    assert "A2" in table.set_index("entity").loc["region", "codes"]


def test_a_broken_table_ends_with_exit_code_2_and_nothing_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "theirs.csv").write_text("issue_time,region,C,M\nyesterday,12192,40,ten\n")
    shipped = Path(__file__).resolve().parents[3] / "configs" / "audit_csv.yaml"
    assert main(["audit", str(shipped), "--set", "forecasts=theirs.csv", "--set", "output=out"]) == 2
    assert "column X: no such column" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"forecasts": "theirs.csv"}, "a text table needs its meaning"),
        ({"bundle": "bundle"}, "bundle 'bundle' without archive"),
        ({"forecasts": "nothing.nc"}, r"forecasts: no such input; got 'nothing.nc'"),
    ],
)
def test_an_audit_that_cannot_be_run_says_why(changes, message, tmp_path):
    with pytest.raises((ValueError, InputError), match=message):
        run(AuditConfig(**({"forecasts": "f.nc", "output": str(tmp_path)} | changes)))
