"""Drift of a stream over windows, with limits that keep a budget of false alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.monitoring.config import DriftConfig
from sunproof.pipeline.monitoring.stream import Stream

__all__ = ["Detector", "permuted"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_QUARTER = 91.3
_RIDGE = 1.0
# A quantity must be known of so many forecasts of a window.
_FEWEST = 20


@dataclass(frozen=True, eq=False)
class _Normal:
    """A quantity given the activity: coefficients, scale and sorted residuals of the reference.

    ``told`` and ``untold`` say of each column of the activity whether the reference has rows with it, and without.
    """

    coefficients: Array
    scale: float
    residuals: Array
    told: Mask
    untold: Mask

    @classmethod
    def fit(cls, values: Array, activity: Array) -> _Normal:
        known = np.isfinite(values)
        columns = _columns(activity[known])
        # the level, first of the columns, is not shrunk
        gram = columns.T @ columns + _RIDGE * np.diag([0.0] + [1.0] * (columns.shape[1] - 1))
        coefficients = np.asarray(np.linalg.solve(gram, columns.T @ values[known]), np.float64)
        left = values[known] - columns @ coefficients
        scale = float(left.std()) or 1.0
        seen = np.isfinite(activity[known])
        # a stratum of a few rows has no level that could be trusted
        told, untold = (np.asarray(part.sum(axis=0) >= _FEWEST, bool) for part in (seen, ~seen))
        return cls(coefficients, scale, np.asarray(np.sort(left / scale), np.float64), told, untold)

    def residual(self, values: Array, activity: Array) -> Array:
        """Give what is left of the values; NaN in a stratum that the reference does not have."""
        left = (values - _columns(activity) @ self.coefficients) / self.scale
        return np.asarray(np.where(self.comparable(activity), left, np.nan))

    def comparable(self, activity: Array) -> Mask:
        """Tell which rows are of a stratum that the reference has."""
        return np.asarray(np.where(np.isfinite(activity), self.told, self.untold).all(axis=1))


@dataclass(frozen=True, eq=False)
class Detector:
    """What is normal, and from where on a window is not.

    Each quantity is regressed on the activity of the Sun, which drifts with its cycle; what is left of a window is
    held against what is left of the reference: by the Kolmogorov-Smirnov distance, or by its mean where the quantity
    is a rate. Windows hold few regions, so that neither has its textbook distribution: limits come from windows of the
    reference itself, its blocks permuted, one random half held against the other.

    Parameters
    ----------
    normals : dict
        Quantity -> its distribution given the activity.
    centre, spread : dict
        (Window length, quantity) -> median, and 90 % quantile less median, of the statistic in permuted windows.
    limit : dict
        Window length -> largest number of spreads above the centre that the budget allows.
    """

    normals: dict[str, _Normal]
    centre: dict[tuple[int, str], float]
    spread: dict[tuple[int, str], float]
    limit: dict[int, float]

    @classmethod
    def fit(cls, reference: Stream, config: DriftConfig) -> Detector:
        """Learn what is normal.

        Parameters
        ----------
        reference : Stream
        config : DriftConfig
            Windows, budget, blocks, replays, seed.

        Raises
        ------
        InputError
            If the reference is too short for the longest window.
        """
        if len(reference) < 4 * max(config.windows):
            wanted = f"at least {4 * max(config.windows)} forecasts of regions, four of the longest window"
            raise InputError(Problem("too short a reference", "reference", len(reference), wanted))
        normals = {
            name: _Normal.fit(values, reference.activity)
            for name, values in reference.quantities.items()
            if np.isfinite(values).sum() >= _FEWEST
        }
        residuals = _residuals(normals, reference)
        blocks = _blocks(reference, config.block_days)
        random = np.random.default_rng(config.seed)
        null: dict[int, list[dict[str, Array]]] = {length: [] for length in config.windows}
        for _ in range(config.replays):
            # whole blocks: forecasts of one region resemble each other, and windows of single rows would all be alike
            order = random.permutation(np.unique(blocks))
            # half is the base and half the stream, as later the reference and what is watched
            half = np.isin(blocks, order[: len(order) // 2])
            base = {name: np.sort(values[half & np.isfinite(values)]) for name, values in residuals.items()}
            rows = _in_order(blocks, order[len(order) // 2 :])
            for length in config.windows:
                null[length].append(_statistics(base, residuals, rows, length))
        days = float((reference.time.max() - reference.time.min()) / np.timedelta64(1, "D"))
        return _limits(normals, null, len(reference) / max(days, 1.0) * _QUARTER, config)

    def strange(self, stream: Stream) -> int:
        """Count the forecasts that no quantity is watched of: the reference has none with as little, or as much, known.

        Parameters
        ----------
        stream : Stream
        """
        known = [normal.comparable(stream.activity) for normal in self.normals.values()]
        return int((~np.any(known, axis=0)).sum()) if known else len(stream)

    def watch(self, stream: Stream) -> pd.DataFrame:
        """Look at every window of a stream.

        Parameters
        ----------
        stream : Stream

        Returns
        -------
        pandas.DataFrame
            One row a window and quantity: ``length``, ``window``, ``start``, ``end``, ``quantity``, ``statistic``,
            ``score`` (spreads above the centre), ``limit``, ``alarm``.
        """
        known = {name: normal for name, normal in self.normals.items() if name in stream.quantities}
        residuals = _residuals(known, stream)
        base = {name: normal.residuals for name, normal in known.items()}
        rows = np.arange(len(stream))
        tables = []
        for length, limit in self.limit.items():
            for name, statistic in _statistics(base, residuals, rows, length).items():
                first = np.arange(len(statistic)) * length
                score = (statistic - self.centre[length, name]) / self.spread[length, name]
                table = {"length": length, "window": np.arange(len(statistic)), "start": stream.time[first]}
                table |= {"end": stream.time[first + length - 1], "quantity": name, "statistic": statistic}
                tables.append(pd.DataFrame({**table, "score": score, "limit": limit, "alarm": score > limit}))
        columns = ["length", "window", "start", "end", "quantity", "statistic", "score", "limit", "alarm"]
        found = pd.concat(tables) if tables else pd.DataFrame(columns=columns)
        return found.sort_values(["length", "window", "quantity"], ignore_index=True)


def permuted(stream: Stream, days: float, seed: int) -> Stream:
    """Put the blocks of a stream in random order: stationary, with regions in one piece."""
    blocks = _blocks(stream, days)
    return stream.take(_in_order(blocks, np.random.default_rng(seed).permutation(np.unique(blocks))))


def _limits(
    normals: dict[str, _Normal], null: dict[int, list[dict[str, Array]]], rate: float, config: DriftConfig
) -> Detector:
    """Set limits so that windows of the reference alarm as often as the budget allows, each length a share of it."""
    centre, spread, limit = {}, {}, {}
    for length, replays in null.items():
        scores = []
        for name in normals:
            values = np.concatenate([replay[name] for replay in replays])
            known = values[np.isfinite(values)]
            # quantities in units of their own scatter, so that one limit serves them all
            middle, high = np.quantile(known, [0.5, 0.9]) if len(known) else (0.0, 1.0)
            centre[length, name], spread[length, name] = float(middle), float(max(high - middle, 1e-9))
            scores.append((values - centre[length, name]) / spread[length, name])
        # the worst quantity of each window: the budget is of alarms, whoever raises them
        worst = np.nanmax(np.where(np.isfinite(scores), scores, -np.inf), axis=0)
        # the budget is shared by the lengths, and a quarter holds so many windows of this one
        allowed = config.budget / len(null) / (rate / length)
        limit[length] = float(np.quantile(worst, max(0.0, 1 - allowed)))
    return Detector(normals, centre, spread, limit)


def _residuals(normals: dict[str, _Normal], stream: Stream) -> dict[str, Array]:
    return {name: normal.residual(stream.quantities[name], stream.activity) for name, normal in normals.items()}


def _statistics(
    base: dict[str, Array], residuals: dict[str, Array], rows: NDArray[np.int64], length: int
) -> dict[str, Array]:
    number = len(rows) // length
    windows = rows[: number * length].reshape(number, length)
    return {
        name: np.array([_statistic(name, values, residuals[name][window]) for window in windows], dtype=float)
        for name, values in base.items()
    }


def _statistic(name: str, base: Array, window: Array) -> float:
    """Kolmogorov-Smirnov distance to the sorted base, or the distance of the means where the quantity is a rate."""
    seen = np.sort(window[np.isfinite(window)])
    if len(seen) < _FEWEST or not len(base):
        return float("nan")
    # a rate is of zeros and ones, or of outcomes about them: its distribution says less than its mean
    if name.endswith("rate"):
        return float(abs(seen.mean() - base.mean()))
    # both sides of each step: the largest gap may lie just before a jump
    theirs = np.searchsorted(base, seen, side="right") / len(base), np.searchsorted(base, seen, side="left") / len(base)
    steps = np.arange(1, len(seen) + 1) / len(seen)
    return float(max((steps - theirs[0]).max(), (theirs[1] - (steps - 1 / len(seen))).max()))


def _columns(activity: Array) -> Array:
    # what is unknown is a stratum of its own, with its own level
    unknown = np.isnan(activity)
    return np.concatenate([np.ones((len(activity), 1)), np.nan_to_num(activity), unknown], axis=1)


def _blocks(stream: Stream, days: float) -> NDArray[np.int64]:
    since = (stream.time - stream.time.min()) / np.timedelta64(1, "D")
    return np.asarray(since // days, np.int64)


def _in_order(blocks: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.flatnonzero(blocks == block) for block in order])
