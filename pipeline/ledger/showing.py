"""The ledger on the terminal: what is in it, and whether it holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.ledger.anchor import read_anchors
from sunproof.pipeline.ledger.batches import batch_file
from sunproof.pipeline.ledger.keys import read_public_key
from sunproof.pipeline.ledger.schedule import certified_slots, compare_slots, scheduled_slots
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import LedgerReport, verify_ledger

__all__ = ["listing", "verdict"]


def listing(path: str) -> int:
    """Print what the ledger holds; nothing is verified."""
    with Ledger(path) as ledger:
        kinds = Counter(kind for _, kind, _, _ in ledger.rows())
        show_table(f"{path}: entries", ("kind", "number"), sorted(kinds.items()))
        holders = ledger.keyring().holders
        rows = [(holder.role, holder.name, keyid) for keyid, holder in holders.items()]
        show_table("Keys in force", ("role", "name", "key"), rows)
        show_table(
            "Batches",
            ("entry", "certificates", "number", "first", "last", "verdicts"),
            map(_batch, ledger.records("batch")),
        )
        count, head = ledger.head()
    say(f"{path}: {count} entries, head {head}")
    return 0


def _batch(entry: dict[str, Any]) -> tuple[Any, ...]:
    verdicts = ", ".join(f"{number} {name}" for name, number in sorted(entry["verdicts"].items()))
    return entry["seq"], entry["certificates"], entry["count"], entry["first"], entry["last"], verdicts


def verdict(path: str, anchor: str = "", slots: str = "", key: str = "") -> int:
    """Verify a ledger for the command line: 0 if everything holds, 1 if not.

    Raises
    ------
    InputError
        If the ledger, the anchor, the key or the schedule cannot be read.
    """
    anchors = read_anchors(anchor) if anchor else []
    trusted = [read_public_key(key)] if key else []
    with Ledger(path) as ledger:
        report = verify_ledger(ledger, anchors, trusted)
        if slots:
            wanted, regions = scheduled_slots(slots)
            files = [file for entry in report.batches if (file := batch_file(ledger, entry)).exists()]
            report.problems += compare_slots(wanted, regions, certified_slots(files), slots)
    _print(path, report)
    if not anchors:
        say("no anchor was given: a tail that was cut off, or a history signed anew by the service, would not be seen")
    if not trusted:
        say("no public key was given: the ledger's own first key was trusted")
    return int(bool(report.problems))


def _print(path: str, report: LedgerReport) -> None:
    if report.problems:
        rows = [(item.what, item.where, _short(item.got), _short(item.wanted)) for item in report.problems]
        show_table("What does not hold", ("what", "where", "got", "wanted"), rows)
    for entry in report.open_attempts:
        say(f"begun and never ended: {entry['command']} {entry['config']}, {entry['at']} (entry {entry['seq']})")
    state = f"{len(report.problems)} problems" if report.problems else "everything holds"
    say(f"{path}: {report.entries} entries, {report.certificates} certificates, {state}, head {report.head}")


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    # a digest is whole, so that it can be compared
    return text if len(text) <= 80 else f"{text[:77]}..."
