"""Findings in words: which checks decided, with what numbers, and what is left to decide."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome

__all__ = ["UNPROVEN", "Words"]

# Reason code of a forecast that no check could hold against anything observed.
UNPROVEN = "UNPROVEN"

Texts = NDArray[np.object_]


class Words:
    """Sentences about every forecast of a batch.

    Forecasts that share a pattern of outcomes share a sentence, so a batch of 100 000 costs a few hundred sentences.

    Parameters
    ----------
    findings : xarray.Dataset
        As `sunproof.models.constraints.engine.evaluate` returns them.
    decided : ndarray of bool, shape (forecast,)
        Whether the objections suffice for the verdict; a REVIEW without is one that nothing could prove.
    """

    def __init__(self, findings: xr.Dataset, decided: NDArray[np.bool_]) -> None:
        self._decided = decided
        self._ids = [str(name) for name in findings["check"].values]
        self._names = [str(name) for name in findings["check_name"].values]
        self._units = [str(unit) for unit in findings["check_unit"].values]
        self._reasons = [str(text) for text in findings["reason_text"].values]
        self._outcome: NDArray[np.int8] = findings["outcome"].values
        self._reason = findings["reason"].values
        self._value, self._limit = findings["value"].values, findings["limit"].values

    def codes(self, verdict: Texts) -> Texts:
        """Ids of the checks that speak against each forecast, gravest first, comma-separated."""
        texts = _per_pattern(self._outcome, lambda row: ",".join(self._ids[check] for check in self._against(row)))
        for forecast in np.flatnonzero(self._unproven(verdict)).tolist():
            texts[forecast] = ",".join(filter(None, (UNPROVEN, texts[forecast])))
        return texts

    def causes(self, verdict: Texts, status_reason: Texts) -> Texts:
        """One clause a forecast on why it is not served itself; empty where it is."""
        codes = self.codes(verdict)
        causes = np.where(verdict == "REJECT", "rejected by " + codes, "").astype(object)
        silent = verdict == "NO_FORECAST"
        causes[silent] = "no forecast: " + status_reason[silent]
        return causes

    def why(self, verdict: Texts, status_reason: Texts) -> Texts:
        """Tell the decision with its numbers."""
        texts = _per_pattern(self._outcome, self._tally)
        for forecast in np.flatnonzero((self._outcome >= Outcome.REVIEW).any(axis=0)).tolist():
            against = self._against(self._outcome[:, forecast])
            texts[forecast] = "; ".join(self._with_numbers(check, forecast) for check in against)
        remarked = (verdict == "ACCEPT") & (self._outcome >= Outcome.REVIEW).any(axis=0)
        texts[remarked] = "accepted with a remark that good forecasts meet, too: " + texts[remarked]
        unproven = self._unproven(verdict)
        texts[unproven] = "no check could hold it against what was observed; " + texts[unproven]
        silent = verdict == "NO_FORECAST"
        texts[silent] = "no forecast: " + status_reason[silent]
        return texts

    def unevaluated(self) -> Texts:
        """Which checks could not be evaluated, and why; empty where all could."""
        missing = np.where(self._outcome == Outcome.NOT_EVALUABLE, self._reason, -1)
        return _per_pattern(missing, self._not_evaluated)

    def decide(self, verdict: Texts) -> Texts:
        """Tell what the scientist still has to decide, one sentence a forecast."""
        texts = _per_pattern(self._outcome, self._question)
        unproven = self._unproven(verdict)
        texts[unproven] = (
            "Decide on evidence from elsewhere whether to publish: nothing here could be held against the observed Sun."
        )
        remarked = (verdict == "ACCEPT") & (self._outcome >= Outcome.REVIEW).any(axis=0)
        texts[remarked] = "Nothing has to be decided; look at the remark where much depends on this forecast."
        texts[verdict == "NO_FORECAST"] = "Decide whether what is served instead, if anything, is enough for this slot."
        return texts

    def _unproven(self, verdict: Texts) -> NDArray[np.bool_]:
        # a review without a deciding objection can have this reason alone
        return np.asarray((verdict == "REVIEW") & ~self._decided)

    def _against(self, row: NDArray[np.integer]) -> list[int]:
        # gravest first, and among equals in the order of the catalogue
        return sorted(np.flatnonzero(row >= Outcome.REVIEW).tolist(), key=lambda check: (-int(row[check]), check))

    def _tally(self, row: NDArray[np.integer]) -> str:
        passed, noted = int((row == Outcome.PASS).sum()), int((row == Outcome.INFO).sum())
        missing = int((row == Outcome.NOT_EVALUABLE).sum())
        return f"{passed} checks passed, {noted} noted something, {missing} could not be evaluated"

    def _with_numbers(self, check: int, forecast: int) -> str:
        outcome = Outcome(self._outcome[check, forecast]).name
        reason = self._reasons[self._reason[check, forecast]]
        unit = f" {self._units[check]}" if self._units[check] else ""
        numbers = f"{self._value[check, forecast]:.4g} against {self._limit[check, forecast]:.4g}{unit}"
        text = f"{self._ids[check]} {self._names[check]} {outcome}: {numbers}"
        return f"{text} ({reason})" if reason else text

    def _not_evaluated(self, row: NDArray[np.integer]) -> str:
        groups: dict[str, list[str]] = {}
        for check in np.flatnonzero(row >= 0):
            groups.setdefault(self._reasons[row[check]], []).append(self._ids[check])
        return "; ".join(f"{', '.join(ids)}: {reason}" for reason, ids in groups.items())

    def _question(self, row: NDArray[np.integer]) -> str:
        named = {
            outcome: ", ".join(f"{self._ids[check]} {self._names[check]}" for check in np.flatnonzero(row == outcome))
            for outcome in (Outcome.INVALID, Outcome.IMPLAUSIBLE, Outcome.REVIEW)
        }
        if named[Outcome.INVALID]:
            return (
                "Nothing about the Sun is left to decide: the forecast, or the data behind it, contradicts arithmetic "
                f"or a definition ({named[Outcome.INVALID]}) and must be mended."
            )
        if named[Outcome.IMPLAUSIBLE]:
            return (
                "Decide whether this region can do what none of the reference events did "
                f"({named[Outcome.IMPLAUSIBLE]}); overriding the rejection needs a written reason."
            )
        if named[Outcome.REVIEW]:
            return (
                f"Decide whether something that the checks do not see explains {named[Outcome.REVIEW]}; "
                "until then the forecast is served with this flag."
            )
        return "Nothing is contested; that no check objects does not show that the forecast is skilful."


def _per_pattern(table: NDArray[np.integer], sentence: Callable[[NDArray[np.integer]], str]) -> Texts:
    """Apply a function to every distinct column of a (check, forecast) table, once each."""
    rows = np.ascontiguousarray(table.T)
    if not rows.size:
        return np.array([sentence(row) for row in rows], dtype=object)
    # A row seen as one block of bytes sorts as a scalar; np.unique(axis=0) takes ten times as long.
    blocks = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, inverse = np.unique(blocks, return_index=True, return_inverse=True)
    sentences = np.empty(len(first), dtype=object)
    sentences[:] = [sentence(rows[index]) for index in first]
    return np.asarray(sentences[inverse], dtype=object)
