"""Decisions as versioned cases: what the checks must say next time; half of them never enter training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.keys import SigningKey
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.receipts import canonical, replacing
from sunproof.pipeline.review.plants import reveal
from sunproof.pipeline.review.queue import Item, items, vouched

__all__ = ["Case", "agrees", "held_out", "judge_alone", "read_cases", "write_cases"]

_SCHEMA = "sunproof-case/1"


@dataclass(frozen=True)
class Case:
    """One case.

    Parameters
    ----------
    folder : Path
        ``cases/<digest>``: ``case.json`` and ``certificate.jsonl`` (header and certificate).
    facts : dict
        ``case.json``.
    """

    folder: Path
    facts: dict[str, Any]

    @property
    def certificate(self) -> Path:
        """Header and certificate."""
        return self.folder / "certificate.jsonl"


def held_out(certificate: str) -> bool:
    """Tell whether a case is kept out of training for ever: its digest decides, so nobody can choose."""
    return bool(int(certificate.removeprefix("sha256:")[:16], 16) % 2)


def agrees(expected: str, verdict: str) -> bool:
    """Tell whether a verdict of the checks is in line with a person's.

    What must be rejected may not be accepted, and what must be accepted may not be rejected: REVIEW asks a person,
    which contradicts neither.
    """
    return verdict not in {"REJECT": ("ACCEPT",), "ACCEPT": ("REJECT",)}[expected]


def write_cases(ledger: Ledger, folder: str | Path, key: SigningKey) -> list[Case]:
    """Make a case of every decision that has none yet.

    Parameters
    ----------
    ledger : Ledger
    folder : str or Path
        Where cases lie, one folder each.
    key : SigningKey
        The service's.

    Returns
    -------
    list of Case
        The new ones. A case of a known plant expects what is known, not what the reviewer said.
    """
    # a case is made once: its verdict at that time is what later ones are held against
    known = {str(entry["certificate"]) for entry in ledger.records("case")}
    decided = [item for item in items(ledger) if item.decision and item.certificate not in known]
    truth = reveal(ledger.path, {item.certificate: str(item.entry["sealed"]) for item in decided})
    made = []
    for item in decided:
        # what is known of a plant goes before what the reviewer said of it
        expected = {"planted": "REJECT", "good": "ACCEPT"}.get(truth.get(item.certificate, ""), "")
        case = _write(item, Path(folder), expected)
        body = {name: case.facts[name] for name in ("certificate", "expected", "held_out", "reason", "agreed")}
        ledger.append("case", body, ("certificate", item.certificate), key)
        made.append(case)
    return made


def _write(item: Item, root: Path, expected: str) -> Case:
    decision = item.decision
    assert decision is not None
    header, line = item.lines()
    folder = root / item.certificate.removeprefix("sha256:")
    with replacing(folder) as partial:
        partial.mkdir()
        (partial / "certificate.jsonl").write_bytes(header + b"\n" + line + b"\n")
        # alone, as every replay will: the verdict in the batch may rest on its neighbours
        verdict = judge_alone(partial / "certificate.jsonl")
        record, expected = json.loads(line), expected or str(decision["answer"])
        facts = {
            "schema": _SCHEMA,
            "certificate": item.certificate,
            "key": record["key"],
            "times": record["times"],
            "inputs": json.loads(header).get("inputs", {}),
            "machine": record["verdict"]["verdict"],
            "codes": record["verdict"]["codes"],
            "alone": verdict,
            "decision": decision["answer"],
            "reason": decision["reason"],
            "note": decision["note"],
            "reviewer": decision["name"],
            "decided": decision["at"],
            "expected": expected,
            "agreed": agrees(expected, verdict),
            "held_out": held_out(item.certificate),
        }
        (partial / "case.json").write_bytes(canonical(facts) + b"\n")
    return Case(folder, facts)


def judge_alone(certificate: str | Path) -> str:
    """Judge one certificate alone by every check; checks over several forecasts have nothing to compare."""
    from sunproof.models.constraints.engine import evaluate
    from sunproof.pipeline.auditing.rebuild import rebuild
    from sunproof.pipeline.auditing.verdict import judge

    batch = rebuild(certificate)
    return str(judge(batch, evaluate(batch))["verdict"].values[0])


def read_cases(folder: str | Path) -> list[Case]:
    """Read all cases of a folder, in order of their digests.

    Raises
    ------
    InputError
        If the folder is not there, or a case is not what its name says.
    """
    if not Path(folder).is_dir():
        raise InputError(Problem("no such folder", str(folder), "nothing", "a folder of `sunproof review cases`"))
    found = []
    for place in sorted(Path(folder).glob("*/case.json")):
        facts = json.loads(place.read_bytes())
        case = Case(place.parent, facts)
        if facts.get("schema") != _SCHEMA:
            raise InputError(Problem("not a case of this version", str(place), facts.get("schema"), _SCHEMA))
        # a case that was edited would test nothing
        vouched(case.certificate, facts["certificate"])
        found.append(case)
    return found
