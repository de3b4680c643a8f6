"""Forecasts that nobody decided in time: a labelled fallback is served, and they are counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from sunproof.pipeline.auditing.report.referee import extrapolates
from sunproof.pipeline.auditing.verdict import FALLBACKS, REFEREE, coherent, fit_to_serve
from sunproof.pipeline.ledger.keys import SigningKey
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review.queue import items, stamp

__all__ = ["expire"]


def expire(ledger: Ledger, key: SigningKey, at: datetime | None = None) -> list[dict[str, Any]]:
    """Give up what is overdue.

    Parameters
    ----------
    ledger : Ledger
    key : SigningKey
        The service's.
    at : datetime, optional
        Now.

    Returns
    -------
    list of dict
        The entries: what is served instead, labelled as fallback, or nothing with the reason.
    """
    at = at or datetime.now(UTC)
    made = []
    with ledger.writing():
        for item in [item for item in items(ledger) if item.state(at) == "overdue"]:
            body = {"certificate": item.certificate, "deadline": item.entry["deadline"], **_served(item.record())}
            made.append(ledger.append("expired", body, ("certificate", item.certificate), key, at=stamp(at)))
    return made


def _served(record: dict[str, Any]) -> dict[str, Any]:
    reason = "nobody decided before the deadline"
    for name, label in FALLBACKS.items():
        if not fit_to_serve(name, record["verdict"]["codes"]):
            continue
        table = record["baselines"].get(name.removeprefix("probability_"))
        if table is not None and coherent(np.array([table]), record["facts"]["forecasts"])[0]:
            # repr has the digits that read back as the same number.
            probability = [[repr(float(value)) for value in row] for row in table]
            doubt = "; it extrapolates beyond its training samples" if name == REFEREE and extrapolates(record) else ""
            return {"status": "FALLBACK", "by": label, "probability": probability, "reason": reason + doubt}
    nothing = f"{reason}; the certificate holds no coherent baseline"
    return {"status": "NO_FORECAST", "by": "", "probability": None, "reason": nothing}
