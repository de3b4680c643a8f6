"""Frames onto disk, planted faults included, and a list of those beside them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy.typing as npt

from sunproof.pipeline.console import track
from sunproof.pipeline.simulate.images.fits_file import Cards, write_fits
from sunproof.pipeline.simulate.images.schedule import Exposure

__all__ = ["LABELS", "Shot", "record"]

# Which files hold a planted fault; a copy cannot say so itself. Ingestion passes over receipts.
LABELS = "planted.receipt.json"

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
            # A copy is of the frame before, bytes and header: nothing in it may tell.
            shutil.copyfile(paths[-1], path)
        else:
            planted = {"PLANTED": exposure.fault} if exposure.fault else {}
            write_fits(path, shot.data, {**shot.cards, **planted}, shot.compressed)
        if exposure.fault == "truncated":
            with path.open("r+b") as stream:
                stream.truncate(int(path.stat().st_size * _ARRIVED))
        paths.append(path)
    labels = {path.name: exposure.fault for path, (exposure, _) in zip(paths, jobs, strict=True) if exposure.fault}
    if labels:
        (folder / LABELS).write_text(json.dumps(labels, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return paths
