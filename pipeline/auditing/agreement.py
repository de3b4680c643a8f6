"""Whether forecasts and verdicts that were made again are those of the certificates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.chain import open_certificates
from sunproof.pipeline.auditing.explained_again import LIMITS, ExplainedAgain

__all__ = ["Agreement", "Difference"]

# A forecast made again agrees to this in logit: sums of float32 may be ordered differently.
_LOGIT = 1e-5
# Evidence stands in nine digits in the certificate; what the model itself gives is float32.
_EVIDENCE = 1e-5
# What says whose forecast is made is given to the model, not made by it; a reason is words.
_GIVEN = {"harpnum", "noaa_ar", "noaa_ars", "entity", "issue_time", "data_cutoff", "window_start", "status_reason"}
_STATUS = "explanation is evidence"


@dataclass(frozen=True)
class Difference:
    """Something that is not the same again."""

    seq: int
    what: str
    certified: str
    again: str


@dataclass
class Agreement:
    """What was compared.

    Parameters
    ----------
    compared : dict
        Quantity -> (number compared, largest difference, limit of the difference).
    differences : list of Difference
    stated : list of str
        Evidence that was taken as the certificates state it.
    seqs : list of int
        Certificates that were made again.
    """

    compared: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)

    def compare_forecasts(self, batch: xr.Dataset, rows: NDArray[np.int64], fresh: xr.Dataset) -> xr.Dataset:
        """Note every difference, and put what was made again into its place.

        Parameters
        ----------
        batch : xarray.Dataset
            As the certificates tell it, with ``seq``.
        rows : ndarray of int, shape (row,)
            Forecasts of it that were made again.
        fresh : xarray.Dataset
            Those, in the same order.

        Returns
        -------
        xarray.Dataset
            A copy of the batch.
        """
        again = batch.copy(deep=True)
        seqs = batch["seq"].values[rows]
        for name in map(str, batch.data_vars):
            if name in _GIVEN or name not in fresh.data_vars:
                continue
            held, made = batch[name].values[rows], fresh[name].values
            self._compare(name, seqs, held, made)
            again[name].values[rows] = made
        self.stated = sorted(set(map(str, batch.data_vars)) - set(map(str, fresh.data_vars)) - _GIVEN)
        return again

    def compare_verdicts(
        self, path: str | Path, chosen: NDArray[np.int64], findings: xr.Dataset, verdicts: xr.Dataset
    ) -> None:
        """Compare outcomes of all checks, verdict, deciding codes and what is served.

        Parameters
        ----------
        path : str or Path
            ``certificates.jsonl``.
        chosen : ndarray of int, shape (certificate,)
            Places of ``seqs`` in the batch.
        findings, verdicts : xarray.Dataset
            Of the whole batch, made again.
        """
        ids = [str(name) for name in findings["check"].values]
        outcome = findings["outcome"].values
        counts = {"outcomes of checks": 0, "verdict": 0, "deciding checks": 0, "served": 0}
        for record, place in zip(open_certificates(path, set(self.seqs)), chosen.tolist(), strict=True):
            seq = int(record["seq"])
            held = {item["id"]: item["outcome"] for item in record["findings"]}
            made = {name: Outcome(int(outcome[row, place])).name for row, name in enumerate(ids)}
            counts["outcomes of checks"] += len(held)
            self.differences += [
                Difference(seq, f"check {name}", held.get(name, "none"), made.get(name, "none"))
                for name in sorted(held.keys() | made.keys())
                if held.get(name) != made.get(name)
            ]
            pairs = {
                "verdict": (record["verdict"]["verdict"], verdicts["verdict"].values[place]),
                "deciding checks": (record["verdict"]["codes"], verdicts["codes"].values[place]),
                "served": (record["served"]["by"], verdicts["served"].values[place]),
            }
            for name, (was, now) in pairs.items():
                counts[name] += 1
                if was != now:
                    self.differences.append(Difference(seq, name, str(was), str(now)))
        for name, number in counts.items():
            label = "check " if name.startswith("outcomes") else name
            wrong = sum(item.what.startswith(label) for item in self.differences)
            self.compared[name] = (number, float(wrong), 0.0)

    def compare_explanations(self, explained: Iterable[ExplainedAgain]) -> None:
        """Compare what inputs and groups are attributed, what the logit loses without groups, and both logits.

        Parameters
        ----------
        explained : iterable of ExplainedAgain
        """
        for one in explained:
            for what, held in one.held.items():
                self._compare_explained(one, what, held, one.made[what])
            count, wrong, _ = self.compared.get(_STATUS, (0, 0.0, 0.0))
            held_status, made_status = one.status
            self.compared[_STATUS] = (count + 1, wrong + (held_status != made_status), 0.0)
            if held_status != made_status:
                self.differences.append(Difference(one.seq, _STATUS, held_status, made_status))

    def _compare_explained(
        self, one: ExplainedAgain, what: str, held: dict[str, str | None], made: dict[str, str | None]
    ) -> None:
        names, limit = sorted(held.keys() | made.keys()), LIMITS[what]
        was, now = (np.array([float(side.get(name) or "nan") for name in names]) for side in (held, made))
        scale = one.allowed if what.startswith("attribution") else np.maximum(1.0, np.abs(now))
        # two gaps are one answer, one gap is none: its distance is NaN
        apart = np.where(np.isnan(was) & np.isnan(now), 0.0, np.abs(was - now) / scale)
        for place in np.flatnonzero(~(apart <= limit)).tolist():
            words = (_words(float(side[place])) for side in (was, now))
            self.differences.append(Difference(one.seq, f"{what}: {names[place]}", *words))
        count, largest, _ = self.compared.get(what, (0, 0.0, limit))
        self.compared[what] = (count + 1, float(np.fmax.reduce(apart, initial=largest)), limit)

    def _compare(self, name: str, seqs: NDArray[np.int64], held: NDArray[Any], made: NDArray[Any]) -> None:
        if held.dtype.kind != "f":
            apart = np.asarray(held.astype(str) != made.astype(str), float)
            limit, label = 0.0, name
        else:
            limit = _LOGIT if name == "probability" else _EVIDENCE
            # what is certain has an infinite logit, and two of them no difference
            with np.errstate(invalid="ignore"):
                apart = np.abs(_logit(held) - _logit(made)) if name == "probability" else _relative(held, made)
            # equal infinities are equal, and two gaps are one answer
            apart = np.where((held == made) | (np.isnan(held) & np.isnan(made)), 0.0, apart)
            label = f"{name} (logit)" if name == "probability" else name
        rowwise = apart.reshape(len(seqs), -1).max(axis=1) if apart.size else np.zeros(len(seqs))
        self.compared[label] = (len(seqs), float(rowwise.max(initial=0.0)), limit)
        # written so that a NaN on one side counts as a difference
        for row in np.flatnonzero(~(rowwise <= limit)):
            self.differences.append(Difference(int(seqs[row]), label, _words(held[row]), _words(made[row])))


def _logit(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(probability) - np.log1p(-probability), np.float64)


def _relative(held: NDArray[np.float64], made: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = np.maximum(np.abs(held), np.abs(made))
    with np.errstate(invalid="ignore", divide="ignore"):
        # a scale that is NaN gives NaN, which is no agreement
        return np.asarray(np.where(scale == 0, 0.0, np.abs(held - made) / scale), np.float64)


def _words(value: Any) -> str:
    flat = np.ravel(value)
    return ", ".join(f"{item:.9g}" if isinstance(item, float) else str(item) for item in flat[:9].tolist())
