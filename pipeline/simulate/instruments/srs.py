"""Daily region summaries (SRS) as NOAA issues them at 00:30 UTC, one text file a day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.console import track
from sunproof.pipeline.simulate.energy import potential_energy
from sunproof.pipeline.simulate.geometry import ephemeris
from sunproof.pipeline.simulate.instruments.base import ORIGIN, write_text
from sunproof.pipeline.simulate.passages import SPOTTED

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT", "Group", "mcintosh_class"]

Ints = npt.NDArray[np.int64]

# Spot area: 600 millionths for 2.7e22 Mx (NOAA 11158), with nothing below the smallest spotted flux.
_AREA, _AREA_FLUX = 600.0, 2.7e22
# Free energies from which polarities are mixed, erg: shares as in 1996-2018 (beta-gamma 9 %, beta-gamma-delta 3 %).
_GAMMA, _DELTA = 4.5e31, 1.3e32
# Magnetic class by its key.
_HALE = {"a": "Alpha", "b": "Beta", "bg": "Beta-Gamma", "bd": "Beta-Delta", "bgd": "Beta-Gamma-Delta"}
_COLUMNS = "Nmbr Location  Lo  Area  Z   LL   NN Mag Type"


@dataclass(frozen=True)
class Group:
    """A spot group as an observer describes it.

    Parameters
    ----------
    area : float
        Millionths of the solar hemisphere.
    extent : float
        Longitudinal extent, degrees.
    hale : str
        Key of the magnetic class: a, b, bg, bd or bgd.
    spots : int
    """

    area: float
    extent: float
    hale: str
    spots: int


class Srs:
    """Files ``YYYYMMDDSRS.txt``."""

    name = "srs"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one summary a day."""
        state = _Summaries(scene)
        days = range(scene.config.sun.days)
        return [state.write(day, folder) for day in track(days, "region summaries", total=len(days))]


def mcintosh_class(group: Group) -> str:
    """McIntosh class (modified Zurich, penumbra of the largest spot, compactness) of a spot group."""
    if group.area <= 10:
        return "Axx" if group.hale == "a" else "Bxo"
    largest = ("s" if group.area < 120 else "h") if group.hale in ("a", "b") else ("a" if group.area < 250 else "k")
    if group.hale == "a":
        return f"H{largest}x"
    compact = "c" if "d" in group.hale else "i" if "g" in group.hale else "o"
    if group.area < 60 and group.hale == "b":
        return f"C{largest}o"
    zurich = "D" if group.extent <= 10 else "E" if group.extent <= 15 else "F"
    return f"{zurich}{largest}{compact}"


