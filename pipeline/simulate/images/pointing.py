"""How a telescope points: plate scale, roll and where the disk falls, as keywords and as a view."""

from __future__ import annotations

import math
from typing import NamedTuple

from sunproof.pipeline.simulate.images.view import View
from sunproof.pipeline.sources.frames import Geometry, Observer

__all__ = ["Pointing"]


class Pointing(NamedTuple):
    """Keywords of the world coordinate system, in FITS pixels (the first one's centre is 1).

    Parameters
    ----------
    plate : float
        arcsec a pixel.
    size : int
        Pixels a side.
    roll : float
        CROTA2, degrees: counter-clockwise from solar north to the detector's columns.
    centre : tuple of float
        CRPIX1 and CRPIX2: where the disk's centre falls.
    """

    plate: float
    size: int
    roll: float
    centre: tuple[float, float]

    @classmethod
    def of(cls, field: float, size: int, roll: float = 0.0, offset: tuple[float, float] = (0.0, 0.0)) -> Pointing:
        """Point at the disk's centre but for ``offset`` (arcsec), with ``field`` arcsec on ``size`` pixels."""
        plate = field / size
        return cls(plate, size, roll, ((size + 1) / 2 + offset[0] / plate, (size + 1) / 2 + offset[1] / plate))

    def view(self, observer: Observer) -> View:
        """Look from a place."""
        cos, sin = self.plate * math.cos(math.radians(self.roll)), self.plate * math.sin(math.radians(self.roll))
        # FITS counts from 1 at a pixel's centre, a view from 0 at its edge.
        column, row = self.centre[0] - 0.5, self.centre[1] - 0.5
        geometry = Geometry(cos, -sin, sin * row - cos * column, sin, cos, -sin * column - cos * row)
        return View(observer, geometry, self.size)

    def cards(self, *, matrix: bool = False) -> dict[str, str | float]:
        """Keywords, with a PC matrix or with CROTA2."""
        cos, sin = math.cos(math.radians(self.roll)), math.sin(math.radians(self.roll))
        turn = {"PC1_1": cos, "PC1_2": -sin, "PC2_1": sin, "PC2_2": cos} if matrix else {"CROTA2": self.roll}
        axes: dict[str, str | float] = {}
        for axis, (name, pixel) in enumerate(zip(("HPLN-TAN", "HPLT-TAN"), self.centre, strict=True), start=1):
            axes |= {f"CTYPE{axis}": name, f"CUNIT{axis}": "arcsec", f"CDELT{axis}": self.plate}
            axes |= {f"CRPIX{axis}": pixel, f"CRVAL{axis}": 0.0}
        return {**axes, **turn}
