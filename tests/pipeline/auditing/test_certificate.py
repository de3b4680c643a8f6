import json

import numpy as np
import rfc8785

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.auditing.verdict import judge
from tests.pipeline.auditing.batches import NOT_EXPLAINED, batch, check, findings


def test_every_line_is_canonical_json(written):
    path, _, _ = written
    lines = path.read_bytes().splitlines()
    assert len(lines) == 1 + 6 + 1
    for line in lines:
        assert rfc8785.dumps(json.loads(line)) == line


def test_the_same_batch_gives_the_same_bytes(written, tmp_path):
    _, _, forecasts = written
    found = findings(forecasts, check("A1", [Outcome.PASS] * 6))
    verdicts = judge(forecasts, found)
    paths = [tmp_path / "one", tmp_path / "two"]
    for target in paths:
        write_certificates(target, forecasts, found, verdicts, Encoded([NOT_EXPLAINED] * 6), {})
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_probabilities_are_repeated_only_where_something_else_is_served(written):
    path, _, forecasts = written
    assert open_certificate(path, 1)["served"]["probability"] is None
    served = open_certificate(path, 2)["served"]["probability"]
    wanted = forecasts["probability_regression"].values[1]
    np.testing.assert_allclose(np.array(served, float), wanted, rtol=1e-8)


def test_probabilities_survive_to_a_hundred_thousandth_in_logit(tmp_path):
    forecasts = batch(4)
    forecasts["probability"].values[...] = np.array([1e-7, 0.4, 0.99, 1 - 1e-9])[:, None, None]
    found = findings(forecasts, check("A1", [Outcome.PASS] * 4, 9))
    write_certificates(tmp_path / "c", forecasts, found, judge(forecasts, found), Encoded(["null"] * 4), {})
    kept = np.array([open_certificate(tmp_path / "c", seq)["probability"][0][0] for seq in range(1, 5)])
    wanted = forecasts["probability"].values[:, 0, 0]
    np.testing.assert_allclose(np.log(kept / (1 - kept)), np.log(wanted / (1 - wanted)), atol=1e-5)


def test_a_missing_number_is_null_and_the_slot_says_why(written):
    path, _, _ = written
    record = json.loads(path.read_bytes().splitlines()[6])
    assert record["probability"][0] == [None, None, None]
    assert record["status_reason"] == "no record"
    assert record["verdict"]["verdict"] == "NO_FORECAST"


def test_what_holds_for_the_whole_batch_stands_once_and_is_in_every_certificate(tmp_path):
    forecasts = batch(3)
    found = findings(
        forecasts, check("A2", [Outcome.PASS] * 3), check("A10", [Outcome.NOT_EVALUABLE] * 3, 7, reason="no patch")
    )
    write_certificates(tmp_path / "c", forecasts, found, judge(forecasts, found), Encoded(["null"] * 3), {})
    lines = (tmp_path / "c").read_bytes().splitlines()
    assert list(json.loads(lines[1])["findings"]) == ["A2"]
    opened = open_certificate(tmp_path / "c", 2)["findings"]
    assert [(item["id"], item["outcome"], item["reason"]) for item in opened] == [
        ("A2", "PASS", ""),
        ("A10", "NOT_EVALUABLE", "no patch"),
    ]
    assert opened[1]["reference_size"] == 7