class _Summaries:
    """What is the same for all days: numbers of the generator, and which passage is where."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        # One draw a passage, so that a group's scatter does not flicker from day to day.
        self.trait = scene.generator("srs").standard_normal((len(scene.passages.region), 3))

    def write(self, day: int, folder: Path) -> Path:
        moment = pd.Timestamp(self.scene.config.sun.start) + pd.Timedelta(days=day)
        before = moment - pd.Timedelta(days=1)
        spotted, plage = self._listed(day * 24.0)
        valid = f"Locations Valid at {before:%d}/2400Z"
        lines = [
            f":Product: {moment:%m%d}SRS.txt",
            f":Issued: {moment:%Y %b %d} 0030 UTC",
            f"# {ORIGIN}",
            "# Written in the format of the region summary of the Space Weather Prediction Center.",
            "#",
            "Joint USAF/NOAA Solar Region Summary",
            f"SRS Number {moment.day_of_year} Issued at 0030Z on {moment:%d %b %Y}",
            f"Report compiled from data received at SWO on {before:%d %b}",
            f"I.  Regions with Sunspots.  {valid} ",
            _COLUMNS,
            *(self._spots(index, age, day * 24.0) for index, age in spotted),
            *([] if spotted else ["None"]),
            f"IA. H-alpha Plages without Spots.  {valid} {before:%b}",
            "Nmbr  Location  Lo",
            *(self._plage(index, age, day * 24.0) for index, age in plage),
            *([] if plage else ["None"]),
            f"II. Regions Due to Return {moment:%d %b} to {moment + pd.Timedelta(days=2):%d %b}",
            "Nmbr Lat    Lo",
            *self._returning(day * 24.0),
        ]
        return write_text(folder / f"{moment:%Y%m%d}SRS.txt", "\n".join(lines) + "\n")

    def _listed(self, hour: float) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Passages (index, age) with spots and without, of regions that have a number at this hour."""
        passages, population = self.scene.passages, self.scene.sun.population
        age = np.round((hour - population.emergence[passages.region]) / population.step).astype(np.int64)
        known = (passages.noaa_ar > 0) & (passages.numbered <= hour) & (age >= passages.first) & (age < passages.last)
        found = sorted(np.flatnonzero(known), key=lambda index: int(passages.noaa_ar[index]))
        pairs = [(int(index), int(age[index])) for index in found]
        flux = population.flux
        spotted = [pair for pair in pairs if flux[passages.region[pair[0]], pair[1]] >= SPOTTED]
        return spotted, [pair for pair in pairs if pair not in spotted]

    def _place(self, index: int, age: int, hour: float) -> tuple[str, str, int]:
        passages, sun = self.scene.passages, self.scene.sun
        region = passages.region[index]
        latitude, longitude = round(float(sun.population.latitude[region])), round(float(sun.longitude[region, age]))
        central = float(ephemeris(sun.times(np.array([hour]))).carrington[0])
        place = (
            f"{'N' if latitude >= 0 else 'S'}{abs(latitude):02d}{'W' if longitude >= 0 else 'E'}{abs(longitude):02d}"
        )
        # NOAA prints the last four digits alone.
        number = f"{passages.noaa_ar[index] % 10000:04d}"
        return number, place, round(central + longitude) % 360

    def _spots(self, index: int, age: int, hour: float) -> str:
        number, place, carrington = self._place(index, age, hour)
        group = self._group(index, age)
        return (
            f"{number} {place}   {carrington:03d}  {round(group.area):04d} {mcintosh_class(group)}  "
            f"{round(group.extent):02d}   {group.spots:02d} {_HALE[group.hale]}"
        )

    def _plage(self, index: int, age: int, hour: float) -> str:
        number, place, carrington = self._place(index, age, hour)
        return f"{number}  {place}   {carrington:03d}"

    def _group(self, index: int, age: int) -> Group:
        region = self.scene.passages.region[index]
        flux = float(self.scene.sun.population.flux[region, age])
        free = float(self.scene.sun.free[region, age])
        size, stretch, mixture = self.trait[index]
        area = max(10.0, 10.0 * round(_AREA * (flux - SPOTTED) / _AREA_FLUX * np.exp(0.25 * size) / 10.0))
        extent = min(28.0, max(1.0, 1.2 * area**0.36 * float(np.exp(0.2 * stretch))))
        mixed = free * float(np.exp(0.35 * mixture))
        share = free / float(potential_energy(np.array([flux]))[0])
        hale = "bgd" if mixed > _DELTA else "bg" if mixed > _GAMMA else "b" if share > 0.085 else "a"
        if hale == "bg" and mixture > 1.8:
            hale = "bd"
        spots = 1 if hale == "a" else max(2, round(1.1 * area**0.5 * (2.0 if len(hale) > 1 else 1.0)))
        return Group(area, extent if hale != "a" else min(extent, 3.0), hale, min(spots, 99))

    def _returning(self, hour: float) -> list[str]:
        """Old regions that come around the east limb within three days, under the number of their last passage."""
        passages, sun = self.scene.passages, self.scene.sun
        age = np.round((hour - sun.population.emergence[passages.region]) / sun.population.step).astype(np.int64)
        inside = (passages.noaa_ar > 0) & (age >= passages.last) & (age < sun.population.flux.shape[1])
        central = float(ephemeris(sun.times(np.array([hour]))).carrington[0])
        lines = []
        for index in np.flatnonzero(inside):
            region = passages.region[index]
            longitude = float(sun.longitude[region, age[index]])
            if -130.0 <= longitude < -90.0 and sun.population.flux[region, age[index]] >= SPOTTED:
                latitude = round(float(sun.population.latitude[region]))
                side = "N" if latitude >= 0 else "S"
                place = f"{side}{abs(latitude):02d}    {round(central + longitude) % 360:03d}"
                lines.append(f"{passages.noaa_ar[index] % 10000:04d} {place}")
        return lines or ["None"]


INSTRUMENT = Srs()
