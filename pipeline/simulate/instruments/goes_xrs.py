"""GOES X-ray flux: NCEI's science-quality one-minute averages, netCDF-4, with flag words and eclipses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sunproof.pipeline.console import track
from sunproof.pipeline.receipts import replacing
from sunproof.pipeline.simulate.instruments.base import ORIGIN

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

_EPOCH = np.datetime64("2000-01-01T12:00:00", "ns")
_FILL = np.float32(-9999.0)


@dataclass(frozen=True)
class _Product:
    """One generation of NCEI's files: its flag word, and which words mean good data, bad data and an eclipse."""

    dtype: type[np.unsignedinteger[Any]]
    masks: tuple[int, ...]
    values: tuple[int, ...]
    meanings: str
    good: int
    bad: int
    eclipse: int
    samples: int
    version: str
    title: str


# Good data of the older satellites carry bit 16: their electron correction is not valid, and need not be.
_OLD = _Product(
    dtype=np.uint16,
    masks=(7, 1, 2, 4, 120, 120, 120, 120),
    values=(0, 1, 2, 4, 8, 16, 32, 64),
    meanings="good_data bad_data eclipsed_by_earth temperature_recovery electron_correction_valid "
    "electron_correction_invalid electron_correction_interp electron_correction_decay",
    good=16,
    bad=17,
    eclipse=18,
    samples=29,
    version="v1-0-0",
    title="GOES 1-15 L2 XRS 1-minute Irradiance averages",
)
_NEW = _Product(
    dtype=np.uint8,
    masks=(3, 1, 2, 4, 8, 8, 48, 48),
    values=(0, 1, 2, 4, 0, 8, 16, 32),
    meanings="good_data eclipse bad_data e_contam_significant e_correction_valid e_correction_invalid "
    "e_correction_interp e_correction_decay",
    good=0,
    bad=2,
    eclipse=1,
    samples=60,
    version="v2-2-0",
    title="L2 XRS 1 minute average",
)
# Longitudes of the stations, degrees east: eclipses fall on the local midnight of the seasons around the equinoxes.
_STATION = {13: -75.0, 14: -105.0, 15: -135.0, 16: -75.2, 17: -137.2, 18: -137.0, 19: -75.2}
_SEASON_DAYS, _LONGEST_MINUTES = 22.0, 72.0
# Telemetry is lost about every ten days for some forty minutes.
_LOST_EVERY_MINUTES, _LOST_MINUTES = 10 * 1440.0, 40.0
_FLOOR = 1e-9


