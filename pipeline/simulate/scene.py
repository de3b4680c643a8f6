"""Everything an instrument may look at: the Sun, its X-rays, and the numbers that observatories agreed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.simulate.emission import Emission, radiate
from sunproof.pipeline.simulate.passages import Passages, find_passages
from sunproof.pipeline.simulate.sun import Sun, generator, simulate_sun

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.config import SatelliteConfig, SimulateConfig

__all__ = ["OPERATIONAL_FACTOR", "Scene", "build_scene"]

# GOES-8 to 15 published 0.1-0.8 nm fluxes times 0.70 (operational); science files and GOES-16 on hold the true flux.
OPERATIONAL_FACTOR = 0.70


@dataclass(frozen=True)
class Scene:
    """What is there to be observed.

    Parameters
    ----------
    config : SimulateConfig
    sun : Sun
    passages : Passages
    emission : Emission
    """

    config: SimulateConfig
    sun: Sun
    passages: Passages
    emission: Emission

    def generator(self, name: str) -> np.random.Generator:
        """Random numbers of one instrument."""
        return generator(self.config.seed, name)

    def primary(self, hours: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Give the number of the satellite that makes the flare list at each hour."""
        times = self.sun.times(hours)
        numbers = np.full(times.shape, -1, dtype=np.int64)
        # Later starts overwrite earlier ones: each satellite serves until the next takes over.
        for start, satellite in sorted(self._starts(), key=lambda item: item[0]):
            numbers[times >= start] = satellite.number
        return numbers

    def list_scale(self, hours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Give listed over true flux at each hour: 0.70 while the primary is GOES-15 or older."""
        return np.where(self.primary(hours) <= 15, OPERATIONAL_FACTOR, 1.0)

    def _starts(self) -> list[tuple[np.datetime64, SatelliteConfig]]:
        return [
            (np.datetime64(satellite.primary_from, "ns"), satellite)
            for satellite in self.config.satellites
            if satellite.primary_from is not None
        ]


def build_scene(config: SimulateConfig) -> Scene:
    """Simulate the Sun and number its regions."""
    sun = simulate_sun(config.sun, config.seed)
    return Scene(config, sun, find_passages(sun), radiate(sun, config.seed))
