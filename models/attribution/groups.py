"""Which inputs belong together physically: modalities, families of quantities, lags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Partition", "partition"]

# Families of the SHARP keywords after Bobra et al. 2014, Sol. Phys. 289, 3549, Table 3. Single keywords of a family
# correlate at 0.85 to 0.96, so that only the family's share can be told apart.
_FAMILIES = {
    "size": ("usflux", "area_acr"),
    "gradient": ("meangbt", "meangbz", "meangbh"),
    "current": ("meanjzd", "totusjz", "savncpp"),
    "helicity": ("meanjzh", "totusjh", "absnjzh"),
    "shear": ("meangam", "meanshr", "shrgt45", "meanpot", "totpot"),
    "inversion line": ("r_value",),
}
# What is known of the Sun but not of this region, and what is known of the observation but not of the Sun.
_PLACE = ("latitude", "longitude", "limb_distance")
_TIME = ("srs_age", "region_age", "patches")
_OWN = ("flares_", "hours_since_", "flare_index_", "log_largest_region")


@dataclass(frozen=True, eq=False)
class Partition:
    """Every element of the inputs in exactly one group.

    Parameters
    ----------
    names : tuple of str
        The groups, in the order of their first element.
    index : ndarray of int, shape (element,)
        Group of each element, in the order of `Explained.values`.
    """

    names: tuple[str, ...]
    index: NDArray[np.int64]

    @property
    def members(self) -> NDArray[np.bool_]:
        """Which elements a group holds, shape (group, element)."""
        return np.asarray(self.index == np.arange(len(self.names))[:, None])

    def sums(self, flat: NDArray[Any]) -> NDArray[np.float64]:
        """Sum (sample, element) over the groups: (sample, group)."""
        return np.asarray(flat @ self.members.T.astype(np.float64), np.float64)

    def observed(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether any element of a group was observed: (sample, element) -> (sample, group)."""
        return np.asarray(self.sums(mask) > 0)


def partition(architecture: Mapping[str, Any], by: Literal["modality", "physics", "lag"]) -> Partition:
    """Group a model's inputs.

    Parameters
    ----------
    architecture : mapping
        See `sunproof.models.network.Network`.
    by : str
        ``modality``; ``physics``: size, gradient, current, helicity, shear, inversion line, flare history of the
        region and of the disk, X-rays, region summary, place, time (age of what was observed); ``lag``: step before
        the data cut-off, 0 the last, over all sequences at once, and ``summary`` for what has no steps.

    Returns
    -------
    Partition
    """
    labels = list(_labels(architecture, by))
    names = tuple(dict.fromkeys(labels))
    return Partition(names, np.array([names.index(label) for label in labels], np.int64))


def _labels(architecture: Mapping[str, Any], by: str) -> Iterator[str]:
    for modality, block in architecture["modalities"].items():
        steps = block.get("steps")
        for step in range(steps or 1):
            for feature in block["features"]:
                if by == "modality":
                    yield modality
                elif block.get("grid"):
                    # a frame is one element; its lag is not counted in steps of the history
                    yield f"{modality} images" if by == "lag" else f"{modality} {feature}"
                elif by == "lag":
                    yield f"lag {steps - 1 - step}" if steps else "summary"
                else:
                    yield _family(modality, feature)


def _family(modality: str, feature: str) -> str:
    if modality == "xrs":
        return "X-rays"
    if feature in _PLACE:
        return "place"
    if feature in _TIME:
        return "time"
    if feature.startswith("disk_") or feature.endswith("_disk"):
        return "flares of the disk"
    if feature.startswith(_OWN):
        return "flares of the region"
    for family, members in _FAMILIES.items():
        if feature in members:
            return family
    return "region summary" if modality == "region" else modality