class GoesXrs:
    """Files ``sci_xrsf-l2-avg1m_gNN_dYYYYMMDD_*.nc`` (or ``_yYYYY_``) of every satellite of the configuration."""

    name = "goes_xrs"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one file a satellite and day or year."""
        times = scene.sun.times(np.arange(len(scene.emission.xrsb)) / 60.0)
        unit = "D" if scene.config.xrs_files == "day" else "Y"
        periods = times.astype(f"datetime64[{unit}]")
        jobs = [(s.number, p) for s in scene.config.satellites for p in np.unique(periods)]
        signals = {s.number: _signal(scene, s.number, times) for s in scene.config.satellites}
        paths = []
        for number, period in track(jobs, "GOES X-ray flux"):
            stamp = ("d" if unit == "D" else "y") + str(period).replace("-", "")
            path = folder / f"sci_xrsf-l2-avg1m_g{number:02d}_{stamp}_{_product(number).version}.nc"
            inside = periods == period
            _write(path, number, times[inside], {name: values[inside] for name, values in signals[number].items()})
            paths.append(path)
        return paths


def _signal(scene: Scene, number: int, times: npt.NDArray[np.datetime64]) -> dict[str, npt.NDArray[Any]]:
    """Fluxes and flag words of one satellite, minute by minute."""
    rng = scene.generator(f"goes{number}")
    product = _product(number)
    dark = _eclipsed(times, _STATION.get(number, -75.0))
    lost = _lost(len(times), rng)
    flag = np.where(dark, product.eclipse, np.where(lost, product.bad, product.good))
    signal: dict[str, npt.NDArray[Any]] = {}
    for name, flux in (("xrsa", scene.emission.xrsa), ("xrsb", scene.emission.xrsb)):
        # Satellites agree to about two percent; a one-minute mean is steady to half a percent.
        seen = flux * np.exp(rng.normal(0.0, 0.015)) * (1.0 + 0.005 * rng.standard_normal(len(flux)))
        seen = np.maximum(seen + 2e-10 * rng.standard_normal(len(flux)), _FLOOR)
        signal[f"{name}_flux"] = np.where(dark | lost, _FILL, seen).astype(np.float32)
        signal[f"{name}_flag"] = flag
        signal[f"{name}_num"] = np.where(lost, 0, product.samples)
    return signal


def _eclipsed(times: npt.NDArray[np.datetime64], station: float) -> npt.NDArray[np.bool_]:
    days = times.astype("datetime64[D]")
    year_day = pd.DatetimeIndex(np.unique(days)).day_of_year.to_numpy()
    away = np.minimum(np.abs(year_day - 80), np.abs(year_day - 266))
    length = _LONGEST_MINUTES * np.sqrt(np.maximum(0.0, 1.0 - (away / _SEASON_DAYS) ** 2))
    minute = (times - days) / np.timedelta64(1, "m")
    # Local midnight of the station, in minutes of the day in UTC.
    middle = (-station / 15.0 * 60.0) % 1440.0
    return np.asarray(np.abs(minute - middle) < length[np.searchsorted(np.unique(days), days)] / 2.0)


def _lost(count: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    lost = np.zeros(count, dtype=bool)
    for start in rng.integers(0, count, rng.poisson(count / _LOST_EVERY_MINUTES)):
        lost[start : start + 1 + int(rng.exponential(_LOST_MINUTES))] = True
    return lost


def _product(number: int) -> _Product:
    return _OLD if number <= 15 else _NEW


def _write(path: Path, number: int, times: npt.NDArray[np.datetime64], signal: dict[str, npt.NDArray[Any]]) -> None:
    import xarray as xr

    variables: dict[str, Any] = {}
    for name in ("xrsa", "xrsb"):
        variables |= _band(name, _product(number), signal)
    seconds = (times - _EPOCH) / np.timedelta64(1, "s")
    units = {"long_name": "Record start time, neglecting leap seconds.", "units": "seconds since 2000-01-01 12:00:00"}
    dataset = xr.Dataset(variables, coords={"time": ("time", seconds, units)}, attrs=_facts(path.name, number, times))
    packed = {"zlib": True, "complevel": 1, "shuffle": True}
    encoding: dict[str, dict[str, Any]] = {
        name: {"_FillValue": _FILL if name.endswith("flux") else None, **packed} for name in variables
    }
    encoding["time"] = {"_FillValue": -9999.0, **packed}
    with replacing(path) as partial:
        dataset.to_netcdf(partial, engine="h5netcdf", encoding=encoding, unlimited_dims=["time"])


def _band(name: str, product: _Product, signal: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """Variables of one channel with the attributes of the real files."""
    band = name[-1].upper()
    flux = {
        "long_name": f"XRS-{band} primary average flux.",
        "units": "W/m2",
        "ancillary_variables": f"{name}_flag {name}_num",
        "valid_min": np.float32(1e-9),
        "valid_max": np.float32(0.003 if band == "A" else 0.2),
    }
    flag = {
        "long_name": f"Flags for {name}_flux.",
        "flag_masks": np.array(product.masks, dtype=product.dtype),
        "flag_values": np.array(product.values, dtype=product.dtype),
        "flag_meanings": product.meanings,
    }
    count = {"long_name": f"Number of averaged measurements in {name}_flux."}
    return {
        f"{name}_flux": ("time", signal[f"{name}_flux"], flux),
        f"{name}_flag": ("time", signal[f"{name}_flag"].astype(product.dtype), flag),
        f"{name}_num": ("time", signal[f"{name}_num"].astype(np.uint8), count),
    }


def _facts(name: str, number: int, times: npt.NDArray[np.datetime64]) -> dict[str, Any]:
    return {
        "Conventions": "ACDD-1.3, Spase v2.2.6",
        "title": _product(number).title,
        "id": name,
        "platform": f"g{number:02d}",
        "processing_level": "Level 2",
        "time_coverage_resolution": "PT1M",
        "time_coverage_start": f"{np.datetime_as_string(times[0], 'ms')}Z",
        "time_coverage_end": f"{np.datetime_as_string(times[-1] + np.timedelta64(1, 'm'), 'ms')}Z",
        "source": ORIGIN,
        "simulated": 1,
    }


INSTRUMENT = GoesXrs()
