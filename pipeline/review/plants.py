"""Known answers among the unknown: sealed when queued, opened for the statistics, so that reviewers can be measured."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sunproof.pipeline.auditing.chain import certificate_lines
from sunproof.pipeline.receipts import canonical, digest_bytes, replacing

__all__ = ["Plant", "Truth", "draw_plants", "keep_secrets", "queued_file", "read_plants", "reveal", "seal"]

Truth = Literal["unknown", "planted", "good"]


@dataclass(frozen=True)
class Plant:
    """A certificate that can be queued, and what is known of it.

    Parameters
    ----------
    certificate : str
        Digest of its line.
    number : int
        In its file.
    path : Path
        The file.
    due : str
        Start of its windows.
    truth : str
        ``planted`` (must be rejected), ``good`` (must be accepted), or ``unknown``.
    """

    certificate: str
    number: int
    path: Path
    due: str
    truth: Truth

    def lay_out(self, ledger: Path) -> None:
        """Copy header and certificate to where reviewers open what is queued: all alike, whatever file it is from."""
        place = queued_file(ledger, self.certificate)
        if place.exists():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        lines = list(certificate_lines(self.path))
        with replacing(place) as partial:
            # certificates are lines 1 to n, behind the header
            partial.write_bytes(lines[0] + b"\n" + lines[self.number] + b"\n")


def queued_file(ledger: Path, certificate: str) -> Path:
    """Place of a queued certificate, named after its digest.

    Parameters
    ----------
    ledger : Path
    certificate : str
        Digest of its line.
    """
    return Path(f"{ledger}.queue") / f"{certificate.removeprefix('sha256:')}.jsonl"


def read_plants(certificates: str | Path, truth: Truth) -> list[Plant]:
    """Take every certificate of a file of known forecasts, e.g. of an audit of planted faults, as a plant."""
    found = []
    for line in certificate_lines(certificates):
        record = json.loads(line)
        if record["kind"] == "certificate":
            due = str(record["times"]["window_start"])
            found.append(Plant(digest_bytes(line), int(record["seq"]), Path(certificates), due, truth))
    return found


def draw_plants(stock: Sequence[Plant], number: int, share: float) -> list[Plant]:
    """Draw plants for a queue of a size, by chance that nobody can repeat.

    The number is ``share`` of the queue in the mean: a queue of ten gets one of 2 % in one case out of five.
    """
    # Not seeded: who knew the seed would know the plants.
    dice = secrets.SystemRandom()
    wanted = share * number
    # A share of a small queue rounds to none; by chance the share holds on average.
    count = int(wanted) + (dice.random() < wanted - int(wanted))
    return dice.sample(list(stock), min(count, len(stock)))


def seal(truth: Truth) -> tuple[str, dict[str, str]]:
    """Commit to a truth without telling it.

    Returns
    -------
    sealed : str
        For the ledger.
    secret : dict
        ``nonce`` and ``truth``: whoever has it can show what was sealed, and nobody can show anything else.
    """
    # Few truths are possible: without a nonce anybody could try them all against the digest.
    secret = {"nonce": secrets.token_hex(16), "truth": truth}
    return _sealed(secret), secret


def _sealed(secret: dict[str, str]) -> str:
    return "sha256:" + hashlib.sha256(f"{secret['nonce']}:{secret['truth']}".encode()).hexdigest()


def _secrets_path(ledger: Path) -> Path:
    return Path(f"{ledger}.sealed.json")


def keep_secrets(ledger: Path, fresh: dict[str, dict[str, str]]) -> None:
    """Keep what was sealed beside the ledger, readable by the service alone."""
    if not fresh:
        return
    path = _secrets_path(ledger)
    known = json.loads(path.read_bytes()) if path.exists() else {}
    with replacing(path) as partial:
        # Readable by nobody else from its first byte on, not only after a change of mode.
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(canonical(known | fresh))


def reveal(ledger: Path, sealed: dict[str, str]) -> dict[str, Truth]:
    """Open what was sealed.

    Parameters
    ----------
    ledger : Path
    sealed : dict
        Certificate -> what the ledger holds.

    Returns
    -------
    dict
        Certificate -> truth, for those whose secret is known here and fits what was sealed.
    """
    path = _secrets_path(ledger)
    known = json.loads(path.read_bytes()) if path.exists() else {}
    return {
        name: known[name]["truth"] for name, value in sealed.items() if name in known and _sealed(known[name]) == value
    }
