"""Find images that were served twice: the same pixels under a new time, or one time with two images."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from sunproof.pipeline.sources.frames import Frame

__all__ = ["Repeat", "Sighting", "find_repeats", "pixel_digest"]

# Photon noise makes any one row of two exposures differ: every 32nd, 128 rows of a full disk, is more than enough.
_EVERY = 32


class Sighting(NamedTuple):
    """One image among those of a run: what is needed to tell whether it was seen before."""

    path: str
    group: str
    time: np.datetime64
    digest: str


class Repeat(NamedTuple):
    """An image that repeats an earlier one.

    Attributes
    ----------
    path, of : str
        The image, and the earlier one (in order of time, then path) that it repeats.
    kind : str
        ``"stale"``: the same pixels under a later time; ``"duplicate"``: the same pixels and time;
        ``"conflict"``: the same time with other pixels.
    """

    path: str
    of: str
    kind: str


def pixel_digest(frame: Frame) -> str:
    """Digest the native pixels (every 32nd row) and their shape; the header does not matter.

    Take it before registering: pointing differs from file to file even where pixels do not.
    """
    rows = np.ascontiguousarray(frame.data[::_EVERY])
    found = hashlib.sha256(f"{frame.data.shape}{rows.dtype.str}".encode())
    found.update(rows.data)
    return found.hexdigest()[:32]


def find_repeats(sightings: Iterable[Sighting]) -> list[Repeat]:
    """List the images that repeat earlier ones of the same group.

    Parameters
    ----------
    sightings : iterable of Sighting
        All images, in any order; `pixel_digest` gives the digest.

    Returns
    -------
    list of Repeat
        Sorted by path; an image appears once, as stale or duplicate rather than as a conflict.
    """
    by_pixels: defaultdict[tuple[str, str], list[Sighting]] = defaultdict(list)
    by_time: defaultdict[tuple[str, np.datetime64], list[Sighting]] = defaultdict(list)
    # time before path: the earliest is the original, whatever its name
    for one in sorted(sightings, key=lambda sighting: (sighting.time, sighting.path)):
        by_pixels[one.group, one.digest].append(one)
        by_time[one.group, one.time].append(one)
    found: dict[str, Repeat] = {}
    for first, *later in by_pixels.values():
        for one in later:
            found[one.path] = Repeat(one.path, first.path, "stale" if one.time > first.time else "duplicate")
    for first, *later in by_time.values():
        for one in later:
            # setdefault: a repeat of pixels says more than two files of one time
            found.setdefault(one.path, Repeat(one.path, first.path, "conflict"))
    return sorted(found.values())
