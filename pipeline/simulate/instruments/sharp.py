"""SHARP keyword series as answers of ``drms.Client.query``, one CSV file a month."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.console import track
from sunproof.pipeline.simulate.geometry import ephemeris
from sunproof.pipeline.simulate.instruments.base import write_text
from sunproof.pipeline.simulate.instruments.keywords import TRAITS, Records, synthesise
from sunproof.pipeline.simulate.planted import corrupt_records

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

# Share of records without keywords (0.25 % in the archive of 2010-2019), and of those dropped from one patch.
_EMPTY, _DROPPED = 0.0025, 0.01
# The whole series pauses about every twelve days for some hours, and daily around the equinoxes when the Earth
# covers the Sun for up to 72 minutes.
_PAUSE_EVERY, _PAUSE_HOURS = 12 * 24.0, 2.5
_ECLIPSE_DAYS, _ECLIPSE_HOUR, _ECLIPSE_LENGTH = 11.0, 7.0, 1.2
# QUALITY words (HMI lev1.5): no cosmic-ray list is common and harmless, 0x00010000 and above are unusable.
_HARMLESS, _UNUSABLE = "0x00000400", "0x00010000"


class Sharp:
    """Definitive cylindrical-equal-area series ``hmi.sharp_cea_720s``, keywords only."""

    name = "sharp"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one file a month, with JSOC's texts for times, missing values and quality."""
        table = _records(scene)
        planted = corrupt_records(table, scene.config.faults)
        months = table.groupby(table["T_REC"].str[:7], sort=True)
        paths = []
        for month, rows in track(months.groups.items(), "SHARP series", total=months.ngroups):
            text = table.loc[rows].to_csv(index=False, float_format="%.7g", na_rep="nan", lineterminator="\n")
            path = folder / f"hmi.sharp_cea_720s.{month}.csv"
            faults = "; ".join(sorted(set(planted[rows]) - {""}))
            paths.append(write_text(path, text.replace(",inf", ",MISSING"), **({"planted": faults} if faults else {})))
        return paths


def _records(scene: Scene) -> pd.DataFrame:
    rng = scene.generator("sharp")
    passages, population = scene.passages, scene.sun.population
    length = passages.last - passages.first
    passage = np.repeat(np.arange(len(length)), length)
    age = np.arange(len(passage)) - np.repeat(np.cumsum(length) - length, length) + passages.first[passage]
    region = passages.region[passage]
    hours = population.hours[region, age]
    sky = ephemeris(scene.sun.times(hours))
    records = Records(
        flux=population.flux[region, age],
        free=scene.sun.free[region, age],
        cosine=population.cosines(population.hours)[region, age],
        hours=hours,
        distance=sky.distance,
        handedness=population.handedness[region],
        traits=rng.standard_normal((len(length), TRAITS))[passage],
    )
    columns = {name.upper(): values for name, values in synthesise(records, rng).items()}
    noaa = passages.noaa_ar[passage]
    frame = pd.DataFrame(
        {
            "T_REC": _stamps(scene, hours),
            "HARPNUM": passages.harpnum[passage],
            "NOAA_AR": np.where(noaa > 0, noaa, 0),
            "NOAA_ARS": np.where(noaa > 0, noaa.astype(str), "MISSING"),
            "QUALITY": rng.choice(["0x00000000", _HARMLESS], len(hours), p=[0.9, 0.1]),
            "LAT_FWT": population.latitude[region] + rng.normal(0.0, 0.05, len(hours)),
            "LON_FWT": scene.sun.longitude[region, age] + rng.normal(0.0, 0.05, len(hours)),
            **columns,
        }
    )
    return _damaged(frame, list(columns), rng)[_kept(hours, scene.sun.times(hours), scene.sun.duration, rng)]


def _stamps(scene: Scene, hours: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """JSOC time stamps; the slots of the series are on full TAI minutes."""
    distinct, inverse = np.unique(scene.sun.times(hours), return_inverse=True)
    texts = pd.DatetimeIndex(distinct).strftime("%Y.%m.%d_%H:%M:%S_TAI").to_numpy(dtype=object)
    return np.asarray(texts[inverse])


def _damaged(frame: pd.DataFrame, names: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Take keywords away from a few records: means become nan, in a quarter of them everything is MISSING."""
    empty = rng.random(len(frame)) < _EMPTY
    missing = empty & (rng.random(len(frame)) < 0.25)
    means = [name for name in names if name.startswith("MEAN")]
    frame.loc[empty, means] = np.nan
    frame.loc[missing, "QUALITY"] = _UNUSABLE
    # Written out, an infinity becomes the text that JSOC uses; so the columns stay numbers until then.
    frame.loc[missing, names] = np.inf
    return frame


def _kept(
    hours: npt.NDArray[np.float64], times: npt.NDArray[np.datetime64], duration: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    count = rng.poisson(duration / _PAUSE_EVERY)
    starts = np.sort(rng.uniform(0.0, duration, count))
    ends = starts + rng.exponential(_PAUSE_HOURS, count)
    paused = (hours[:, None] >= starts) & (hours[:, None] < ends) if count else np.zeros((len(hours), 1), dtype=bool)
    year_day = pd.DatetimeIndex(times).day_of_year.to_numpy()
    season = np.minimum(np.abs(year_day - 80), np.abs(year_day - 266)) <= _ECLIPSE_DAYS
    eclipsed = season & (np.abs(hours % 24.0 - _ECLIPSE_HOUR) < _ECLIPSE_LENGTH / 2.0)
    dropped = rng.random(len(hours)) < _DROPPED
    return np.asarray(~(paused.any(axis=1) | eclipsed | dropped))


INSTRUMENT = Sharp()
