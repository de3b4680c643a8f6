"""DSSE envelopes over in-toto statements: the form in which other tools can verify what was signed here."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sunproof.pipeline.ledger.keys import PublicKey, SigningKey
from sunproof.pipeline.receipts import canonical, digest_bytes

__all__ = ["CERTIFICATE", "PAYLOAD_TYPE", "Opened", "pae", "predicate_type", "seal", "sign", "statement", "unseal"]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"


def predicate_type(kind: str) -> str:
    """Name the kind of a statement, as in-toto wants it."""
    return f"urn:sunproof:{kind}:1"


CERTIFICATE = predicate_type("certificate")


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Bytes that are signed: DSSE's pre-authentication encoding, version 1.

    Source: secure-systems-lab/dsse, protocol.md, v1.0.2.
    """
    kind = payload_type.encode()
    # lengths before the parts: no two pairs of type and payload make the same bytes
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def statement(predicate: bytes, kind: str, name: str, digest: str) -> bytes:
    """Put a predicate, byte for byte, into an in-toto Statement v1.

    Parameters
    ----------
    predicate : bytes
        RFC 8785 canonical JSON. Canonical JSON nests: the statement is canonical, too, and holds exactly these bytes.
    kind : str
        Predicate type.
    name, digest : str
        The one subject: what the statement is about, ``sha256:<hex>``.

    Returns
    -------
    bytes
        Canonical JSON.
    """
    subject = canonical([{"digest": {"sha256": digest.removeprefix("sha256:")}, "name": name}])
    # put together by hand, in canonical order: the predicate stays the very bytes that others know by their digest
    parts = (
        b'{"_type":',
        canonical(_STATEMENT),
        b',"predicate":',
        predicate,
        b',"predicateType":',
        canonical(kind),
        b',"subject":',
        subject,
        b"}",
    )
    return b"".join(parts)


def sign(payload: bytes, keys: Sequence[SigningKey]) -> bytes:
    """Sign a payload with each of the keys and put it into an envelope."""
    message = pae(payload)
    return seal(payload, [(key.keyid, key.sign(message)) for key in keys])


def seal(payload: bytes, signatures: Sequence[tuple[str, bytes]]) -> bytes:
    """Put a payload and its signatures (key id, 64 bytes) into an envelope: canonical JSON."""
    signed = [{"keyid": keyid, "sig": _text(raw)} for keyid, raw in signatures]
    return canonical({"payload": _text(payload), "payloadType": PAYLOAD_TYPE, "signatures": signed})


@dataclass(frozen=True)
class Opened:
    """An envelope after its signatures were tried.

    Parameters
    ----------
    payload : bytes
        The statement, unread.
    signers : tuple of str
        Ids of the known keys whose signature holds.
    named : tuple of str
        Ids of all keys the envelope names.
    """

    payload: bytes
    signers: tuple[str, ...]
    named: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the payload."""
        return digest_bytes(self.payload)

    @property
    def subject(self) -> str:
        """What the statement is about, ``sha256:<hex>``; read it after it was verified."""
        return "sha256:" + str(json.loads(self.payload)["subject"][0]["digest"]["sha256"])

    def predicate(self) -> dict[str, Any]:
        """Read the payload; only now, after it was verified."""
        content: dict[str, Any] = json.loads(self.payload)["predicate"]
        return content


def unseal(envelope: bytes, keys: Mapping[str, PublicKey]) -> Opened:
    """Try the signatures of an envelope; its payload is not parsed.

    Parameters
    ----------
    envelope : bytes
        JSON.
    keys : mapping
        Id -> key: the keys that are known.

    Returns
    -------
    Opened

    Raises
    ------
    ValueError
        If it is no envelope of ours.
    """
    try:
        content = json.loads(envelope)
        # validate: b64decode would else pass over what is no base64, and two envelopes would hold one payload
        payload = base64.b64decode(content["payload"], validate=True)
        signed = [(str(item["keyid"]), base64.b64decode(item["sig"], validate=True)) for item in content["signatures"]]
        kind = content["payloadType"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a DSSE envelope: {error!r}") from error
    # the type is signed too, but what is of another type must not even be tried
    if kind != PAYLOAD_TYPE:
        raise ValueError(f"payload of type {kind!r}, not {PAYLOAD_TYPE!r}")
    message = pae(payload)
    # who is named is no signer before the signature was tried
    signers = tuple(keyid for keyid, raw in signed if keyid in keys and keys[keyid].verifies(raw, message))
    return Opened(payload, signers, tuple(keyid for keyid, _ in signed))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
