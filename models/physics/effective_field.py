"""Effective connected magnetic field B_eff (Georgoulis and Rust 2007, ApJ 661, L109): how much flux is tied closely.

The flux of a region is parted into concentrations, opposite ones are connected, and each connection of flux Phi and
length L counts Phi / L^2. The paper finds connections by simulated annealing, which favours short ones; here they are
the solution of the transport problem that annealing approximates: all flux of the weaker polarity connected, with the
least sum of flux times length. It is unique but for ties, and needs no random numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Concentrations", "connect", "effective_field", "flux_concentrations"]

Floats = NDArray[np.float64]

# The thresholds of the paper's floors (200 and 750 G) hold for MDI, whose pixels are 2 arcsec: four by four of SHARP's.
_BINNING = 4
_FIELD = 100.0  # G, well above the noise of a binned pixel
_FLUX = 5e19  # Mx, least flux of a concentration
_AREA = 4  # binned pixels, some 8 Mm^2: a single bright pixel is no concentration


class Concentrations(NamedTuple):
    """Flux in Mx, with its sign, and flux-weighted centre in cm; shapes (number,) and (number, 2) as (x, y)."""

    flux: Floats
    centre: Floats


def effective_field(bz: ArrayLike, pixel: float) -> float:
    """Effective connected field of one patch.

    Parameters
    ----------
    bz : array_like, shape (y, x)
        Vertical field [G] at SHARP's resolution; NaN is no field.
    pixel : float
        Side of a pixel [cm].

    Returns
    -------
    float
        G; 0 where a polarity has no concentration, so that nothing is connected.
    """
    found = flux_concentrations(bz, pixel)
    flux, length = connect(found)
    return float((flux / np.where(length > 0, length, np.inf) ** 2).sum())


def flux_concentrations(bz: ArrayLike, pixel: float) -> Concentrations:
    """Part the field above 100 G into concentrations: every pixel belongs to the peak that it leads up to.

    Parameters
    ----------
    bz, pixel
        As for `effective_field`.

    Returns
    -------
    Concentrations
        Those of at least 5e19 Mx on four binned pixels.
    """
    field, side = _binned(np.nan_to_num(np.asarray(bz, np.float64))), pixel * _BINNING
    peak = _uphill(_smoothed(np.abs(field)), np.sign(field))
    strong = np.flatnonzero(np.abs(field).ravel() > _FIELD)
    _, label = np.unique(peak.ravel()[strong], return_inverse=True)
    weight = field.ravel()[strong] * side**2
    number = int(label.max(initial=-1)) + 1
    flux: Floats = np.asarray(np.bincount(label, weight, number), np.float64)
    kept = (np.abs(flux) >= _FLUX) & (np.bincount(label, minlength=number) >= _AREA)
    rows, columns = np.unravel_index(strong, field.shape)
    safe = np.where(flux == 0, 1.0, flux)
    centre = [np.bincount(label, weight * place, number) / safe * side for place in (columns, rows)]
    return Concentrations(flux[kept], np.stack(centre, axis=1)[kept])


def connect(found: Concentrations) -> tuple[Floats, Floats]:
    """Connect all flux of the weaker polarity so that the sum of flux times length is least.

    Parameters
    ----------
    found : Concentrations

    Returns
    -------
    flux, length : ndarray, shape (positive, negative)
        Mx and cm of each connection; the rest of the stronger polarity stays open.
    """
    from scipy.optimize import linprog
    from scipy.sparse import kron, vstack

    up, down = found.flux > 0, found.flux < 0
    source, sink = found.flux[up], -found.flux[down]
    length = np.linalg.norm(found.centre[up][:, None] - found.centre[down][None], axis=-1)
    # a polarity that is missing has nothing to be connected to
    if not length.size:
        return np.zeros(length.shape), length
    rows, columns = length.shape
    leaving = kron(np.eye(rows), np.ones((1, columns)))
    arriving = kron(np.ones((1, rows)), np.eye(columns))
    # in units in which numbers are of order one: the solver's tolerances are absolute
    unit = float(max(source.sum(), sink.sum()))
    total = float(min(source.sum(), sink.sum())) / unit
    solved = linprog(
        (length / length.max()).ravel(),
        A_ub=vstack([leaving, arriving]).tocsr(),
        b_ub=np.concatenate([source, sink]) / unit,
        A_eq=np.ones((1, length.size)),
        # A hair less than all: rounding must not make the constraints contradict each other.
        b_eq=[total * (1 - 1e-12)],
        method="highs",
    )
    if solved.x is None:
        raise RuntimeError(f"{rows} and {columns} concentrations could not be connected: {solved.message}")
    return np.asarray(solved.x.reshape(length.shape) * unit), length


def _binned(field: Floats) -> Floats:
    rows, columns = (size // _BINNING * _BINNING for size in field.shape)
    cells = field[:rows, :columns].reshape(rows // _BINNING, _BINNING, columns // _BINNING, _BINNING)
    return np.asarray(cells.mean(axis=(1, 3)))


def _smoothed(values: Floats) -> Floats:
    """Mean over three by three: a peak of one noisy pixel shall not part a spot."""
    padded = np.pad(values, 1)
    rows, columns = values.shape
    return np.asarray(sum(padded[j : j + rows, i : i + columns] for j in range(3) for i in range(3)) / 9)


def _uphill(height: Floats, sign: Floats) -> NDArray[np.intp]:
    """Index of the peak that each pixel leads to when one climbs the steepest way within its polarity."""
    rows, columns = height.shape
    tall, same = np.pad(height, 1, constant_values=-1.0), np.pad(sign, 1)
    index = np.pad(np.arange(height.size).reshape(height.shape), 1)
    best, where = height.copy(), np.arange(height.size).reshape(height.shape)
    for j in range(3):
        for i in range(3):
            part = (slice(j, j + rows), slice(i, i + columns))
            higher = (tall[part] > best) & (same[part] == sign)
            best, where = np.where(higher, tall[part], best), np.where(higher, index[part], where)
    step = where.ravel()
    # each round doubles the way gone, so a path over the whole patch takes some ten
    while not np.array_equal(step[step], step):
        step = step[step]
    return np.asarray(step.reshape(height.shape))
