import json

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.envelope import unseal
from sunproof.pipeline.ledger.keys import make_key
from sunproof.pipeline.ledger.signatures import envelope_of, sign_certificates, signatures_path, verify_signatures

SUBJECT = "sha256:" + "ab" * 32


@pytest.fixture
def signed(written, tmp_path):
    key = make_key(tmp_path / "service")
    sign_certificates(written[0], SUBJECT, key)
    return written[0], key


def test_every_line_is_signed_and_holds(signed):
    path, key = signed
    report = verify_signatures(path, key.public, SUBJECT)
    assert (report.signed, report.problems) == (8, ())


def test_signing_again_gives_the_same_bytes(signed):
    path, key = signed
    before = signatures_path(path).read_bytes()
    sign_certificates(path, SUBJECT, key)
    assert signatures_path(path).read_bytes() == before


def test_an_altered_line_is_named(signed):
    path, key = signed
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"REJECT", b"ACCEPT")
    path.write_bytes(b"".join(lines))
    (problem,) = verify_signatures(path, key.public, SUBJECT).problems
    assert problem.where.endswith("line 3")


def test_another_subject_or_key_fits_no_line(signed, tmp_path):
    path, key = signed
    assert verify_signatures(path, key.public, "sha256:00").signed == 0
    assert verify_signatures(path, make_key(tmp_path / "other").public, SUBJECT).signed == 0


def test_signatures_that_are_gone_or_too_many_are_told(signed):
    path, key = signed
    place = signatures_path(path)
    place.write_bytes(place.read_bytes() + b"AAAA\nno base64!\n")
    (problem,) = verify_signatures(path, key.public, SUBJECT).problems
    assert problem.what == "signatures without a certificate"
    place.unlink()
    assert "the signatures are gone" in str(verify_signatures(path, key.public, SUBJECT).problems[0])


def test_one_certificate_leaves_as_a_whole_envelope(signed):
    path, key = signed
    opened = unseal(envelope_of(path, 2, key.public), {key.keyid: key.public})
    assert opened.signers == (key.keyid,)
    assert path.read_bytes().splitlines()[2] in opened.payload
    assert opened.predicate()["verdict"]["verdict"] == "REJECT"
    assert json.loads(opened.payload)["predicateType"] == "urn:sunproof:certificate:1"


def test_an_envelope_of_no_certificate_is_refused(signed):
    with pytest.raises(InputError, match="no signed certificate; got 99"):
        envelope_of(signed[0], 99, signed[1].public)
