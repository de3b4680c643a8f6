"""What headers of AIA and HMI share, SDO's place; and headers of HMI's series, times and how pixels are stored."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from sunproof.pipeline.simulate.images.spacecraft import observer_of, place_of
from sunproof.pipeline.sources.observer import AU

__all__ = ["hmi_cards", "sdo_cards"]

# The photosphere's radius in SDO's headers, m; others use 6.957e8.
_RADIUS = 6.96e8


def sdo_cards(time: np.datetime64) -> dict[str, str | float]:
    """Keywords of SDO's place at a time (UTC), as JSOC writes them."""
    observer = observer_of("sdo", time)
    distance = observer.distance * AU
    return {
        "DSUN_OBS": distance,
        "DSUN_REF": AU,
        "RSUN_REF": _RADIUS,
        "RSUN_OBS": math.degrees(math.asin(_RADIUS / distance)) * 3600.0,
        "CRLT_OBS": observer.latitude,
        "HGLT_OBS": observer.latitude,
        "HGLN_OBS": 0.0,
        **{f"HAE{axis}_OBS": float(value) for axis, value in zip("XYZ", place_of("sdo", time), strict=True)},
    }


def hmi_cards(
    slot: np.datetime64, time: np.datetime64, step: float, blank: int, quality: int
) -> dict[str, str | float]:
    """Keywords of a record of 720 s.

    Parameters
    ----------
    slot : numpy.datetime64
        Its stamp, TAI.
    time : numpy.datetime64
        The same moment in UTC: the middle of what was averaged.
    step : float
        Unit of the stored integers.
    blank : int
        Stored where nothing is known.
    quality : int
        The series' quality word.
    """
    stamp = f"{pd.Timestamp(slot):%Y.%m.%d_%H:%M:%S_TAI}"
    return {
        "BSCALE": step,
        "BZERO": 0.0,
        "BLANK": blank,
        "CADENCE": 720.0,
        "T_REC": stamp,
        "T_OBS": stamp,
        "DATE-OBS": f"{pd.Timestamp(time) - pd.Timedelta(seconds=360):%Y-%m-%dT%H:%M:%S.%f}"[:-4],
        "QUALITY": quality,
    }
