"""The 17 SHARP keywords of synthetic regions: realistic sizes and correlations, exact identities.

Regressions on the unsigned flux and their residuals were measured on the archive of 2010-2019 (1.2 million records).
The free energy enters the residuals of twist, shear and inversion-line keywords, so that they tell something about it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.energy import potential_energy

__all__ = ["PIXEL_AREA", "PIXEL_METRES", "Records", "pixel_arcsec", "synthesise"]

Array = npt.NDArray[np.float64]

# A pixel of the cylindrical-equal-area patches: 0.03 degrees on a sphere of 6.96e8 m (record header, HARP 377).
PIXEL_METRES = 6.96e8 * np.radians(0.03)
PIXEL_AREA = (100.0 * PIXEL_METRES) ** 2  # cm2
_AU = 1.495978707e11
# Mean shear (degrees) against the area above 45 degrees (%): quantiles of the same archive.
_SHEAR = np.array([0.0, 16.4, 19.1, 23.1, 27.9, 35.8, 46.2, 51.6, 107.0])
_SHEARED = np.array([0.0, 0.05, 0.7, 4.0, 13.3, 28.7, 49.1, 60.1, 99.9])
# Free over potential energy of a median simulated region, and its logarithmic spread.
_FREE_SHARE, _FREE_SPREAD = 0.13, 0.25
# Daily and half-daily wander of the measured field with the satellite's orbit (Hoeksema et al. 2014: a few percent).
_ORBIT_DAY, _ORBIT_HALF = 0.02, 0.01
# Below this R_VALUE no inversion line is found and the keyword is 0, as in a quarter of the archive.
_FAINTEST_LINE = 2.55
# Traits that a region keeps through a passage, one a group of keywords.
TRAITS = 9


@dataclass(frozen=True)
class Records:
    """What is really there at each record, before it is measured.

    Parameters
    ----------
    flux, free : ndarray, shape (record,)
        Unsigned flux (Mx) and free energy (erg).
    cosine : ndarray, shape (record,)
        Cosine of the distance from the disk's centre.
    hours : ndarray, shape (record,)
        Time, hours.
    distance : ndarray, shape (record,)
        Distance to the Sun, astronomical units.
    handedness : ndarray, shape (record,)
        Sign of the net current helicity.
    traits : ndarray, shape (record, 9)
        Standard normal, constant through a passage.
    """

    flux: Array
    free: Array
    cosine: Array
    hours: Array
    distance: Array
    handedness: Array
    traits: Array


def pixel_arcsec(distance: Array) -> Array:
    """Angle of a pixel at the disk's centre, arcsec; the unit slip in SAVNCPP is its inverse square."""
    return np.asarray(np.degrees(np.arctan(PIXEL_METRES / (distance * _AU))) * 3600.0)


def synthesise(records: Records, rng: np.random.Generator) -> dict[str, Array]:
    """Measure the keywords.

    Parameters
    ----------
    records : Records
    rng : numpy.random.Generator

    Returns
    -------
    dict
        Vocabulary name -> ndarray of shape (record,). The identities and inequalities between keywords that
        come from one processing run hold: totals are means times pixels times area, net is at most unsigned.
    """
    measure = _Measurement(records, rng)
    field = measure.field()
    return field | measure.currents(field["usflux"]) | measure.angles() | measure.potential() | measure.place()


