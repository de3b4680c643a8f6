import numpy as np
import pytest

from sunproof.pipeline.auditing.chain import open_certificate, show, verify_chain
from sunproof.pipeline.errors import InputError


def rewrite(path, change):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))


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


def test_opening_what_is_not_there_says_what_there_is(written):
    with pytest.raises(InputError, match=r"no such certificate; got .*99.*seq 1 to 6"):
        open_certificate(written[0], 99)


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing.jsonl: cannot be read"):
        verify_chain(tmp_path / "nothing.jsonl")


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
