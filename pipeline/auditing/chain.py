"""Reading certificates back: is the chain whole, and what does one certificate say."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sunproof.pipeline.auditing.certificate import SCHEMA
from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.receipts import digest_bytes

__all__ = [
    "ChainReport",
    "certificate_lines",
    "open_certificate",
    "open_certificates",
    "read_header",
    "show",
    "verify_chain",
]


# Parts of the header that `open_certificate` works into the findings, or that belong to its own place in the chain.
_NO_FACTS = ("checks", "findings", "order", "reasons", "kind", "seq", "prev")


@dataclass(frozen=True)
class ChainReport:
    """What `verify_chain` found: certificates counted, digest of the last line, and every problem."""

    count: int
    head: str
    problems: tuple[Problem, ...]


def verify_chain(path: str | Path, head: str = "") -> ChainReport:
    """Find altered, deleted, inserted and moved certificates.

    Parameters
    ----------
    path : str or Path
        ``certificates.jsonl``.
    head : str
        Digest of the last line, kept elsewhere (the receipt has it). Only with it can a file that was rewritten as a
        whole be told from the original; a chain alone is no signature.

    Returns
    -------
    ChainReport
        Without problems if the chain is whole.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    problems: list[Problem] = []
    state = _State(str(path), problems)
    for number, line in enumerate(certificate_lines(path), start=1):
        state.take(number, line)
    state.finish(head)
    return ChainReport(state.certificates, state.digest, tuple(problems))


class _State:
    """What the next line must fit to."""

    def __init__(self, where: str, problems: list[Problem]) -> None:
        self.where, self.problems = where, problems
        self.digest = self.header = self.kind = ""
        self.expected = self.certificates = 0

    def take(self, number: int, line: bytes) -> None:
        place = f"{self.where}, line {number}"
        # what follows is held against this line as it is, not as it was: one alteration is one problem
        digest, previous = digest_bytes(line), self.digest
        self.digest = digest
        try:
            record = json.loads(line)
            sequence, kind = int(record["seq"]), str(record["kind"])
        except (ValueError, KeyError, TypeError) as error:
            self.problems.append(Problem("not a certificate", place, line[:60].decode(errors="replace"), repr(error)))
            self.expected += 1
            return
        self._order(place, sequence)
        # a gap is told by the number alone; that the digest fits no more follows from it
        if sequence == self.expected and record.get("prev") != (previous or None):
            self.problems.append(
                Problem(
                    "the line before was altered",
                    f"{self.where}, line {number - 1}",
                    previous,
                    f"digest {record.get('prev')}",
                )
            )
        if number == 1:
            self.header = digest
        # a line of another batch whose number happens to fit
        elif record.get("header") != self.header:
            self.problems.append(Problem("belongs to another header", place, record.get("header"), self.header))
        self.expected, self.kind = sequence + 1, kind
        self.certificates += kind == "certificate"

    def _order(self, place: str, sequence: int) -> None:
        if sequence > self.expected:
            self.problems.append(
                Problem("certificates are missing before this line", place, f"seq {sequence}", f"seq {self.expected}")
            )
        elif sequence < self.expected:
            self.problems.append(
                Problem("certificate moved or doubled", place, f"seq {sequence}", f"seq {self.expected}")
            )

    def finish(self, head: str) -> None:
        if self.kind != "end":
            self.problems.append(
                Problem(
                    "the end is missing: certificates were cut off",
                    self.where,
                    self.kind or "nothing",
                    "a closing line",
                )
            )
        # only the digest kept elsewhere tells a chain that was made anew from its first line on
        if head and head != self.digest:
            self.problems.append(
                Problem("the last line is not the one that was written", self.where, self.digest, f"digest {head}")
            )


def open_certificate(path: str | Path, seq: int = 0, **key: Any) -> dict[str, Any]:
    """Read one certificate, its findings joined with what the header says of the checks.

    Parameters
    ----------
    path : str or Path
        ``certificates.jsonl``.
    seq : int
        Number of the certificate, from 1; or leave it out and give a key.
    **key
        Values that must occur under ``key`` or ``times``, e.g. ``harpnum=377, issue_time="2011-02-15T00:00:00Z"``.

    Returns
    -------
    dict
        The certificate with ``digest``, ``facts`` (the header without the checks), and ``findings`` as a list of
        dicts: ``id``, ``outcome``, ``value``, ``limit``, ``reason``, ``reference_size`` and the check's texts. Floats
        are floats again.

    Raises
    ------
    InputError
        If there is no such certificate.
    """
    lines = certificate_lines(path)
    header = _header(path, lines)
    for line in lines:
        record = json.loads(line)
        if record["kind"] == "certificate" and _matches(record, seq, key):
            return _expand(record, header) | {"digest": digest_bytes(line)}
    raise InputError(
        Problem("no such certificate", str(path), {"seq": seq, **key}, f"seq 1 to {header.get('count', 0)}")
    )


