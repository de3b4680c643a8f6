"""Analytic magnetic fields on the plane z = 0 with known energy above it."""

from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq


class Plane(NamedTuple):
    bx: np.ndarray
    by: np.ndarray
    bz: np.ndarray
    pixel: float


def grid(half, pixel):
    axis = np.arange(-half + pixel / 2, half, pixel)
    return np.meshgrid(axis, axis)


def monopoles(charges, half=32.0, pixel=0.125, shift=(0.0, 0.0)):
    """Charges (q, x, y, depth) below the plane."""
    x, y = grid(half, pixel)
    bx, by, bz = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for q, x0, y0, depth in charges:
        dx, dy = x - x0 - shift[0], y - y0 - shift[1]
        s3 = (dx**2 + dy**2 + depth**2) ** 1.5
        bx, by, bz = bx + q * dx / s3, by + q * dy / s3, bz + q * depth / s3
    return Plane(bx, by, bz, pixel)


def monopole_energy(charges):
    """1/4 sum_ij q_i q_j / sqrt(|r_i - r_j|^2 + (d_i + d_j)^2)."""
    return 0.25 * sum(
        qi * qj / np.sqrt((xi - xj) ** 2 + (yi - yj) ** 2 + (di + dj) ** 2)
        for qi, xi, yi, di in charges
        for qj, xj, yj, dj in charges
    )


def dipole(moment, half=32.0, pixel=0.125):
    """Point dipole (mx, my, mz) at depth 1."""
    x, y = grid(half, pixel)
    r2 = x**2 + y**2 + 1
    along = 3 * (moment[0] * x + moment[1] * y + moment[2]) / r2**2.5
    return Plane(along * x - moment[0] / r2**1.5, along * y - moment[1] / r2**1.5, along - moment[2] / r2**1.5, pixel)


def low_lou_function():
    """Solve (1 - mu^2) P'' + 2 P + 2 a^2 P^3 = 0, P(+-1) = 0, P'(-1) = 10 for n = 1, m = 1."""

    def shoot(a2):
        def slope(mu, p):
            return [p[1], -(2 * p[0] + 2 * a2 * p[0] ** 3) / (1 - mu**2)]

        edge = 1e-9
        return solve_ivp(slope, (-1 + edge, 1 - edge), [10 * edge, 10.0], rtol=1e-10, atol=1e-12, dense_output=True)

    a2 = brentq(lambda value: shoot(value).y[0, -1], 0.40, 0.46, xtol=1e-12)
    mu = np.linspace(-1 + 1e-9, 1 - 1e-9, 20001)
    p, dp = shoot(a2).sol(mu)
    return a2, CubicSpline(mu, p), CubicSpline(mu, dp)


def low_lou(tilt, depth=0.3, half=8.0, pixel=0.02, solution=None):
    """Low & Lou (1990) force-free field, n = 1, source at a depth below the plane, axis tilted by an angle about y."""
    a2, p_of, dp_of = solution or low_lou_function()
    x, y = grid(half, pixel)
    z = np.full_like(x, depth)
    # Frame of the source: Z axis tilted from the plane's normal towards x.
    big_x, big_y, big_z = x * np.cos(tilt) - z * np.sin(tilt), y, x * np.sin(tilt) + z * np.cos(tilt)
    r = np.sqrt(big_x**2 + big_y**2 + big_z**2)
    mu = np.clip(big_z / r, -1 + 1e-9, 1 - 1e-9)
    sine, azimuth = np.sqrt(1 - mu**2), np.arctan2(big_y, big_x)
    p, dp = p_of(mu), dp_of(mu)
    br, bt, bp = -dp / r**3, p / (r**3 * sine), np.sqrt(a2) * p * np.abs(p) / (r**3 * sine)
    horizontal = br * sine + bt * mu
    bbx = horizontal * np.cos(azimuth) - bp * np.sin(azimuth)
    bby = horizontal * np.sin(azimuth) + bp * np.cos(azimuth)
    bbz = br * mu - bt * sine
    return Plane(bbx * np.cos(tilt) + bbz * np.sin(tilt), bby, -bbx * np.sin(tilt) + bbz * np.cos(tilt), pixel)
