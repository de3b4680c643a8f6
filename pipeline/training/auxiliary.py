"""Labels of what is predicted beside flares, how they are normalised, and what the predictions are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.samples.ahead import X_RAYS, ahead, at_cutoff
from sunproof.pipeline.samples.keys import read_keys
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.verification.bootstrap import bootstrap_skill, interval, make_blocks

if TYPE_CHECKING:
    from sunproof.pipeline.samples.dataset import SampleData

__all__ = ["Targets", "read_targets"]

_RESAMPLES = 1000
# X-rays of neighbouring hours are of the same regions, which stay for half a rotation and may come back.
_ROTATION = np.timedelta64(27, "D")

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Targets:
    """What became of each quantity, for some rows of a samples file.

    Parameters
    ----------
    names : list of tuple
        (quantity, lead in hours), one a column.
    changes : ndarray, shape (sample, column)
        log10 of the quantity ahead over that at the data cut-off; NaN where either is unknown, and outside the rows.
    reached : ndarray, shape (sample, column)
        log10 of the quantity ahead.
    """

    names: list[tuple[str, float]]
    changes: Floats
    reached: Floats

    def statistics(self, rows: Rows) -> dict[str, list[float]]:
        """Measure centre and spread of the training block's changes, as `sunproof.models.normaliser` takes them.

        Parameters
        ----------
        rows : ndarray of int
            The training block.

        Raises
        ------
        InputError
            If nothing is known of a column.
        """
        problems = ProblemList("auxiliary predictions, training block", InputError)
        known = np.isfinite(self.changes[rows])
        for (quantity, hours), number in zip(self.names, known.sum(axis=0), strict=True):
            # one value has no spread
            if number < 2:
                todo = "Leave it out of optimiser.physics.auxiliary, or ingest what holds it."
                problems.add(f"no change of it in {hours:g} h is known", quantity, int(number), "at least 2", todo)
        problems.check()
        mean, spread = (measure(self.changes[rows], axis=0) for measure in (np.nanmean, np.nanstd))
        flat = np.zeros(len(self.names))
        return {
            "scale": flat.tolist(),
            "centre": mean.tolist(),
            # a quantity that never changes is left as it is, not divided by zero
            "spread": np.where(spread > 1e-12, spread, 1.0).tolist(),
        }

    def worth(
        self, predicted: Floats, rows: Mapping[str, Rows], regions: NDArray[np.int64], cutoffs: NDArray[Any]
    ) -> list[dict[str, Any]]:
        """Compare predictions of the validation block with persistence.

        A case of a keyword is a row, and whole regions are resampled for its interval. A case of X-rays is a data
        cut-off: they are the whole disk's, of which the mean of what the rows say is served, and rotations are
        resampled.

        Parameters
        ----------
        predicted : ndarray, shape (row, column)
            Changes, dex.
        rows : mapping
            ``train`` and ``validation`` block.
        regions : ndarray of int, shape (row,)
            Region of each validation row.
        cutoffs : ndarray of datetime64, shape (row,)
            Data cut-off of each validation row.

        Returns
        -------
        list of dict
            One a column: ``quantity``, ``lead_hours``, ``cases``, root mean square ``error`` and that of
            ``persistence`` (dex), ``skill`` (1 - ratio of their squares) with its 95 % ``interval``, and ``low``,
            ``high``: least and largest value in training, in the quantity's unit. None where nothing is known.
        """
        found = []
        for place, (quantity, hours) in enumerate(self.names):
            change, reached = self.changes[rows["validation"], place], self.reached[rows["train"], place]
            known = np.isfinite(change)
            cases, blocks = np.stack([predicted[known, place], change[known]]), regions[known]
            # all regions of a moment have the disk's X-rays in common: they are one case, not many
            if quantity in X_RAYS:
                cases, blocks = _once_a_disk(cases, cutoffs[known])
            row: dict[str, Any] = {"quantity": quantity, "lead_hours": hours, "cases": cases.shape[1]}
            row |= {"low": 10 ** float(np.nanmin(reached)), "high": 10 ** float(np.nanmax(reached))}
            found.append(row | _skill(cases[0], cases[1], blocks))
        return found


def _once_a_disk(cases: Floats, cutoffs: NDArray[Any]) -> tuple[Floats, NDArray[np.int64]]:
    """Means of the rows of each cut-off, shape (2, cut-off), and the number of the rotation it lies in."""
    times, slot, count = np.unique(cutoffs, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(slot, row, minlength=len(times)) / count for row in cases])
    return means, (times.astype("datetime64[ns]") - np.datetime64(0, "ns")) // _ROTATION


def _skill(predicted: Floats, change: Floats, keys: NDArray[np.int64]) -> dict[str, Any]:
    if not len(change):
        return dict.fromkeys(("error", "persistence", "skill", "interval"))
    # persistence says that nothing changes
    nothing = np.zeros(len(change))
    ends = interval(bootstrap_skill(make_blocks(keys, _RESAMPLES, seed=0), predicted, nothing, change))
    return {
        "error": float(np.sqrt(np.mean((predicted - change) ** 2))),
        "persistence": float(np.sqrt(np.mean(change**2))),
        "skill": None if np.isnan(ends.value) else ends.value,
        "interval": None if np.isnan(ends.low) else [ends.low, ends.high],
    }


def read_targets(data: SampleData, block: Mapping[str, Any], rows: Mapping[str, Rows]) -> Targets:
    """Read what became of each quantity.

    Parameters
    ----------
    data : SampleData
    block : mapping
        ``quantities`` and ``lead_hours``, of the architecture.
    rows : mapping
        Blocks of the samples file that are read, and no others.

    Returns
    -------
    Targets

    Raises
    ------
    ArchiveError
        If the archive lacks what holds a quantity.
    """
    chosen = np.sort(np.concatenate([*rows.values()]))
    samples = data.samples.isel(sample=chosen)
    keys = read_keys(samples, load_regions(data.archive))
    quantities, leads = block["quantities"], block["lead_hours"]
    now = at_cutoff(data.archive, keys, quantities, leads, data.input_config)
    # windows begin after the issue: the change is from what was known then to so long after their start
    then = ahead(data.archive, keys, samples["window_start"].to_numpy(), quantities, leads, data.input_config)
    shape = (data.samples.sizes["sample"], len(quantities) * len(leads))
    changes, reached = np.full(shape, np.nan), np.full(shape, np.nan)
    reached[chosen] = then.reshape(len(chosen), -1)
    changes[chosen] = reached[chosen] - now.reshape(len(chosen), -1)
    return Targets([(name, float(hours)) for name in quantities for hours in leads], changes, reached)
