"""One written batch for the tests of certificates and their chain."""

import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.auditing.verdict import judge
from tests.pipeline.auditing.batches import NOT_EXPLAINED, batch, check, findings


@pytest.fixture
def written(tmp_path):
    """Six certificates: one rejected, one not evaluable, one slot without a forecast."""
    forecasts = batch(6)
    forecasts["status"].values[5], forecasts["status_reason"].values[5] = "NO_FORECAST", "no record"
    forecasts["probability"].values[5] = np.nan
    outcomes = [Outcome.PASS, Outcome.IMPLAUSIBLE, Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.REVIEW, Outcome.PASS]
    found = findings(forecasts, check("C4", outcomes, 900, unit="erg"), check("A1", [Outcome.PASS] * 6))
    path = tmp_path / "certificates.jsonl"
    head = write_certificates(
        path,
        forecasts,
        found,
        judge(forecasts, found),
        Encoded([NOT_EXPLAINED] * 6),
        {"code": "0.1.0", "inputs": {}, "simulated": False},
    )
    return path, head, forecasts
