"""Temperature and emission measure by sunkit-instruments, from the response table of SolarSoft (White et al. 2005).

The table (``goes_chianti_response_latest.fits``, about 1 MB) is not part of the package: sunkit-instruments fetches it
into sunpy's cache at the first call. Where there is no network, give the path of a copy. `sunproof.models.physics.xray`
has values of the same table for two satellites and coronal abundances, which need neither.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sunproof.models.physics.xray import within_validity

__all__ = ["Isothermal", "chianti_isothermal"]

Floats = NDArray[np.float64]

_TABLE = "goes_chianti_response_table"
_FIRST_NEW = 16  # from GOES-16 on there are two detectors a channel


class Isothermal(NamedTuple):
    """Temperature in MK and volume emission measure in cm^-3; NaN below the validity limits."""

    temperature: Floats
    emission_measure: Floats


def chianti_isothermal(
    time: ArrayLike,
    xrsa: ArrayLike,
    xrsb: ArrayLike,
    satellite: int,
    response: str | Path | None = None,
    detectors: tuple[ArrayLike, ArrayLike] = (1, 1),
    abundance: str = "coronal",
) -> Isothermal:
    """Compute both from the channel ratio; arguments are true fluxes, as archives hold them.

    Parameters
    ----------
    time : array_like of datetime64, shape (time,)
        UTC, ascending.
    xrsa, xrsb : array_like, shape (time,)
        0.05-0.4 nm and 0.1-0.8 nm flux, W m-2, true scale.
    satellite : int
        GOES number, 1 to 19.
    response : path, optional
        A copy of the response table. Without it sunpy's cache is used, and filled from the network where it is empty.
    detectors : tuple of array_like of int
        From GOES-16 on, which detector (1 or 2) of A and of B the flux comes from (``xrsa_primary_chan``).
    abundance : str
        ``"coronal"`` or ``"photospheric"``.

    Returns
    -------
    Isothermal
        In the order of ``time``. A diagnostic only: one temperature is a poor description of a flare (Warren et al.
        2013, ApJ 770, 116).

    Raises
    ------
    ModuleNotFoundError
        If sunkit-instruments is not installed.
    FileNotFoundError
        If ``response`` is no file.
    ValueError
        If sunkit-instruments refuses satellite or abundance.
    """
    from sunkit_instruments.goes_xrs import calculate_temperature_em

    short, long = np.asarray(xrsa, np.float64), np.asarray(xrsb, np.float64)
    good = within_validity(short, long)
    found = Isothermal(np.full(short.shape, np.nan), np.full(short.shape, np.nan))
    # The package gives faint fluxes the ratio 0.003 and goes on; they are left out instead.
    if good.any():
        series = _series(np.asarray(time)[good], short[good], long[good], satellite, detectors, good)
        with _table(response):
            result = calculate_temperature_em(series, abundance=abundance).to_dataframe()
        # detectors are computed apart, which may change the order
        result = result.sort_index()
        found.temperature[good] = result["temperature"].to_numpy()
        found.emission_measure[good] = result["emission_measure"].to_numpy()
    return found


def _table(response: str | Path | None) -> AbstractContextManager[Any]:
    if response is None:
        return nullcontext()
    from sunpy.data import manager

    path = Path(response).resolve()
    if not path.is_file():
        raise FileNotFoundError(f"no response table at {path}; wanted goes_chianti_response_latest.fits of SolarSoft")
    held: AbstractContextManager[Any] = manager.override_file(_TABLE, path.as_uri())
    return held


def _series(
    time: Any, short: Floats, long: Floats, satellite: int, detectors: tuple[ArrayLike, ArrayLike], good: Any
) -> Any:
    import astropy.units as u
    import pandas as pd
    from sunpy.timeseries.sources import XRSTimeSeries
    from sunpy.util import MetaDict

    columns: dict[str, Any] = {"xrsa": short, "xrsb": long}
    units: dict[str, Any] = dict.fromkeys(columns, u.W / u.m**2)
    if satellite >= _FIRST_NEW:
        for name, which in zip(("xrsa_primary_chan", "xrsb_primary_chan"), detectors, strict=True):
            columns[name] = np.broadcast_to(np.asarray(which), good.shape)[good]
            units[name] = u.dimensionless_unscaled
    frame = pd.DataFrame(columns, index=pd.DatetimeIndex(time))
    return XRSTimeSeries(frame, MetaDict({"TELESCOP": f"GOES {satellite:02d}"}), units)
