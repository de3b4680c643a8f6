"""How the reviewing goes: detection of known plants, time, agreement with the machine, what expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

import numpy as np

from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review.plants import reveal
from sunproof.pipeline.review.queue import Item, items, moment

__all__ = ["ReviewerStatistics", "review_statistics"]


@dataclass(frozen=True)
class ReviewerStatistics:
    """One reviewer; shares are (number, of).

    Parameters
    ----------
    name : str
    decided : int
        Final answers.
    seconds : float
        Median from opening to the first answer.
    detected : tuple
        Known plants that the final answer did not accept.
    passed : tuple
        Known good ones that it accepted.
    swayed : tuple
        Final answers that became the machine's after it was shown, of those whose first answer was another.
    """

    name: str
    decided: int
    seconds: float
    detected: tuple[int, int]
    passed: tuple[int, int]
    swayed: tuple[int, int]


def review_statistics(ledger: Ledger, at: datetime | None = None) -> tuple[dict[str, Any], list[ReviewerStatistics]]:
    """Count.

    Returns
    -------
    queue : dict
        Number by state (open, second, overdue, decided, expired), the share that ``expired`` of all that is closed, and
        ``p95_minutes_to_open``.
    reviewers : list of ReviewerStatistics
    """
    at = at or datetime.now(UTC)
    everything = items(ledger)
    truth = reveal(ledger.path, {item.certificate: str(item.entry["sealed"]) for item in everything})
    states = [item.state(at) for item in everything]
    queue: dict[str, Any] = {name: states.count(name) for name in ("open", "second", "overdue", "decided", "expired")}
    closed = queue["decided"] + queue["expired"]
    queue["share_expired"] = queue["expired"] / closed if closed else float("nan")
    waited = [_minutes(item) for item in everything if item.first]
    queue["p95_minutes_to_open"] = float(np.quantile(waited, 0.95)) if waited else float("nan")
    names = sorted({str(entry["name"]) for item in everything for entry in item.final})
    return queue, [_reviewer(name, everything, dict(truth)) for name in names]


def _minutes(item: Item) -> float:
    return (moment(item.first[0]["opened"]) - moment(item.entry["at"])).total_seconds() / 60


def _reviewer(name: str, everything: list[Item], truth: dict[str, str]) -> ReviewerStatistics:
    seconds, swayed, other = [], 0, 0
    answers: dict[str, list[str]] = {"planted": [], "good": [], "unknown": []}
    for item in everything:
        final = [entry for entry in item.final if entry["name"] == name]
        first = [entry for entry in item.first if entry["name"] == name]
        if not final or not first:
            continue
        seconds.append(float(first[0]["seconds"]))
        answers[truth.get(item.certificate, "unknown")].append(final[-1]["answer"])
        machine = item.record()["verdict"]["verdict"]
        if first[0]["answer"] != machine:
            other, swayed = other + 1, swayed + (final[-1]["answer"] == machine)
    planted, good = answers["planted"], answers["good"]
    return ReviewerStatistics(
        name,
        len(seconds),
        median(seconds) if seconds else float("nan"),
        (sum(answer != "ACCEPT" for answer in planted), len(planted)),
        (sum(answer == "ACCEPT" for answer in good), len(good)),
        (swayed, other),
    )
