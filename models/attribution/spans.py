"""Which inputs belong together in time: hours before the data cut-off, over all sequences, and lags of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from sunproof.models.attribution.groups import Partition

__all__ = ["spans"]

# A span is about as long as all that is later: 27 days of single hours are ten spans, and the last hours, of which
# a forecast lives, stay apart.
_EDGES = (1.0, 3.0, 6.0, *(12.0 * 2.0**power for power in range(7)))
_ROUNDING = 1e-6
_TIMELESS = "no time"


def spans(architecture: Mapping[str, Any], step_hours: float, lags_hours: Mapping[str, Sequence[float]]) -> Partition:
    """Group a model's inputs by time.

    Parameters
    ----------
    architecture : mapping
        See `sunproof.models.network.Network`.
    step_hours : float
        Length of one step of the sequences.
    lags_hours : mapping
        Modality of images -> hours before the data cut-off of its frames.

    Returns
    -------
    Partition
        Sequences by the hours 0 to 1, 1 to 3, 3 to 6, 6 to 12, 12 to 24 and so on, from 3 on each edge twice the one
        before, in whole steps, the oldest first; ``no time`` for what has no steps; images by modality and lag.
    """
    blocks = architecture["modalities"]
    most = max((block["steps"] for block in blocks.values() if block.get("steps") and not block.get("grid")), default=0)
    names = _names(most, step_hours)
    labels = [label for name, block in blocks.items() for label in _labels(name, block, names, lags_hours.get(name))]
    # time runs through the sequences, wherever their modalities stand among those of images
    order = (*reversed(names), _TIMELESS, *labels)
    found = tuple(label for label in dict.fromkeys(order) if label in labels)
    return Partition(found, np.array([found.index(label) for label in labels], np.int64))


def _labels(name: str, block: Mapping[str, Any], names: Sequence[str], lags: Sequence[float] | None) -> Iterator[str]:
    steps = block.get("steps")
    for step in range(steps or 1):
        if block.get("grid"):
            # without a configuration of the images the number of the frame is all that is known
            label = f"{name}, {lags[step]:g} h before" if lags else f"{name}, frame {step + 1}"
        else:
            label = names[steps - 1 - step] if steps else _TIMELESS
        yield from [label] * len(block["features"])


def _names(steps: int, step_hours: float) -> list[str]:
    """Name the span of every lag, 0 the last, by what its steps cover."""
    ends = (np.arange(steps) + 1) * step_hours
    which = np.searchsorted(_EDGES, ends - _ROUNDING)
    first = {span: float(ends[which == span].min()) - step_hours for span in which.tolist()}
    last = {span: float(ends[which == span].max()) for span in which.tolist()}
    return [f"{first[span]:.4g} to {last[span]:.4g} h" for span in which.tolist()]
