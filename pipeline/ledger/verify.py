"""Is the ledger what was written: signatures first, then order, keys, anchors, and the certificates it links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sunproof.pipeline.auditing.chain import verify_chain
from sunproof.pipeline.errors import Problem
from sunproof.pipeline.ledger.anchor import Anchor
from sunproof.pipeline.ledger.batches import batch_file
from sunproof.pipeline.ledger.envelope import Opened, unseal
from sunproof.pipeline.ledger.keyring import Keyring, role_of
from sunproof.pipeline.ledger.keys import PublicKey
from sunproof.pipeline.ledger.signatures import verify_signatures
from sunproof.pipeline.ledger.store import Ledger

__all__ = ["LedgerReport", "verify_ledger"]


@dataclass
class LedgerReport:
    """What was found.

    Parameters
    ----------
    entries, certificates : int
        Counted.
    head : str
        Digest of the last entry's payload.
    batches : list of dict
        Entries of kind ``batch`` whose signature holds.
    open_attempts : list of dict
        Attempts that were begun and never ended.
    problems : list of Problem
    """

    entries: int = 0
    certificates: int = 0
    head: str = ""
    batches: list[dict[str, Any]] = field(default_factory=list)
    open_attempts: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def verify_ledger(
    ledger: Ledger, anchors: Sequence[Anchor] = (), trusted: Sequence[PublicKey] = (), certificates: bool = True
) -> LedgerReport:
    """Hold a ledger and its certificates against signatures, digests and anchors.

    Parameters
    ----------
    ledger : Ledger
    anchors : sequence of Anchor
        Kept elsewhere. Without one, a tail that was cut off and a history rewritten by the holder of the service key
        cannot be told from the truth.
    trusted : sequence of PublicKey
        The service's first key must be one of these; without any, the ledger's own word is taken.
    certificates : bool
        Whether the linked files are read, too.

    Returns
    -------
    LedgerReport
        With every problem.
    """
    walk = _Walk(str(ledger.path), {key.keyid for key in trusted})
    for row in ledger.rows():
        walk.take(*row)
    walk.finish(anchors)
    # the whole table first: which keys were ever in force is known at its end alone
    if certificates:
        for entry in walk.report.batches:
            _batch(batch_file(ledger, entry), entry, walk.ring.all_keys(), walk.report)
    return walk.report


class _Walk:
    """Entry after entry, what the next one must fit to."""

    def __init__(self, where: str, trusted: set[str]) -> None:
        self.where, self.trusted = where, trusted
        self.report, self.ring = LedgerReport(), Keyring()
        self.digests: dict[int, str] = {}
        self._expected = 1
        self._attempts: dict[str, dict[str, Any]] = {}

    def problem(self, seq: int, what: str, got: object = None, wanted: str = "") -> None:
        self.report.problems.append(Problem(what, f"{self.where}, entry {seq}", got, wanted))

    def take(self, seq: int, kind: str, subject: str, envelope: bytes) -> None:
        self.report.entries += 1
        if seq != self._expected:
            self.problem(seq, "entries are missing before this one", f"entry {seq}", f"entry {self._expected}")
        self._expected, previous = seq + 1, self.report.head
        try:
            # keys as they were when this entry was written: a later revocation does not reach back
            opened = unseal(envelope, self.ring.keys)
            self.report.head = self.digests[seq] = opened.digest
            entry = self._key(seq, opened, envelope) if kind == "key" else self._plain(seq, kind, opened)
        except (ValueError, KeyError, TypeError) as error:
            self.problem(seq, "cannot be understood", str(error), "a signed statement")
            return
        if entry is None:
            return
        # from here on the signature holds: what was signed is believed, and the table around it is not
        signed = {"number": entry["seq"], "kind": entry["kind"], "entry before": entry["prev"]}
        listed = {"number": seq, "kind": kind, "entry before": previous or None}
        for name, value in signed.items():
            if value != listed[name]:
                self.problem(seq, f"another {name} was signed: altered, moved or put in", value, str(listed[name]))
        if opened.subject != subject:
            self.problem(seq, "listed under another subject", subject, opened.subject)
        if entry["kind"] != kind:
            # told above; under another name an entry has other fields
            return
        if kind == "batch":
            self.report.batches.append(entry)
        elif kind == "attempt":
            self._attempt(entry)

    def _plain(self, seq: int, kind: str, opened: Opened) -> dict[str, Any] | None:
        """Give the entry if a key in force for it signed; nothing is read from one that is not signed."""
        if not any(self.ring.holders[keyid].role == role_of(kind) for keyid in opened.signers):
            self.problem(seq, "not signed by a key in force for it", list(opened.named), f"a {role_of(kind)}'s key")
            return None
        entry = opened.predicate()
        # an admitted reviewer's key must not speak for another reviewer
        if "reviewer" in entry and entry["reviewer"] not in opened.signers:
            self.problem(seq, "signed by another than it names", list(opened.named), str(entry["reviewer"]))
        return entry

    def _key(self, seq: int, opened: Opened, envelope: bytes) -> dict[str, Any] | None:
        """Take a change of keys: the first is signed by itself, a rotation by both keys, all others by the service."""
        # the digest of this entry is noted already
        first = not self.digests.keys() - {seq}
        if not first and not opened.signers:
            self.problem(seq, "keys changed without the signature of a key in force", list(opened.named))
            return None
        entry = opened.predicate()
        action, keyid = entry["action"], str(entry["keyid"])
        signers = set(opened.signers)
        # the key that takes another's place shows that its owner holds it
        if first or action == "rotate":
            signers |= set(unseal(envelope, {keyid: PublicKey(str(entry["pem"]))}).signers)
        service = {signer for signer in opened.signers if self.ring.holders[signer].role == "service"}
        must = (
            {keyid}
            if first
            else {keyid, str(entry["replaces"])}
            if action == "rotate"
            else service or {"a service key"}
        )
        if not must <= signers:
            self.problem(seq, "keys changed without the signatures it takes", sorted(signers), ", ".join(sorted(must)))
            return None
        # a chain that was begun anew by somebody else is whole in itself: only a key known from elsewhere tells
        if first and self.trusted and keyid not in self.trusted:
            self.problem(seq, "begun with a key that is not trusted", keyid, ", ".join(sorted(self.trusted)))
        if wrong := self.ring.apply(entry):
            self.problem(seq, "keys changed wrongly", wrong)
        return dict(entry)

    def _attempt(self, entry: dict[str, Any]) -> None:
        if entry["status"] == "STARTED":
            # an attempt that began and never ended is what a hidden failure looks like
            self._attempts[str(entry["attempt"])] = entry
        else:
            self._attempts.pop(str(entry["attempt"]), None)

    def finish(self, anchors: Sequence[Anchor]) -> None:
        self.report.open_attempts = list(self._attempts.values())
        if not self.report.entries:
            self.report.problems.append(Problem("the ledger is empty", self.where, 0, "at least the service's key"))
        for anchor in anchors:
            digest = self.digests.get(anchor.count)
            # first, because a shorter ledger has no digest there to compare
            if anchor.count >= self._expected:
                what = f"entries were cut off: {anchor.source} knew {anchor.count} on {anchor.at}"
                self.problem(self._expected - 1, what, self._expected - 1, f"at least {anchor.count} entries")
            elif digest != anchor.head:
                what = f"rewritten since {anchor.source} told its digest on {anchor.at}"
                self.problem(anchor.count, what, digest, anchor.head)


def _batch(path: Path, entry: dict[str, Any], keys: dict[str, PublicKey], report: LedgerReport) -> None:
    """Hold a linked file of certificates against its entry."""
    if not path.exists():
        problem = Problem("certificates were deleted or moved", str(path), None, f"{entry['count']} certificates")
        report.problems.append(problem)
        return
    keyid = str(entry["keyid"])
    if keyid not in keys:
        wanted = f"a key of this ledger: {', '.join(sorted(keys))}"
        todo = "Ask whoever runs the service which key signed these certificates; until then they prove nothing."
        what = f"entry {entry['seq']} says that an unknown key signed these certificates"
        report.problems.append(Problem(what, str(path), keyid, wanted, todo))
        return
    # signatures come first: nothing is parsed that the service did not sign
    signed = verify_signatures(path, keys[keyid], str(entry["forecasts"]), str(entry["signatures"]))
    report.problems.extend(signed.problems)
    chain = verify_chain(path, str(entry["head"]))
    report.problems.extend(chain.problems)
    report.certificates += chain.count
    if chain.count != entry["count"]:
        what = f"another number of certificates than entry {entry['seq']} says"
        report.problems.append(Problem(what, str(path), chain.count, str(entry["count"])))
