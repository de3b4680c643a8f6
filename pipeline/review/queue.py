"""The queue of forecasts that a person has to decide, read off the ledger's entries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sunproof.pipeline.auditing.chain import certificate_lines, open_certificates
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.batches import batch_file, find_batch
from sunproof.pipeline.ledger.keys import SigningKey
from sunproof.pipeline.ledger.store import Ledger, now
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.review.plants import Plant, draw_plants, keep_secrets, queued_file, seal

__all__ = ["Item", "find", "items", "moment", "open_queue", "stamp", "vouched"]

_DECIDED = ("ACCEPT", "REJECT")


def moment(text: str) -> datetime:
    """Read a time of the ledger."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def stamp(time: datetime) -> str:
    """Write a time as the ledger does."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Item:
    """One forecast in the queue, and what became of it.

    Parameters
    ----------
    entry : dict
        Its entry of kind ``queue``.
    path : Path
        The file it is read from: header and certificate.
    first, final : list of dict
        Decisions, oldest first.
    expired : dict
        The entry that gave it up; empty before.
    """

    entry: dict[str, Any]
    path: Path
    first: list[dict[str, Any]] = field(default_factory=list)
    final: list[dict[str, Any]] = field(default_factory=list)
    expired: dict[str, Any] = field(default_factory=dict)

    @property
    def certificate(self) -> str:
        """Digest of the certificate."""
        return str(self.entry["certificate"])

    @property
    def number(self) -> int:
        """Line of the certificate, behind the header; entries of older ledgers name a file of many."""
        return int(self.entry.get("number", 1))

    @property
    def deadline(self) -> datetime:
        """Until when it must be decided."""
        return moment(str(self.entry["deadline"]))

    @property
    def decision(self) -> dict[str, Any] | None:
        """The decision that stands; None while there is none, or only the wish for a second person."""
        # an answer REVIEW asks for a second person and decides nothing
        return next((entry for entry in reversed(self.final) if entry["answer"] in _DECIDED), None)

    def state(self, at: datetime) -> str:
        """Tell decided, expired, overdue (not yet given up), second (a second person is asked for) or open."""
        # before the deadline: a decision that was in time stands, however late it is read
        if self.decision:
            return "decided"
        if self.expired:
            return "expired"
        if at >= self.deadline:
            return "overdue"
        return "second" if self.final else "open"

    def record(self) -> dict[str, Any]:
        """Open the certificate.

        Raises
        ------
        InputError
            If it is not the one that was queued.
        """
        self.lines()
        return open_certificates(self.path, {self.number})[0]

    def lines(self) -> tuple[bytes, bytes]:
        """Read header and certificate as they stand in the file.

        Raises
        ------
        InputError
            If they are not those that were queued.
        """
        return vouched(self.path, self.certificate, self.number)


def vouched(path: Path, certificate: str, number: int = 1) -> tuple[bytes, bytes]:
    """Read header and certificate, of which the digest is known; nothing is parsed that it does not vouch for.

    Parameters
    ----------
    path : Path
    certificate : str
        Digest of its line.
    number : int
        Its line, behind the header.

    Returns
    -------
    header, line : bytes

    Raises
    ------
    InputError
        If either is another.
    """
    lines = certificate_lines(path)
    header, line = next(lines, b""), next(islice(lines, number - 1, None), b"")
    if (digest := digest_bytes(line)) != certificate:
        where, got = f"{path}, certificate {number}", digest if line else None
        raise InputError(Problem("not the certificate that was queued", where, got, certificate))
    # names of checks, reasons and limits stand in the header, which the certificate vouches for
    if (digest := digest_bytes(header)) != (wanted := json.loads(line)["header"]):
        raise InputError(Problem("header changed since it was queued", str(path), digest, wanted))
    return header, line


def items(ledger: Ledger) -> list[Item]:
    """List everything that ever was in the queue, earliest deadline first."""
    found = {str(entry["certificate"]): Item(entry, _place(ledger, entry)) for entry in ledger.records("queue")}
    for entry in ledger.records("decision"):
        if entry["certificate"] in found:
            item = found[entry["certificate"]]
            (item.first if entry["stage"] == "first" else item.final).append(entry)
    for entry in ledger.records("expired"):
        if entry["certificate"] in found:
            found[entry["certificate"]].expired = entry
    return sorted(found.values(), key=lambda item: (item.entry["deadline"], item.certificate))


def _place(ledger: Ledger, entry: dict[str, Any]) -> Path:
    return batch_file(ledger, entry) if "certificates" in entry else queued_file(ledger.path, str(entry["certificate"]))


def find(ledger: Ledger, certificate: str) -> Item:
    """Find an item by its certificate's digest, or by how that begins.

    Raises
    ------
    InputError
        If there is none, or more than one.
    """
    wanted = certificate.removeprefix("sha256:")
    found = [item for item in items(ledger) if item.certificate.removeprefix("sha256:").startswith(wanted)]
    if len(found) != 1 or not wanted:
        todo = "See `sunproof review list`."
        raise InputError(Problem("not one forecast of the queue", str(ledger.path), certificate, "a digest", todo))
    return found[0]


def open_queue(
    ledger: Ledger,
    certificates: str | Path,
    key: SigningKey,
    deadline: str = "",
    minutes: float = 30.0,
    plants: Iterable[Plant] = (),
    share: float = 0.02,
) -> int:
    """Put the REVIEW forecasts of a batch into the queue, with known plants among them.

    Parameters
    ----------
    ledger : Ledger
    certificates : str or Path
        A batch of the ledger.
    key : SigningKey
        The service's.
    deadline : str, optional
        For all, ISO 8601, UTC; by default each forecast's start of window, for it is served from then on.
    minutes : float
        A person has at least so long: an earlier deadline is moved. Engineering default of operations: 30.
    plants : iterable of Plant
        Known answers to draw from; they are never issued.
    share : float
        Plants among all that is queued.

    Returns
    -------
    int
        How many were put in; those that are in already are left alone.
    """
    # a batch that was not entered could be exchanged under its reviewers
    find_batch(ledger, certificates)
    moved = stamp(datetime.now(UTC) + timedelta(minutes=minutes))
    # read and written under one lock: two queues opened at once would queue a forecast twice
    with ledger.writing():
        known = {str(entry["certificate"]) for entry in ledger.records("queue")}
        fresh = [plant for plant in _waiting(certificates) if plant.certificate not in known]
        stock = [plant for plant in plants if plant.certificate not in known]
        # in order of the digest, a plant's place tells nothing
        chosen = sorted([*fresh, *draw_plants(stock, len(fresh), share)], key=lambda plant: plant.certificate)
        secrets = {}
        for plant in chosen:
            # the ledger is public to reviewers: it holds a commitment to the truth, and the truth stays aside
            sealed, secrets[plant.certificate] = seal(plant.truth)
            plant.lay_out(ledger.path)
            # a plant of last year has a deadline of last year, which would give it away
            due = deadline or max(plant.due, moved)
            body = {
                "certificate": plant.certificate,
                "deadline": due,
                "sealed": sealed,
            }
            ledger.append("queue", body, ("certificate", plant.certificate), key, at=now())
        keep_secrets(ledger.path, secrets)
    return len(chosen)


def _waiting(certificates: str | Path) -> Iterable[Plant]:
    """Yield the forecasts whose verdict is REVIEW; nothing is known of them."""
    for line in certificate_lines(certificates):
        record = json.loads(line)
        if record["kind"] == "certificate" and record["verdict"]["verdict"] == "REVIEW":
            due = str(record["times"]["window_start"])
            yield Plant(digest_bytes(line), int(record["seq"]), Path(certificates), due, "unknown")