def open_certificates(path: str | Path, seqs: Collection[int]) -> list[dict[str, Any]]:
    """Read several certificates in one pass, as `open_certificate` does; in the order of the file."""
    lines = certificate_lines(path)
    header = _header(path, lines)
    # line n + 1 holds certificate n, so that nothing else needs to be parsed
    chosen = [line for seq, line in enumerate(lines, start=1) if seq in seqs]
    return [_expand(json.loads(line), header) | {"digest": digest_bytes(line)} for line in chosen]


def read_header(path: str | Path) -> dict[str, Any]:
    """Read the header with ``head``, the digest of the last line."""
    lines = certificate_lines(path)
    header = _header(path, lines)
    # a file of a million lines, of which one is wanted
    last = deque(lines, maxlen=1)
    return header | {"head": digest_bytes(last[0]) if last else ""}


def _header(path: str | Path, lines: Iterator[bytes]) -> dict[str, Any]:
    """Take the first line; anything but a header of this schema is refused: what follows could not be understood."""
    first = next(lines, b"")
    try:
        header: dict[str, Any] = json.loads(first)
        schema = header["schema"]
    except (ValueError, KeyError, TypeError) as error:
        got = first[:60].decode(errors="replace")
        raise InputError(Problem("no header of certificates", f"{path}, line 1", got, f"schema {SCHEMA}")) from error
    if schema != SCHEMA:
        todo = "Audit again with this version, or read it with the version in the header."
        raise InputError(Problem("certificates of another schema", f"{path}, line 1", schema, SCHEMA, todo))
    return header


def _matches(record: dict[str, Any], seq: int, key: dict[str, Any]) -> bool:
    if not key:
        return bool(record["seq"] == seq)
    held = record["key"] | record["times"]
    return all(held.get(name) == value for name, value in key.items())


def _expand(record: dict[str, Any], header: dict[str, Any]) -> dict[str, Any]:
    held, order = header["findings"] | record["findings"], header["order"]
    findings = [
        {
            "id": name,
            "outcome": outcome,
            "value": _number(value),
            "limit": _number(limit),
            "reason": header["reasons"][reason],
            "reference_size": size,
            **header["checks"][name],
        }
        for name, (outcome, value, limit, reason, size) in sorted(held.items(), key=lambda item: order.index(item[0]))
    ]
    facts = {name: value for name, value in header.items() if name not in _NO_FACTS}
    numeric = ("probability", "baselines")
    return record | {name: _numbers(record[name]) for name in numeric} | {"findings": findings, "facts": facts}


def _number(text: str | None) -> float:
    return float("nan") if text is None else float(text)


def _numbers(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _numbers(item) for name, item in node.items()}
    return [_numbers(item) for item in node] if isinstance(node, list) else _number(node)


def certificate_lines(path: str | Path) -> Iterator[bytes]:
    """Yield the lines of ``certificates.jsonl`` as they are, header and end included, without line ends.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        with Path(path).open("rb") as stream:
            for line in stream:
                yield line.rstrip(b"\n")
    except OSError as error:
        raise InputError(Problem("cannot be read", str(path), str(error), "a certificates.jsonl")) from error


def show(path: str) -> int:
    """Check a chain for the command line: 0 if it is whole, 1 if not.

    The digest of the last line is taken from the receipt beside the file, where there is one.
    """
    receipt = Path(f"{path}.receipt.json")
    head = str(json.loads(receipt.read_bytes()).get("head", "")) if receipt.exists() else ""
    report = verify_chain(path, head)
    for problem in report.problems:
        say(f"broken: {problem}")
    state = "chain broken" if report.problems else "chain whole"
    say(f"{path}: {report.count} certificates, {state}, head {report.head}")
    return int(bool(report.problems))
