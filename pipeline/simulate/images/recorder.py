"""Frames onto disk, planted faults included."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt

from sunproof.pipeline.console import track
from sunproof.pipeline.simulate.images.fits_file import Cards, write_fits
from sunproof.pipeline.simulate.images.schedule import Exposure

__all__ = ["Shot", "record"]

# Share of a truncated file that arrived.
_ARRIVED = 0.6


class Shot(NamedTuple):
    """What an instrument makes of an exposure.

    Parameters
    ----------
    name : str
        Of the file.
    data : ndarray, shape (y, x)
        Pixels as stored.
    cards : mapping
        Keywords.
    compressed : bool
        Whether as Rice-compressed rows.
    """

    name: str
    data: npt.NDArray[Any]
    cards: Cards
    compressed: bool = True


def record(title: str, folder: Path, jobs: Sequence[tuple[Exposure, Callable[[Exposure], Shot]]]) -> list[Path]:
    """Write one file an exposure, in the order given.

    Parameters
    ----------
    title : str
        What the progress bar says.
    folder : Path
    jobs : sequence of (Exposure, callable)
        Each with the camera that takes it; frames of one product follow each other.
    """
    paths: list[Path] = []
    for exposure, camera in track(jobs, title, total=len(jobs)):
        shot = camera(exposure)
        path = folder / shot.name
        if exposure.fault == "copy":
            shutil.copyfile(paths[-1], path)
        else:
            planted = {"PLANTED": exposure.fault} if exposure.fault else {}
            write_fits(path, shot.data, {**shot.cards, **planted}, shot.compressed)
        if exposure.fault == "truncated":
            with path.open("r+b") as stream:
                stream.truncate(int(path.stat().st_size * _ARRIVED))
        paths.append(path)
    return paths
