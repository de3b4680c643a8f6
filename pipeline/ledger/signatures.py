"""One signature a certificate, beside the certificates: over the DSSE encoding of exactly the line's bytes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sunproof.pipeline.auditing.chain import certificate_lines
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.envelope import CERTIFICATE, pae, seal, statement
from sunproof.pipeline.ledger.keys import PublicKey, SigningKey
from sunproof.pipeline.receipts import canonical, digest_file, replacing

__all__ = ["SignatureReport", "envelope_of", "sign_certificates", "signatures_path", "verify_signatures"]

_SCHEMA = "sunproof-signatures/1"
# What certificates are about: the forecasts they came with.
_SUBJECT = "forecasts"


def signatures_path(certificates: str | Path) -> Path:
    """Give the place of the signatures of a file of certificates."""
    return Path(f"{certificates}.dsse")


def sign_certificates(certificates: str | Path, subject: str, key: SigningKey) -> Path:
    """Sign every line of a file of certificates.

    The payload of an envelope is an in-toto statement that holds the line's bytes as they are, so it need not be stored
    twice: the file has the signatures alone, one a line (`envelope_of` gives the whole envelope). The same certificates
    and key give the same bytes.

    Parameters
    ----------
    certificates : str or Path
        ``certificates.jsonl``.
    subject : str
        Digest of the forecasts: the statement's subject.
    key : SigningKey
        The service's.

    Returns
    -------
    Path
        ``certificates.jsonl.dsse``: a header line, then one base64 signature for each line of the certificates.
    """
    target = signatures_path(certificates)
    header = {"keyid": key.keyid, "predicateType": CERTIFICATE, "schema": _SCHEMA, "subject": subject}
    with replacing(target) as partial, partial.open("wb") as stream:
        stream.write(canonical(header) + b"\n")
        for line in certificate_lines(certificates):
            stream.write(base64.b64encode(key.sign(pae(_payload(line, subject)))) + b"\n")
    return target


def _payload(line: bytes, subject: str) -> bytes:
    return statement(line, CERTIFICATE, _SUBJECT, subject)


@dataclass(frozen=True)
class SignatureReport:
    """What `verify_signatures` found: lines whose signature holds, and every problem."""

    signed: int
    problems: tuple[Problem, ...]


def verify_signatures(certificates: str | Path, key: PublicKey, subject: str, digest: str = "") -> SignatureReport:
    """Hold every line against its signature; no line is parsed.

    Parameters
    ----------
    certificates : str or Path
        ``certificates.jsonl``, with its signatures beside it.
    key : PublicKey
        Whose signatures they must be.
    subject : str
        Digest of the forecasts.
    digest : str, optional
        SHA-256 of the file of signatures, from the ledger.

    Returns
    -------
    SignatureReport
    """
    path = signatures_path(certificates)
    if not path.exists():
        return SignatureReport(0, (Problem("the signatures are gone", str(path), None, "one a certificate"),))
    # signatures are deterministic: a file with another digest is another file
    if digest and digest_file(path) == digest:
        problems = []
    else:
        problems = (
            [Problem("the signatures are not those that were written", str(path), wanted=digest)] if digest else []
        )
    lines = _signatures(path)
    # The header, which signs nothing.
    next(lines, b"")
    good = number = 0
    for number, line in enumerate(certificate_lines(certificates), start=1):
        if key.verifies(next(lines, b""), pae(_payload(line, subject))):
            good += 1
        else:
            place = f"{certificates}, line {number}"
            problems.append(Problem("the signature does not fit", place, None, f"signed by {key.keyid}"))
    # one line a certificate: what is behind the last one signs nothing
    left = sum(1 for _ in lines)
    if left:
        problems.append(Problem("signatures without a certificate", str(path), number + left, f"{number}"))
    return SignatureReport(good, tuple(problems))


def _signatures(path: Path) -> Iterator[bytes]:
    """Yield the raw signatures; what is none is given as nothing, which no key verifies."""
    with path.open("rb") as stream:
        for line in stream:
            try:
                yield base64.b64decode(line.strip(), validate=True)
            except ValueError:
                yield b""


def envelope_of(certificates: str | Path, seq: int, key: PublicKey) -> bytes:
    """Give the DSSE envelope of one certificate, for other tools.

    Raises
    ------
    InputError
        If there is no such line, or no signature of this key on it.
    """
    path = signatures_path(certificates)
    with path.open("rb") as stream:
        subject = str(json.loads(stream.readline())["subject"])
    for place, line in enumerate(certificate_lines(certificates)):
        if place == seq:
            raw = next(signature for number, signature in enumerate(_signatures(path)) if number == seq + 1)
            payload = _payload(line, subject)
            if not key.verifies(raw, pae(payload)):
                break
            return seal(payload, ((key.keyid, raw),))
    raise InputError(Problem("no signed certificate", str(certificates), seq, f"a line signed by {key.keyid}"))
