"""What only the simulator knows: the true probability of a flare, from the process itself.

The probability is conditional on the present state of the region (flux, free energy, shear, temper) and averages over
its possible futures: P = 1 - E[exp(-integral of the rate above the threshold)], the expectation taken over futures in
which no such flare has happened yet. It counts flares on the visible side of regions that have emerged at issue time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.energy import State
from sunproof.pipeline.simulate.sun import generator
from sunproof.pipeline.vocabulary import THRESHOLDS, describe

if TYPE_CHECKING:
    import xarray as xr

    from sunproof.pipeline.simulate.config import TruthConfig
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["true_probabilities"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WINDOWS = (24.0, 48.0, 72.0)


def true_probabilities(scene: Scene, config: TruthConfig) -> xr.Dataset:
    """Compute true probabilities per region on the disk and for the full disk.

    Parameters
    ----------
    scene : Scene
    config : TruthConfig

    Returns
    -------
    xarray.Dataset
        Dimensions ``forecast``, ``threshold``, ``window``: ``probability``, ``rate`` (expected flares of class C1.0 or
        above now, times the window), and the keys of a forecast. Classes as on the flare list, background included.
    """
    import xarray as xr

    region, age, hours = _present(scene, config.interval_hours)
    flux = _class_fluxes(scene, hours)
    probability = np.stack(
        [_probability(scene, region, age, flux[:, k], config, k) for k in range(flux.shape[1])], axis=1
    )
    now = scene.sun.energetics.rate(scene.sun.free[region, age], scene.sun.population.temper[region], flux[:, 0])
    issues, slot = np.unique(hours, return_inverse=True)
    # the whole Sun flares with regions that no catalogue numbers, too
    disk = np.ones((len(issues), *probability.shape[1:]))
    # independent given their states: the disk stays quiet if every region does
    np.multiply.at(disk, slot, 1.0 - probability)
    total = np.bincount(slot, weights=now, minlength=len(issues))
    numbered = scene.passages.at(region, age) >= 0
    rate = np.concatenate([now[numbered], total])[:, None] * np.asarray(WINDOWS)
    values = np.concatenate([probability[numbered], 1.0 - disk])
    found = {"probability": (("forecast", "threshold", "window"), values), "rate": (("forecast", "window"), rate)}
    attributes = {
        "simulated": 1,
        "classes": "cumulative",
        "windows": "nested",
        "goes_scale": "the flare list's",
        "members": config.members,
        "note": "Truth of a synthetic Sun; never an input.",
    }
    keys = _keys(scene, region[numbered], age[numbered], hours[numbered], issues)
    coordinates = {"threshold": list(THRESHOLDS), "window": list(WINDOWS)}
    return describe(xr.Dataset(found | keys, coords=coordinates, attrs=attributes))


def _keys(scene: Scene, region: Ints, age: Ints, hours: Array, issues: Array) -> dict[str, Any]:
    """Columns that tell whose forecast a row is: first numbered regions, then the full disk at each issue time."""
    passage, none = scene.passages.at(region, age), np.full(len(issues), -1)
    columns = {
        "issue_time": np.concatenate([scene.sun.times(hours), scene.sun.times(issues)]),
        "entity": np.repeat(["region", "full_disk"], [len(passage), len(issues)]),
        "harpnum": np.concatenate([scene.passages.harpnum[passage], none]),
        "noaa_ar": np.concatenate([scene.passages.noaa_ar[passage], none]),
    }
    return {name: ("forecast", values) for name, values in columns.items()}


def _present(scene: Scene, interval: int) -> tuple[Ints, Ints, Array]:
    """Region, age and hour of every living region at every issue time, by hour."""
    hours = np.round(scene.sun.population.hours, 6)
    # the last window must end within what is simulated
    alive = (hours % interval < 1e-6) & (hours >= 0.0) & (hours < scene.sun.duration - WINDOWS[-1])
    region, age = np.nonzero(alive)
    order = np.lexsort((region, hours[region, age]))
    return region[order], age[order], hours[region, age][order]


def _class_fluxes(scene: Scene, hours: Array) -> Array:
    """Peak flux above the background (science scale) that makes each class on the list, shape (state, threshold)."""
    background = scene.emission.background[np.round(hours * 60.0).astype(np.int64)]
    thresholds = np.array(list(THRESHOLDS.values()))
    scale = scene.list_scale(hours)
    return np.maximum(thresholds / scale[:, None] - background[:, None], 0.25 * thresholds)


def _probability(scene: Scene, region: Ints, age: Ints, flux: Array, config: TruthConfig, index: int) -> Array:
    """Probability (state, window) of at least one flare of at least ``flux``."""
    sun, population = scene.sun, scene.sun.population
    rng = generator(scene.config.seed, f"truth {index}")
    repeat = config.members
    state = State(np.repeat(sun.free[region, age], repeat), np.repeat(sun.wander[region, age], repeat))
    rows, smallest = np.repeat(region, repeat), np.repeat(flux, repeat)
    temper, shear = population.temper[rows], population.shear[rows]
    last = population.flux.shape[1] - 1
    hazard = np.zeros(len(rows))
    found = np.empty((len(region), len(WINDOWS)))
    steps = round(WINDOWS[-1] / population.step)
    for step in range(steps):
        # regions that have died stay as they were last
        now = np.minimum(np.repeat(age, repeat) + step, last)
        rate = sun.energetics.rate(state.free, temper, smallest)
        hazard += rate * sun.visible[rows, now] * population.step
        # futures without such a flare yet: smaller ones take energy, larger ones are what is counted
        state, _ = sun.energetics.flared(state, temper, rng, ceiling=smallest)
        then = np.minimum(now + 1, last)
        growth = population.flux[rows, then] - population.flux[rows, now]
        state = sun.energetics.stored(state, population.flux[rows, then], growth, shear, rng)
        ended = (step + 1) * population.step
        for column in np.flatnonzero(np.isclose(WINDOWS, ended)):
            found[:, column] = 1.0 - np.exp(-hazard).reshape(-1, repeat).mean(axis=1)
    return found
