import json

import numpy as np
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.certificate import write_certificates
from sunproof.pipeline.auditing.chain import open_certificate, show, verify_chain
from sunproof.pipeline.auditing.jsonlines import Encoded, lines_of
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.errors import InputError
from tests.pipeline.auditing.batches import batch, check, findings

NOT_EXPLAINED = '{"reason":"not among the forecasts chosen","status":"not explained"}'


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
        path, forecasts, found, judge(forecasts, found), Encoded([NOT_EXPLAINED] * 6), {"code": "0.1.0", "inputs": {}}
    )
    return path, head, forecasts


def rewrite(path, change):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))


def test_every_line_is_canonical_json(written):
    path, _, _ = written
    lines = path.read_bytes().splitlines()
    assert len(lines) == 1 + 6 + 1
    for line in lines:
        assert rfc8785.dumps(json.loads(line)) == line


def test_a_whole_chain_has_no_problems_and_ends_at_its_head(written):
    path, head, _ = written
    report = verify_chain(path, head)
    assert report.problems == ()
    assert (report.count, report.head) == (6, head)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [line.replace(b'"0.5"', b'"0.1"') for line in lines], "altered"),
        (
            lambda lines: [*lines[:3], lines[3].replace(b"REVIEW", b"ACCEPT"), *lines[4:]],
            "line 4: the line before was altered",
        ),
        (lambda lines: [*lines[:2], *lines[3:]], "certificates are missing before this line"),
        (lambda lines: lines[1:], "certificates are missing before this line"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "moved or doubled"),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], "moved or doubled"),
        (lambda lines: lines[:-1], "the end is missing"),
        (lambda lines: lines[:4], "the end is missing"),
        (lambda lines: [*lines[:2], b"<html>\n", *lines[3:]], "not a certificate"),
        (lambda lines: [*lines[:-1], lines[-1].replace(b'"count":6', b'"count":5')], "not the one that was written"),
        (lambda lines: [lines[0].replace(b"0.1.0", b"0.1.1"), *lines[1:]], "altered"),
    ],
)
def test_tampering_is_found(written, change, words):
    path, head, _ = written
    rewrite(path, change)
    found = "\n".join(map(str, verify_chain(path, head).problems))
    assert words in found


def test_the_command_says_whether_the_chain_is_whole(written, capsys):
    path, _, _ = written
    assert show(str(path)) == 0
    rewrite(path, lambda lines: lines[:-2])
    assert show(str(path)) == 1
    assert "chain broken" in capsys.readouterr().err


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


def test_a_certificate_is_opened_by_number_and_by_key(written):
    path, _, forecasts = written
    by_number = open_certificate(path, 2)
    by_key = open_certificate(path, harpnum=4698, issue_time="2014-10-20T06:00:00Z")
    assert by_number == by_key
    np.testing.assert_allclose(by_number["probability"], forecasts["probability"][1], rtol=1e-8)
    finding = {item["id"]: item for item in by_number["findings"]}["C4"]
    assert (finding["outcome"], finding["value"], finding["unit"]) == ("IMPLAUSIBLE", 0.5, "erg")
    assert finding["reason"] == "because"
    assert by_number["verdict"]["verdict"] == "REJECT"
    assert by_number["served"]["status"] == "FALLBACK"


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


def test_opening_what_is_not_there_says_what_there_is(written):
    with pytest.raises(InputError, match=r"no such certificate; got .*99.*seq 1 to 6"):
        open_certificate(written[0], 99)


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing.jsonl: cannot be read"):
        verify_chain(tmp_path / "nothing.jsonl")


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=1, max_size=5),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_any_text_and_number_stays_canonical(texts, number):
    size = len(texts)
    tree = {
        "text": np.array(texts, dtype=object),
        "%number": np.full(size, number),
        "count": np.arange(size),
        "pair": [np.array(texts, dtype=object), Encoded(["null"] * size)],
    }
    for text, line in zip(texts, lines_of(tree, size), strict=True):
        assert rfc8785.dumps(json.loads(line)) == line.encode()
        assert json.loads(line)["text"] == text


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[1:], r"line 1: no header of certificates; got .*wanted schema sunproof-certificate/1"),
        (lambda lines: [], r"line 1: no header of certificates; got ''"),
        (
            lambda lines: [lines[0].replace(b"certificate/1", b"certificate/9")],
            r"another schema; got 'sunproof-certificate/9'",
        ),
    ],
)
def test_a_file_without_a_known_header_is_not_read(written, change, message):
    rewrite(written[0], change)
    with pytest.raises(InputError, match=message):
        open_certificate(written[0], 1)
