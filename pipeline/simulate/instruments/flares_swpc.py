"""The flare list of SWPC: what its forecasters would have found in the primary satellite's light curve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.simulate.instruments.base import write_text
from sunproof.pipeline.simulate.scene import OPERATIONAL_FACTOR

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT", "goes_class"]

Array = npt.NDArray[np.float64]

# A flare is listed where it stands out of everything else at its peak by this factor; smaller ones drown.
_CONTRAST = 0.3
# Chance that a flare of class B, C, M, X is not assigned. With those that have no numbered region, the list comes near
# the shares of 2010-2025: 25 %, 11.8 %, 4.8 %, 0.7 %.
_UNASSIGNED = (0.25, 0.10, 0.035, 0.005)
# Flares are assigned afterwards: a number reaches this far before it was given and beyond the west limb, hours.
_KNOWN_BEYOND = 48.0
# Two spellings of times in one list, as in the real one: the later part has slashes and no seconds.
_SLASHES_FROM = 0.8


class FlaresSwpc:
    """One CSV file in the columns of the list kept since 2010."""

    name = "flares_swpc"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write the list; its classes are on the operational scale of the satellite in column ``obs``."""
        table = _table(scene)
        first, last = scene.sun.times(np.array([0.0, scene.sun.duration]))
        satellites = scene.list_scale(np.array([0.0, scene.sun.duration]))
        facts = {
            "coverage_start": np.datetime_as_string(first, "s"),
            "coverage_end": np.datetime_as_string(last, "s"),
        }
        if satellites[0] == satellites[1] == OPERATIONAL_FACTOR:
            facts["goes_scale"] = "operational"
        text = table.to_csv(index=True, lineterminator="\n")
        return [write_text(folder / "swpc_ftp_flares.csv", text, **facts)]


def goes_class(flux: Array) -> npt.NDArray[np.object_]:
    """GOES class of peak fluxes on the list's own scale, cut (not rounded) to one decimal, ``"M1.4"``."""
    values = np.asarray(flux, dtype=float)
    letters = np.searchsorted([1e-7, 1e-6, 1e-5, 1e-4], values, side="right")
    scale = np.array([1e-8, 1e-7, 1e-6, 1e-5, 1e-4])[letters]
    # Ten steps a unit; the small term undoes the division's rounding (1e-5 / 1e-6 * 10 = 99.999...).
    tenths = np.floor(values / scale * 10.0 + 1e-6).astype(int)
    pairs = zip(letters, tenths, strict=True)
    return np.array([f"{'ABCMX'[letter]}{tenth // 10}.{tenth % 10}" for letter, tenth in pairs], dtype=object)


def _table(scene: Scene) -> pd.DataFrame:
    rng = scene.generator("flares_swpc")
    emission, flares = scene.emission, scene.sun.flares
    own = flares.flux[emission.seen]
    around = np.clip(emission.peak[:, None] + np.arange(-2, 3), 0, len(emission.xrsb) - 1)
    peak = around[np.arange(len(own)), emission.xrsb[around].argmax(axis=1)]
    total = emission.xrsb[peak]
    scale = scene.list_scale(peak / 60.0)
    listed = (own >= _CONTRAST * (total - own)) & (total * scale >= 1e-7)
    # Two flares that peak in the same minute are one to an observer: the stronger gives its region.
    strongest = pd.Series(np.where(listed, own, 0.0)).groupby(peak).transform("max").to_numpy()
    chosen = np.flatnonzero(listed & (own == strongest))
    classes = goes_class((total * scale)[chosen])
    noaa = _numbers(scene, emission.seen[chosen])
    letters = np.array([text[0] for text in classes], dtype=object)
    chance = np.select([letters == letter for letter in "BCMX"], _UNASSIGNED, 0.0)
    noaa = np.where(rng.random(len(chosen)) < chance, 0, noaa)
    times = [
        scene.sun.times(minutes[chosen] / 60.0) for minutes in (emission.start, peak, np.maximum(emission.end, peak))
    ]
    return _spelled(*(pd.DatetimeIndex(values) for values in times)).assign(
        label=classes,
        noaa_ar=noaa,
        obs=[f"G{number:02d}" for number in scene.primary(peak[chosen] / 60.0)],
        cls=letters,
    )


def _numbers(scene: Scene, flare: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """NOAA number of each flare's region, 0 where it had none within two days."""
    passages, flares = scene.passages, scene.sun.flares
    reach = round(_KNOWN_BEYOND / scene.sun.population.step)
    region = flares.region[flare]
    age = ((flares.hours[flare] - scene.sun.population.emergence[region]) / scene.sun.population.step).astype(np.int64)
    found = np.zeros(len(flare), dtype=np.int64)
    for index in np.flatnonzero(passages.noaa_ar > 0):
        known = (age >= passages.first[index] - reach) & (age < passages.last[index] + reach)
        known &= (region == passages.region[index]) & (flares.hours[flare] >= passages.numbered[index] - _KNOWN_BEYOND)
        found[known] = passages.noaa_ar[index]
    return found


def _spelled(start: pd.DatetimeIndex, peak: pd.DatetimeIndex, end: pd.DatetimeIndex) -> pd.DataFrame:
    slashes = np.arange(len(start)) >= _SLASHES_FROM * len(start)
    columns = {}
    for name, times in (("start_time", start), ("peak_time", peak), ("end_time", end)):
        plain = times.strftime("%Y-%m-%d %H:%M:%S").to_numpy(dtype=object)
        short = plain if name == "peak_time" else times.strftime("%Y/%m/%d %H:%M").to_numpy(dtype=object)
        columns[name] = np.where(slashes, short, plain)
    return pd.DataFrame(columns)


INSTRUMENT = FlaresSwpc()
