"""The ledger itself: one SQLite file of signed entries, each carrying the digest of the one before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.envelope import predicate_type, sign, statement, unseal
from sunproof.pipeline.ledger.keyring import Keyring, role_of
from sunproof.pipeline.ledger.keys import SigningKey
from sunproof.pipeline.receipts import canonical

__all__ = ["Ledger", "now"]

_SCHEMA = """
CREATE TABLE entries (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, envelope BLOB NOT NULL);
CREATE INDEX by_kind ON entries (kind, subject);
CREATE TRIGGER no_update BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to'); END;
CREATE TRIGGER no_delete BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the ledger is only appended to'); END;
CREATE TABLE claims (certificate TEXT PRIMARY KEY, reviewer TEXT NOT NULL, opened REAL NOT NULL, until REAL NOT NULL);
"""
# A writer waits so long for the others; an append takes milliseconds.
_PATIENCE = 60.0


def now() -> str:
    """Give the time of writing, UTC, ISO 8601."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Ledger:
    """An open ledger. Several processes may have it open; entries get one order.

    The triggers of the database only prevent accidents. What proves that nothing was changed are signatures, digests
    and an anchor (`sunproof.pipeline.ledger.verify`).

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    InputError
        If there is no ledger at the path.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            todo = "Make one with `sunproof ledger init`."
            raise InputError(Problem("no such ledger", str(path), todo=todo))
        # autocommit: transactions are begun by hand; Python's own begin after what decides the write was read
        self._base = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
        self._depth = 0
        try:
            # sqlite opens any file; that it is none of its own shows with the first question
            self._base.execute("SELECT seq, kind, subject, envelope FROM entries LIMIT 1")
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise InputError(
                Problem("not a ledger", str(path), str(error), "a file of `sunproof ledger init`")
            ) from error

    @classmethod
    def create(cls, path: str | Path, key: SigningKey, name: str = "service") -> Self:
        """Make a ledger whose first entry is the service's key, signed by itself.

        Raises
        ------
        InputError
            If there is a file already.
        """
        path = Path(path)
        if path.exists():
            raise InputError(Problem("there is a ledger already", str(path), todo="A ledger is never begun anew."))
        path.parent.mkdir(parents=True, exist_ok=True)
        base = sqlite3.connect(path, isolation_level=None)
        base.executescript(_SCHEMA)
        base.close()
        ledger = cls(path)
        body = {"action": "admit", "role": "service", "name": name, "keyid": key.keyid, "pem": key.public.pem}
        ledger.append("key", body, ("key", key.keyid), key)
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the ledger alone until the block ends; what it did is undone if it fails."""
        # within a block that has the ledger already: SQLite has no transactions in transactions
        if self._depth:
            yield self._base
            return
        # IMMEDIATE takes the lock now: a writer that began by reading could not get it without losing what it read
        self._base.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield self._base
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        else:
            self._base.execute("COMMIT")
        finally:
            self._depth -= 1

    def rows(self) -> Iterator[tuple[int, str, str, bytes]]:
        """All rows in order: number, kind, subject and envelope, as they stand in the file; nothing is verified."""
        yield from self._base.execute("SELECT seq, kind, subject, envelope FROM entries ORDER BY seq")

    def records(self, kind: str, subject: str = "") -> list[dict[str, Any]]:
        """Entries of a kind (and about a subject) as records, oldest first; not verified."""
        where = "kind = ?" + (" AND subject = ?" if subject else "")
        found = self._base.execute(
            f"SELECT envelope FROM entries WHERE {where} ORDER BY seq", (kind, subject) if subject else (kind,)
        )
        return [unseal(envelope, {}).predicate() for (envelope,) in found]

    def head(self) -> tuple[int, str]:
        """Count of entries, and digest of the last one's payload."""
        last = self._base.execute("SELECT seq, envelope FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        return (int(last[0]), unseal(last[1], {}).digest) if last else (0, "")

    def keyring(self) -> Keyring:
        """Keys in force, as the entries tell."""
        ring = Keyring()
        for entry in self.records("key"):
            ring.apply(entry)
        return ring

    def append(
        self, kind: str, body: Mapping[str, Any], subject: tuple[str, str], *keys: SigningKey, at: str = ""
    ) -> dict[str, Any]:
        """Sign an entry and put it at the end.

        Parameters
        ----------
        kind : str
            What it is: key, batch, attempt, outcome, queue, decision, expired, case.
        body : mapping
            What it says; plain values, floats as texts.
        subject : tuple of str
            Name and digest of what it is about.
        *keys : SigningKey
            Who signs.
        at : str
            Time of writing; by default now.

        Returns
        -------
        dict
            The entry.

        Raises
        ------
        InputError
            If a key is not in force for entries of this kind.
        """
        with self.writing() as base:
            # read within the lock: another process may have appended since
            count, digest = self.head()
            entry = {**body, "kind": kind, "seq": count + 1, "prev": digest or None, "at": at or now()}
            # changes of keys have rules of their own, which verifying holds them against
            if count and kind != "key":
                self._authorise(kind, keys)
            payload = statement(canonical(entry), predicate_type(kind), *subject)
            row = (count + 1, kind, subject[1], sign(payload, keys))
            base.execute("INSERT INTO entries (seq, kind, subject, envelope) VALUES (?, ?, ?, ?)", row)
        return entry

    def _authorise(self, kind: str, keys: tuple[SigningKey, ...]) -> None:
        holders, wanted = self.keyring().holders, role_of(kind)
        for key in keys:
            holder = holders.get(key.keyid)
            if holder is None or holder.role != wanted:
                got = f"{holder.role} {holder.name}" if holder else f"{key.keyid}, which is not in force"
                todo = "See `sunproof ledger admit` and `rotate`."
                raise InputError(
                    Problem(f"this key cannot sign a {kind}", str(self.path), got, f"a {wanted}'s key", todo)
                )
