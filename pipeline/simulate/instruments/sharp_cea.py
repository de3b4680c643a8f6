"""SHARP vector patches ``hmi.sharp_cea_720s``: each tracked region's own cut-out, one file a component."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.console import track
from sunproof.pipeline.simulate.geometry import ephemeris
from sunproof.pipeline.simulate.images.fits_file import Cards, write_fits
from sunproof.pipeline.simulate.images.magnetogram import HALF
from sunproof.pipeline.simulate.images.regions import Regions, regions_at, spread_of
from sunproof.pipeline.simulate.images.schedule import Exposure, exposures
from sunproof.pipeline.simulate.images.sdo import hmi_cards, sdo_cards
from sunproof.pipeline.simulate.images.vector_field import Box, vector_field
from sunproof.pipeline.sources.timescale import tai_to_utc

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

Array = npt.NDArray[np.float64]

_SEGMENTS = ("Br", "Bt", "Bp")
# Scatter of the quiet pixels of HARP 377 on 2011-02-15T02:00, G, and how it falls with the side of a pixel: averages
# over four by four have 0.59 of it, because neighbours share their noise.
_NOISE, _CELL, _FALL = np.array([25.0, 67.0, 71.0]), 0.03, 0.38
_STEP, _BLANK = 0.01, -(2**31)
# How far a patch reaches beyond the centres of its polarities, in their widths.
_MARGIN = 3.0


class SharpCea:
    """Files ``hmi.sharp_cea_720s.<HARP>.<time>_TAI.<component>.fits``."""

    name = "sharp_cea"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write three files a region and slot."""
        images = scene.config.images
        if images is None or not images.vector:
            return []
        paths: list[Path] = []
        frames = exposures(scene, self.name, 0.0, {})
        for frame in track(frames, "SHARP vector patches", total=len(frames)):
            for record in _records(scene, frame, images.vector_cell):
                paths += record.write(folder)
        return paths


class _Record(NamedTuple):
    name: str
    field: Array
    cards: Cards

    def write(self, folder: Path) -> list[Path]:
        stored = np.where(np.isfinite(self.field), np.rint(np.nan_to_num(self.field) / _STEP), _BLANK).astype(np.int32)
        return [
            write_fits(folder / f"{self.name}.{segment}.fits", pixels, self.cards)
            for segment, pixels in zip(_SEGMENTS, stored, strict=True)
        ]


def _records(scene: Scene, frame: Exposure, cell: float) -> list[_Record]:
    """Every tracked region of a moment; the slot is a TAI stamp, what it shows happened the leap seconds earlier."""
    time = np.datetime64(tai_to_utc(np.array([frame.time]))[0], "ns")
    hours = frame.hours - float((frame.time - time) / np.timedelta64(1, "h"))
    regions, population = regions_at(scene, hours), scene.sun.population
    age = np.floor((hours - population.emergence[regions.number]) / population.step + 1e-9).astype(np.int64)
    passages = scene.passages.at(regions.number, age)
    found = []
    for index in np.flatnonzero((passages >= 0) & (regions.flux > 0)):
        number, passage = regions.number[index], passages[index]
        box = _box(scene, int(passage), cell)
        field = vector_field(
            regions, int(index), float(scene.sun.free[number, age[index]]), float(population.handedness[number]), box
        )
        spread = _NOISE * (_CELL / cell) ** _FALL
        field = field + spread[:, None, None] * frame.noise.standard_normal(field.shape)
        cards, seen = _cards(scene, frame, time, regions, int(index), int(passage), box)
        stamp = f"{pd.Timestamp(frame.time):%Y%m%d_%H%M%S}"
        name = f"hmi.sharp_cea_720s.{scene.passages.harpnum[passage]}.{stamp}_TAI"
        found.append(_Record(name, np.where(seen, field, np.nan), cards))
    return found


def _box(scene: Scene, passage: int, cell: float) -> Box:
    """Pixels of a HARP: as many as it needs at its largest, through all of its passage."""
    numbers = scene.passages
    flux = scene.sun.population.flux[numbers.region[passage], numbers.first[passage] : numbers.last[passage]].max()
    spread, side = float(spread_of(flux)), np.radians(cell)
    rows, columns = (2 * int(np.ceil(reach * spread / side)) for reach in (_MARGIN, HALF + _MARGIN))
    return Box(rows, columns, float(side))


def _cards(
    scene: Scene, frame: Exposure, time: np.datetime64, regions: Regions, index: int, passage: int, box: Box
) -> tuple[Cards, npt.NDArray[np.bool_]]:
    """Keywords of a record, and which of its pixels lie before the limb."""
    central = float(ephemeris(np.array([time])).carrington[0])
    latitude, longitude = float(regions.latitude[index]), float(regions.longitude[index])
    noaa, place = int(scene.passages.noaa_ar[passage]), sdo_cards(time)
    cards: Cards = {
        "TELESCOP": "SDO/HMI",
        "INSTRUME": "HMI_SIDE1",
        "WAVELNTH": 6173.0,
        "CAMERA": 1,
        "CONTENT": "HMI observable",
        "BUNIT": "Mx/cm^2",
        **hmi_cards(frame.time, time, _STEP, _BLANK, quality=0),
        "WCSNAME": "Carrington Heliographic",
        "CTYPE1": "CRLN-CEA",
        "CTYPE2": "CRLT-CEA",
        "CUNIT1": "degree",
        "CUNIT2": "degree",
        "CRPIX1": (box.columns + 1) / 2,
        "CRPIX2": (box.rows + 1) / 2,
        "CRVAL1": (central + longitude) % 360,
        "CRVAL2": latitude,
        "CDELT1": np.degrees(box.cell).item(),
        "CDELT2": np.degrees(box.cell).item(),
        "CRLN_OBS": central,
        "HARPNUM": int(scene.passages.harpnum[passage]),
        "NOAA_AR": max(noaa, 0),
        "NOAA_ARS": str(noaa) if noaa > 0 else "MISSING",
        **place,
    }
    return cards, _seen(box, latitude, longitude, float(place["CRLT_OBS"]))


def _seen(box: Box, latitude: float, longitude: float, tilt: float) -> npt.NDArray[np.bool_]:
    """Whether each pixel lies on the side of the Sun that faces the observer."""
    x, y = box.places()
    phi, lam, b = np.radians([latitude, longitude, tilt])
    # towards the observer: the directions outward, westward and northward at the patch's centre
    outward = np.sin(phi) * np.sin(b) + np.cos(phi) * np.cos(lam) * np.cos(b)
    west, north = -np.sin(lam) * np.cos(b), np.cos(phi) * np.sin(b) - np.sin(phi) * np.cos(lam) * np.cos(b)
    flat = np.sqrt(1 - np.minimum(y**2, 1))
    return np.asarray(flat * np.cos(x) * outward + flat * np.sin(x) * west + y * north > 0)


INSTRUMENT = SharpCea()