class _Measurement:
    """One pass over all records, sharing the noise, the pixel counts and the storage index."""

    def __init__(self, records: Records, rng: np.random.Generator) -> None:
        self.records = records
        self.rng = rng
        # Noise grows towards the limb, where a pixel holds less light.
        self.limb = 1.0 / np.clip(records.cosine, 0.15, 1.0)
        orbit = _ORBIT_DAY * np.cos(2 * np.pi * records.hours / 24.0) + _ORBIT_HALF * np.cos(
            np.pi * records.hours / 6.0
        )
        flux = records.flux * (1.0 + orbit) * (1.0 + 0.06 * (np.minimum(self.limb, 3.0) - 1.0)) * self._noise(0.004)
        field = np.clip(430.0 * (flux / 6e21) ** 0.06 * np.exp(0.07 * records.traits[:, 0]), 265.0, 735.0)
        self.pixels = np.maximum(np.round(flux / (field * PIXEL_AREA)), 1.0)
        self.flux = flux
        self.log_flux = np.log10(flux)
        share = records.free / potential_energy(records.flux)
        self.storage = np.clip(np.log10(np.maximum(share, 1e-4) / _FREE_SHARE) / _FREE_SPREAD, -3.0, 3.0)

    def _noise(self, relative: float) -> Array:
        return np.asarray(np.exp(relative * self.limb * self.rng.standard_normal(len(self.limb))))

    def _line(self, slope: float, level: float, spread: float, residual: Array, jitter: float) -> Array:
        """Power law in the flux with a residual of unit variance, plus white noise."""
        return np.asarray(10.0 ** (slope * self.log_flux + level + spread * residual) * self._noise(jitter))

    def field(self) -> dict[str, Array]:
        traits = self.records.traits
        steep = 0.97 * traits[:, 1] + 0.24 * traits[:, 2]
        sideways = 0.6 * traits[:, 1] + 0.5 * self.storage + 0.6 * traits[:, 2]
        return {
            "usflux": self.flux,
            "meangbt": self._line(-0.094, 4.081, 0.075, traits[:, 1], 0.004),
            "meangbz": self._line(-0.083, 3.837, 0.073, steep, 0.004),
            "meangbh": self._line(-0.052, 2.833, 0.12, 0.8 * sideways, 0.006),
        }

    def currents(self, flux: Array) -> dict[str, Array]:
        traits, count = self.records.traits, self.pixels
        mixed = 0.4 * self.storage + 0.85 * traits[:, 3]
        unsigned = self._line(0.946, -7.688, 0.11, mixed, 0.01)
        helicity = self._line(0.962, -18.345, 0.11, mixed, 0.012)
        wobble = 0.02 * self.rng.standard_normal(len(flux))
        net = 0.05 * 10.0 ** (0.35 * self.storage + 0.3 * traits[:, 4]) * self.records.handedness + wobble
        net = np.clip(net, -0.9, 0.9)
        polarity = np.clip(0.046 * 10.0 ** (0.15 * self.storage + 0.32 * traits[:, 5]) * self._noise(0.05), 0.0, 0.95)
        mean = np.clip(0.03 * traits[:, 6] + 0.01 * self.rng.standard_normal(len(flux)), -0.9, 0.9)
        return {
            "totusjz": unsigned,
            "totusjh": helicity,
            "absnjzh": np.abs(net) * helicity,
            "meanjzh": net * helicity / count,
            "savncpp": polarity * unsigned / pixel_arcsec(self.records.distance) ** 2,
            "meanjzd": mean * unsigned / (count * PIXEL_METRES**2) * 1e3,
        }

    def angles(self) -> dict[str, Array]:
        traits = self.records.traits
        bent = 0.65 * self.storage + 0.75 * traits[:, 7]
        inclination = 5.057 * self.log_flux - 72.07 + 8.0 * bent * self._noise(0.02)
        shear = np.clip(6.557 * self.log_flux - 112.36 + 6.5 * (0.97 * bent + 0.2 * traits[:, 2]), 8.0, 105.0)
        shear = np.clip(shear * self._noise(0.006), 5.0, 106.0)
        sheared = np.interp(shear, _SHEAR, _SHEARED) * self._noise(0.01)
        # Markov: the mean cannot be below 45 degrees times the share above 45, nor far above 45 without any.
        low, high = np.maximum(0.0, (shear - 45.0) / 135.0) * 100.0, np.minimum(100.0, shear / 45.0 * 100.0)
        return {
            "meangam": np.clip(inclination, 15.0, 85.0),
            "meanshr": shear,
            "shrgt45": np.clip(sheared, low, high),
        }

    def potential(self) -> dict[str, Array]:
        traits = self.records.traits
        density = self._line(0.327, -3.539, 0.26, 0.75 * self.storage + 0.6 * traits[:, 7], 0.01)
        return {"meanpot": density, "totpot": density * self.pixels * PIXEL_AREA}

    def place(self) -> dict[str, Array]:
        traits = self.records.traits
        line = 4.35 + 0.95 * np.log10(np.maximum(self.records.free, 1e26) / 1e32) + 0.15 * traits[:, 8]
        # Measured along the line of sight, and through foreshortened pixels near the limb.
        line += 0.5 * np.log10(np.clip(self.records.cosine, 0.15, 1.0)) * (self.records.cosine < 0.5)
        line += 0.03 * self.limb * self.rng.standard_normal(len(line))
        area = self._line(0.836, -15.775, 0.2, 0.8 * traits[:, 0] - 0.6 * traits[:, 1], 0.01)
        return {"r_value": np.where(line < _FAINTEST_LINE, 0.0, np.minimum(line, 5.7)), "area_acr": area}
