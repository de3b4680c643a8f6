"""Which region-times the challenge is held on: as they come, active ones, and the hard but good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.forecasting.predict import predict, region_status
from sunproof.pipeline.forecasting.slots import KEYS
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.training.bundle import Bundle

__all__ = ["HARD", "Candidates", "NoCase"]

Rows = NDArray[np.intp]

# So many rows of the block are looked at, so that the choice costs no more than the challenge.
_LOOKED_AT = 5000
# Rows of one forward pass: images are read for so many at once.
_TOGETHER = 512
# A region with a fifth chance of a C flare is one that forecasters talk about.
_ACTIVE = 0.2
_DAY = np.timedelta64(24, "h")
_TOLD = InputConfig(modalities=("region",))

HARD = {
    "X flare": "An X flare followed within a day.",
    "limb": "The region is at least 60 degrees from the central meridian.",
    "busiest month": "In the 30 days with most flares.",
    "emerging": "The region is not two days old and flares.",
    "new cycle": "In the last 180 days of the block.",
}


class NoCase(Exception):
    """A kind of good cases that the block does not have."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Region-times of a block, what the reference model says of them, and what is known of them.

    Parameters
    ----------
    samples : xarray.Dataset
        Their rows of the samples file.
    probability : ndarray, shape (row,)
        Of the first threshold and window.
    columns : mapping
        Name -> what a kind of hard case is told by, shape (row,).
    """

    samples: xr.Dataset
    probability: NDArray[np.float64]
    columns: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, config: ChallengeConfig, bundle: Bundle, block: str, random: np.random.Generator) -> Candidates:
        """Draw rows of a block and look at them.

        Raises
        ------
        InputError
            If the block holds no region.
        """
        samples = read_samples(config.samples)
        inside = np.flatnonzero((texts(samples["block"]) == block) & (texts(samples["entity"]) == "region"))
        if not len(inside):
            raise InputError(Problem(f"no region in block {block}", str(config.samples), 0, "labelled regions"))
        event = samples["event"].transpose("sample", "threshold", "window").to_numpy()
        # rare cases are all looked at, or there would be none
        rare = inside[event[inside, -1, 0] == 1]
        first = random.permutation(inside)[:_LOOKED_AT]
        drawn = np.unique(np.concatenate([first, rare]))
        samples = samples.isel(sample=drawn)
        inputs = build(config.archive, samples, bundle.inputs)
        logits = predict(bundle, inputs, _TOGETHER).logits(bundle.ensemble.fluxes.double())[:, 0, 0].numpy()
        channels = {name: images.names for name, images in inputs.lazy.items()}
        status, _ = region_status(inputs.observed, list(bundle.ensemble.architecture["modalities"]), channels)
        probability = np.where(status == "ISSUED", 1 / (1 + np.exp(-logits)), np.nan)
        columns = {"flared": event[drawn, 0, 0] == 1, "rare": event[drawn, -1, 0] == 1, "drawn": np.isin(drawn, first)}
        # what a hard case is told by, whatever the model reads
        own = inputs if "region" in inputs.modalities else build(config.archive, samples, _TOLD)
        (values, mask), names = own.modalities["region"], list(own.names["region"])
        for name in ("longitude", "region_age"):
            columns[name] = np.where(mask[:, names.index(name)], values[:, names.index(name)], np.nan)
        return cls(samples, probability, columns)

    def natural(self, count: int, random: np.random.Generator, hours: float) -> xr.Dataset:
        """Draw forecasts as they come."""
        usable = self._usable()
        return self._slots(self._apart(random.permutation(usable[self.columns["drawn"][usable]]), count, hours))

    def planted(self, count: int, active: float, random: np.random.Generator, hours: float) -> xr.Dataset:
        """Draw what faults are planted in, a share of active regions; one time of each region if there are enough."""
        usable = random.permutation(self._usable())
        busy = usable[self.probability[usable] >= _ACTIVE]
        first = self._apart(busy, round(active * count), 1e6)
        if len(first) < round(active * count):
            first = self._apart(np.concatenate([first, busy]), round(active * count), hours)
        rows = self._apart(np.concatenate([first, usable]), count, 1e6)
        rows = rows if len(rows) >= count else self._apart(np.concatenate([first, usable]), count, hours)
        return self._slots(rows)

    def hard(self, kind: str, count: int, random: np.random.Generator, hours: float) -> xr.Dataset:
        """Draw good cases of one kind of `HARD`.

        Raises
        ------
        NoCase
            If the block has none.
        """
        time = self.samples["issue_time"].to_numpy()
        chosen = {
            "X flare": self.columns["rare"],
            "limb": np.abs(self.columns["longitude"]) >= 60,
            "busiest month": self._busiest(time),
            "emerging": (self.columns["region_age"] < 48) & self.columns["flared"],
            "new cycle": time > time.max() - 180 * _DAY,
        }[kind]
        rows = np.intersect1d(self._usable(), np.flatnonzero(chosen))
        if not len(rows):
            raise NoCase(f"the {len(time)} region-times that were looked at have no such case")
        return self._slots(self._apart(random.permutation(rows), count, hours))

    def _busiest(self, time: NDArray[Any]) -> NDArray[np.bool_]:
        month = ((time - time.min()) // (30 * _DAY)).astype(int)
        counts = np.bincount(month, self.columns["flared"].astype(float))
        return np.asarray(month == counts.argmax())

    def _usable(self) -> Rows:
        return np.flatnonzero(np.isfinite(self.probability))

    def _apart(self, rows: Rows, count: int, hours: float) -> Rows:
        """Take rows in their order, unless another one of the same region within so many hours was taken."""
        harp = self.samples["harpnum"].to_numpy()
        time = self.samples["issue_time"].to_numpy().astype("datetime64[s]").astype(np.int64) / 3600
        taken: dict[int, list[float]] = {}
        found: list[int] = []
        for row in rows.tolist():
            if len(found) == count:
                break
            before = taken.setdefault(int(harp[row]), [])
            if row not in found and all(abs(time[row] - other) >= hours for other in before):
                before.append(time[row])
                found.append(row)
        return np.array(found, np.intp)

    def _slots(self, rows: Rows) -> xr.Dataset:
        table = self.samples.isel(sample=np.sort(rows))
        keys = table[[name for name in KEYS if name in table.variables]].rename(sample="forecast")
        return keys.drop_vars([name for name in keys.coords if name not in KEYS])
