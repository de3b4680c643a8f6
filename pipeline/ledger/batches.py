"""A batch of certificates enters the ledger: signed line by line, its head in one entry."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from sunproof.pipeline.auditing.chain import certificate_lines, read_header, verify_chain
from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.keys import SigningKey, read_key, read_public_key
from sunproof.pipeline.ledger.signatures import envelope_of, sign_certificates
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.receipts import digest_bytes, digest_file, replacing

__all__ = ["append_batch", "batch_file", "enter", "export", "find_batch"]


def append_batch(ledger: Ledger, certificates: str | Path, key: SigningKey) -> dict[str, Any]:
    """Sign the certificates of an audit and enter their head.

    A batch that is in the ledger already is not entered again, so that a killed command can be repeated.

    Parameters
    ----------
    ledger : Ledger
    certificates : str or Path
        ``certificates.jsonl`` of an audit.
    key : SigningKey
        The service's.

    Returns
    -------
    dict
        The entry.

    Raises
    ------
    InputError
        If the chain is broken: nothing broken is signed.
    """
    report = verify_chain(certificates)
    # a broken chain is not made good by a signature
    if report.problems:
        raise InputError(report.problems)
    header = read_header(certificates)
    subject = str(header.get("inputs", {}).get("forecasts", report.head))
    with ledger.writing():
        # entered before: appending again changes nothing
        for entry in ledger.records("batch", report.head):
            return entry
        signatures = sign_certificates(certificates, subject, key)
        body = {
            "certificates": _relative(certificates, ledger.path),
            "count": report.count,
            "head": report.head,
            "header": digest_bytes(next(certificate_lines(certificates))),
            "forecasts": subject,
            "keyid": key.keyid,
            "signatures": digest_file(signatures),
            "simulated": bool(header.get("simulated", False)),
            **_summary(certificates),
        }
        return ledger.append("batch", body, ("certificates", report.head), key)


def _summary(certificates: str | Path) -> dict[str, Any]:
    """Verdicts counted, first and last issue time."""
    verdicts: Counter[str] = Counter()
    times: list[str] = []
    for line in certificate_lines(certificates):
        record = json.loads(line)
        if record["kind"] == "certificate":
            verdicts[record["verdict"]["verdict"]] += 1
            times.append(record["times"]["issue_time"])
    return {"verdicts": dict(verdicts), "first": min(times, default=None), "last": max(times, default=None)}


def _relative(path: str | Path, ledger: Path) -> str:
    # relative to the ledger: both can be moved together
    return Path(os.path.relpath(Path(path).resolve(), ledger.resolve().parent)).as_posix()


def batch_file(ledger: Ledger, entry: dict[str, Any]) -> Path:
    """Give the place of a batch's certificates."""
    return ledger.path.parent / str(entry["certificates"])


def find_batch(ledger: Ledger, certificates: str | Path) -> dict[str, Any]:
    """Find the entry of a file of certificates by the digest of its last line.

    Raises
    ------
    InputError
        If the ledger has no such batch.
    """
    head = str(read_header(certificates)["head"])
    for entry in ledger.records("batch", head):
        return entry
    todo = "Enter it with `sunproof ledger append`."
    raise InputError(Problem("not in the ledger", str(certificates), head, f"a batch of {ledger.path}", todo))


def enter(path: str, certificates: str, key: str) -> int:
    """Enter a batch for the command line."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        entry = append_batch(ledger, certificates, signer)
        count, head = ledger.head()
    say(f"{path}: entry {entry['seq']}, {entry['count']} certificates signed; ledger of {count} entries, head {head}")
    return 0


def export(certificates: str, seq: str, public: str, output: str) -> int:
    """Write one certificate as a DSSE envelope for the command line.

    Raises
    ------
    InputError
        See `envelope_of`, and if ``seq`` is no number.
    """
    if not seq.isdigit():
        raise InputError(Problem("not the number of a certificate", certificates, seq, "a whole number from 1"))
    envelope = envelope_of(certificates, int(seq), read_public_key(public))
    with replacing(output) as partial:
        partial.write_bytes(envelope + b"\n")
    say(f"{output}: DSSE envelope of certificate {seq}")
    return 0
