import json

import pytest

from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.chain import open_certificate, verify_chain
from sunproof.pipeline.auditing.config import AuditConfig
from tests.pipeline.auditing.batches import batch


@pytest.fixture
def audited(tmp_path):
    """A small batch with an X-class probability above its M-class one, audited by the checks that ship."""
    forecasts = batch(12)
    forecasts["probability"].values[3, 2] = 0.5
    path = tmp_path / "forecasts.nc"
    forecasts.to_netcdf(path, engine="h5netcdf")
    config = AuditConfig(forecasts=str(path), output=str(tmp_path / "audit"))
    run(config)
    return config, tmp_path / "audit"


def test_an_audit_leaves_findings_verdicts_certificates_and_a_report(audited):
    _, output = audited
    for name in ("findings.nc", "verdicts.csv", "certificates.jsonl", "report/index.html"):
        assert (output / name).stat().st_size > 0
    receipts = sorted(path.name for path in output.glob("*.receipt.json"))
    assert receipts == [
        f"{name}.receipt.json" for name in ("certificates.jsonl", "findings.nc", "report", "verdicts.csv")
    ]


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
