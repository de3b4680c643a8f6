"""Reviewing on the terminal."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.keys import read_key
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review import cases as cases_module
from sunproof.pipeline.review import packet as packets
from sunproof.pipeline.review.desk import Desk
from sunproof.pipeline.review.expiry import expire
from sunproof.pipeline.review.plants import read_plants
from sunproof.pipeline.review.queue import Item, find, items, open_queue
from sunproof.pipeline.review.replay import leaks, replay
from sunproof.pipeline.review.statistics import review_statistics

__all__ = ["answer", "cases", "decide", "expired", "listing", "next_one", "queue", "replayed", "show", "stats"]

_WORDS = {
    "second": "for a second person",
    "share_expired": "share expired",
    "p95_minutes_to_open": "minutes until opened, 95 of 100 at most",
}


def queue(
    path: str,
    certificates: str,
    key: str,
    deadline: str = "",
    minutes: str = "",
    plants: str = "",
    good: str = "",
    share: str = "",
) -> int:
    """Queue the REVIEW forecasts of a batch for the command line."""
    signer = read_key(key)
    stock = [*(read_plants(plants, "planted") if plants else []), *(read_plants(good, "good") if good else [])]
    due = _time(deadline) if deadline else ""
    least, drawn = _number(minutes, 30.0, "minutes"), _number(share, 0.02, "share", 1.0)
    with Ledger(path) as ledger:
        number = open_queue(ledger, certificates, signer, due, least, stock, drawn)
    say(f"{path}: {number} more forecasts wait for review")
    return 0


def _number(text: str, default: float, name: str, most: float = math.inf) -> float:
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    # NaN compares false and is refused with the rest
    if not 0 <= value <= most:
        wanted = "0 or more" if most == math.inf else f"0 to {most:g}"
        raise InputError(Problem("not a number", f"--{name}", text, wanted))
    return value


def _time(text: str) -> str:
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise InputError(Problem("not a time", "--deadline", text, "ISO 8601, UTC")) from error
    # a time without a zone is UTC here, whatever the reviewer's clock says
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def listing(path: str) -> int:
    """List what waits, earliest deadline first, and count the rest."""
    at = datetime.now(UTC)
    with Ledger(path) as ledger:
        everything = items(ledger)
    waiting = [item for item in everything if item.state(at) in ("open", "second", "overdue")]
    rows = [(_short(item), item.state(at), _left(item, at)) for item in waiting]
    show_table("Waiting for review", ("certificate", "state", "time left"), rows)
    counts = Counter(item.state(at) for item in everything)
    say(f"{path}: " + (", ".join(f"{number} {name}" for name, number in sorted(counts.items())) or "nothing queued"))
    return 0


def _short(item: Item) -> str:
    return item.certificate.removeprefix("sha256:")[:12]


def _left(item: Item, at: datetime) -> str:
    minutes = (item.deadline - at).total_seconds() / 60
    return f"{minutes:.0f} min" if minutes >= 0 else "none"


def next_one(path: str, key: str) -> int:
    """Take the next forecast and show it blind; 1 if nothing waits."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        desk = Desk(ledger, signer)
        item = desk.next()
        if item is None:
            say("nothing waits for review")
            return 1
        _print(item, desk.has_answered(item))
    say(f"answer:  sunproof review answer {path} {key} {_short(item)} ACCEPT|REVIEW|REJECT")
    return 0


def _print(item: Item, revealed: bool) -> None:
    record = item.record()
    at = datetime.now(UTC)
    state = item.state(at)
    # of what is closed no time is left, whatever the deadline was
    say(f"certificate {_short(item)}, {f'{_left(item, at)} left' if state in ('open', 'second') else state}")
    # the verdict is shown to those alone who have committed themselves: else reviewers would measure the machine
    for line in packets.words(packets.full(record) if revealed else packets.blind(record)):
        say(line)


def answer(path: str, key: str, certificate: str, answer: str) -> int:
    """Give the first answer, then show the machine's verdict."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        desk = Desk(ledger, signer)
        desk.answer(certificate, answer)
        _print(find(ledger, certificate), True)
    say(f"decide:  sunproof review decide {path} {key} {certificate} ACCEPT|REVIEW|REJECT --reason REASON")
    return 0


def decide(path: str, key: str, certificate: str, answer: str, reason: str = "", note: str = "") -> int:
    """Give the final answer."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        entry = Desk(ledger, signer).decide(certificate, answer, reason, note)
    second = "; a second person is asked" if entry["answer"] == "REVIEW" else ""
    say(f"{path}: entry {entry['seq']}: {entry['answer']} by {entry['name']}{second}")
    return 0


def show(path: str, certificate: str) -> int:
    """Show one forecast of the queue with its decisions; the machine's verdict only once it is closed."""
    with Ledger(path) as ledger:
        item = find(ledger, certificate)
        # others' answers would sway who has still to answer
        closed = item.state(datetime.now(UTC)) in ("decided", "expired")
        _print(item, closed)
        for entry in [*item.first, *item.final] if closed else []:
            say(f"{entry['at']} {entry['name']}, {entry['stage']}: {entry['answer']} {entry['reason']} {entry['note']}")
    return 0


def expired(path: str, key: str) -> int:
    """Give up what is overdue: the labelled fallback is served."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        made = expire(ledger, signer)
    for entry in made:
        say(f"{entry['certificate'][7:19]}: {entry['status']} {entry['by']}, {entry['reason']}")
    say(f"{path}: {len(made)} expired")
    return 0


def stats(path: str) -> int:
    """Print counts of the queue and each reviewer's detection of known plants, time and agreement."""
    with Ledger(path) as ledger:
        counts, reviewers = review_statistics(ledger)
    show_table(
        "Queue", ("what", "number"), ((_WORDS.get(name, name), _figure(value)) for name, value in counts.items())
    )
    rows = [
        (item.name, item.decided, f"{item.seconds:.0f} s", *map(_share, (item.detected, item.passed, item.swayed)))
        for item in reviewers
    ]
    columns = ("reviewer", "decided", "first answer", "plants found", "good accepted", "swayed by the machine")
    show_table("Reviewers", columns, rows)
    return 0


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _share(pair: tuple[int, int]) -> str:
    return f"{pair[0]} of {pair[1]}"


def cases(path: str, key: str, folder: str) -> int:
    """Make cases of decisions for the command line."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        made = cases_module.write_cases(ledger, folder, signer)
    kept = sum(bool(case.facts["held_out"]) for case in made)
    say(f"{folder}: {len(made)} new cases, {kept} of them held out of training")
    return 0


def replayed(folder: str, samples: str = "") -> int:
    """Judge cases again: 1 if one that agreed does not any more, or if a held-out one was trained on."""
    results = replay(folder)
    rows = [
        (
            item.case.folder.name[:12],
            item.case.facts["expected"],
            item.case.facts["reason"],
            item.case.facts["alone"],
            item.verdict,
            item.state,
        )
        for item in results
    ]
    show_table("Cases", ("case", "expected", "reason", "verdict then", "verdict now", "state"), rows)
    found = leaks(folder, samples) if samples else []
    for problem in found:
        say(f"error: {problem}")
    counts = Counter(item.state for item in results)
    say(f"{folder}: {len(results)} cases" + "".join(f", {number} {name}" for name, number in sorted(counts.items())))
    return int(bool(counts["broken"] or found))
