import base64
import json

import pytest
import rfc8785

from sunproof.pipeline.ledger.envelope import PAYLOAD_TYPE, pae, seal, sign, statement, unseal
from sunproof.pipeline.ledger.keys import make_key


@pytest.fixture
def keys(tmp_path):
    return make_key(tmp_path / "one"), make_key(tmp_path / "two")


def test_what_is_signed_is_the_encoding_of_the_dsse_specification():
    # the example of protocol.md
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_a_statement_is_canonical_and_holds_the_bytes_as_they_are():
    predicate = rfc8785.dumps({"b": "é", "a": ["1", None]})
    made = statement(predicate, "urn:sunproof:certificate:1", "forecasts", "sha256:" + "ab" * 32)
    assert predicate in made
    content = json.loads(made)
    assert rfc8785.dumps(content) == made
    assert content["_type"] == "https://in-toto.io/Statement/v1"
    assert content["subject"] == [{"name": "forecasts", "digest": {"sha256": "ab" * 32}}]


def test_an_envelope_names_those_whose_signature_holds(keys):
    payload = statement(b'{"seq":1}', "urn:sunproof:batch:1", "x", "sha256:00")
    envelope = sign(payload, keys)
    opened = unseal(envelope, {key.keyid: key.public for key in keys})
    assert opened.signers == opened.named == tuple(key.keyid for key in keys)
    assert opened.predicate() == {"seq": 1}
    assert opened.subject == "sha256:00"
    assert unseal(envelope, {}).signers == ()


def test_an_altered_payload_is_signed_by_nobody(keys):
    envelope = json.loads(sign(b"yes", keys))
    envelope["payload"] = base64.b64encode(b"no").decode()
    assert unseal(json.dumps(envelope).encode(), {key.keyid: key.public for key in keys}).signers == ()


@pytest.mark.parametrize("envelope", [b"{}", b"not json", b'{"payload": 1}', b"[]"])
def test_what_is_no_envelope_is_told(envelope):
    with pytest.raises(ValueError, match="not a DSSE envelope"):
        unseal(envelope, {})


def test_a_payload_of_another_type_is_refused():
    envelope = seal(b"x", []).replace(PAYLOAD_TYPE.encode(), b"text/plain")
    with pytest.raises(ValueError, match="payload of type 'text/plain'"):
        unseal(envelope, {})
