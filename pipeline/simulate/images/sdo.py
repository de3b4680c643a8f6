"""What AIA and HMI have in common: SDO's place, and how their headers tell it."""

from __future__ import annotations

import math

import numpy as np

from sunproof.pipeline.simulate.images.spacecraft import observer_of, place_of
from sunproof.pipeline.sources.observer import AU

__all__ = ["sdo_cards"]

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
