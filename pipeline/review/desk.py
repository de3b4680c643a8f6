"""A reviewer's desk: take the next forecast, answer blind, see the machine's verdict, decide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.keys import SigningKey
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review.queue import Item, find, items, moment, stamp

__all__ = ["ANSWERS", "REASONS", "Desk"]

ANSWERS = ("ACCEPT", "REVIEW", "REJECT")
"""REVIEW asks for a second person."""
REASONS = (
    "artefact",
    "wrong region",
    "leak suspected",
    "out of domain",
    "physics contradicts",
    "explanation invalid",
    "data late",
    "other",
)
# So long a forecast is one reviewer's; then another may take it.
_LEASE_MINUTES = 20.0


class Desk:
    """What one reviewer does. Several desks may have the ledger open: nobody gets what another has.

    Parameters
    ----------
    ledger : Ledger
    key : SigningKey
        The reviewer's, admitted to the ledger.
    lease_minutes : float
        How long a forecast is kept for this reviewer.

    Raises
    ------
    InputError
        If the key is no reviewer's.
    """

    def __init__(self, ledger: Ledger, key: SigningKey, lease_minutes: float = _LEASE_MINUTES) -> None:
        holder = ledger.keyring().holders.get(key.keyid)
        if holder is None or holder.role != "reviewer":
            todo = "Let it sign with `sunproof ledger admit`."
            got = holder.role if holder else key.keyid
            raise InputError(Problem("not the key of a reviewer", str(ledger.path), got, "an admitted key", todo))
        self.ledger, self.key, self.name = ledger, key, holder.name
        self._lease = 60.0 * lease_minutes

    def next(self, at: datetime | None = None) -> Item | None:
        """Take the open forecast of the earliest deadline; the one at hand first. None if nothing waits."""
        at = at or datetime.now(UTC)
        with self.ledger.writing() as base:
            # reading and claiming under one lock, or two desks would take the same forecast
            held = dict(base.execute("SELECT certificate, reviewer FROM claims WHERE until > ?", (at.timestamp(),)))
            waiting = [item for item in items(self.ledger) if self._may_take(item, at, held)]
            # what was begun is finished first
            waiting.sort(key=lambda item: held.get(item.certificate) != self.key.keyid)
            if not waiting:
                return None
            self._claim(base, waiting[0].certificate, at)
            return waiting[0]

    def _may_take(self, item: Item, at: datetime, held: dict[str, str]) -> bool:
        mine = held.get(item.certificate, self.key.keyid) == self.key.keyid
        # a second opinion of the same person is none
        decided_before = any(entry["reviewer"] == self.key.keyid for entry in item.final)
        return item.state(at) in ("open", "second") and mine and not decided_before

    def _claim(self, base: Any, certificate: str, at: datetime) -> None:
        opened, until = at.timestamp(), at.timestamp() + self._lease
        base.execute(
            "INSERT INTO claims VALUES (?, ?, ?, ?) ON CONFLICT (certificate) DO UPDATE SET "
            # reopening the own forecast does not set its clock back
            "opened = CASE WHEN reviewer = excluded.reviewer THEN opened ELSE excluded.opened END, "
            "reviewer = excluded.reviewer, until = excluded.until",
            (certificate, self.key.keyid, opened, until),
        )

    def answer(self, certificate: str, answer: str, at: datetime | None = None) -> dict[str, Any]:
        """Give the first answer, before the machine's verdict is shown.

        Parameters
        ----------
        certificate : str
            Digest, or how it begins.
        answer : str
            One of `ANSWERS`.

        Returns
        -------
        dict
            The ledger's entry.

        Raises
        ------
        InputError
            If it is not at this desk, too late, or answered before.
        """
        at = at or datetime.now(UTC)
        with self.ledger.writing() as base:
            item, opened = self._held(base, certificate, at)
            if self._first(item):
                raise InputError(self._problem("answered before; a first answer is given once", item))
            return self._append(item, "first", _known(answer, ANSWERS, "answer"), "", "", opened, at)

    def decide(
        self, certificate: str, answer: str, reason: str = "", note: str = "", at: datetime | None = None
    ) -> dict[str, Any]:
        """Give the final answer, knowing the machine's.

        Parameters
        ----------
        certificate : str
            Digest, or how it begins.
        answer : str
            One of `ANSWERS`; REVIEW asks for a second person.
        reason : str
            One of `REASONS`; may be left out for ACCEPT.
        note : str
            Free words.

        Returns
        -------
        dict
            The ledger's entry.

        Raises
        ------
        InputError
            If it is not at this desk, too late, not answered blind before, or if the reason is missing.
        """
        at = at or datetime.now(UTC)
        answer = _known(answer, ANSWERS, "answer")
        # a reason is asked of whoever does not accept
        reason = _known(reason, REASONS, "reason") if reason or answer != "ACCEPT" else ""
        with self.ledger.writing() as base:
            item, opened = self._held(base, certificate, at)
            if not self._first(item):
                raise InputError(self._problem("no first answer yet: it comes before the machine's verdict", item))
            entry = self._append(item, "final", answer, reason, note, opened, at)
            base.execute("DELETE FROM claims WHERE certificate = ?", (item.certificate,))
            return entry

    def has_answered(self, item: Item) -> bool:
        """Tell whether this reviewer may see the machine's verdict."""
        return self._first(item) is not None

    def _first(self, item: Item) -> dict[str, Any] | None:
        return next((entry for entry in item.first if entry["reviewer"] == self.key.keyid), None)

    def _held(self, base: Any, certificate: str, at: datetime) -> tuple[Item, datetime]:
        item = find(self.ledger, certificate)
        state = item.state(at)
        if state not in ("open", "second"):
            raise InputError(self._problem(f"not open any more, but {state}", item))
        row = base.execute(
            "SELECT reviewer, opened, until FROM claims WHERE certificate = ?", (item.certificate,)
        ).fetchone()
        # a lease that ran out may be another's by now
        if row is None or row[0] != self.key.keyid or row[2] <= at.timestamp():
            raise InputError(self._problem("not at this desk", item, "Take it with `sunproof review next`."))
        return item, datetime.fromtimestamp(row[1], UTC)

    def _append(
        self, item: Item, stage: str, answer: str, reason: str, note: str, opened: datetime, at: datetime
    ) -> dict[str, Any]:
        begun = self._first(item)
        # the final answer's clock begins with the first answer
        since = moment(str(begun["at"])) if begun else opened
        body = {
            "certificate": item.certificate,
            "stage": stage,
            "answer": answer,
            "reason": reason,
            "note": note,
            "reviewer": self.key.keyid,
            "name": self.name,
            "opened": stamp(opened),
            "seconds": f"{max(0.0, (at - since).total_seconds()):.1f}",
        }
        return self.ledger.append("decision", body, ("certificate", item.certificate), self.key, at=stamp(at))

    def _problem(self, what: str, item: Item, todo: str = "") -> Problem:
        return Problem(what, f"{self.ledger.path}: {item.certificate[:23]}", None, "", todo)


def _known(word: str, words: tuple[str, ...], what: str) -> str:
    plain = word.replace("_", " ").replace("-", " ").strip()
    for known in words:
        if plain.lower() == known.lower():
            return known
    raise InputError(Problem(f"no such {what}", "decision", word, f"one of {', '.join(words)}"))
