"""A single region where a test wants it."""

import numpy as np

from sunproof.pipeline.simulate.images.regions import Regions


def one_region(latitude=15.0, longitude=0.0, flux=1e22, leading=-1.0, tilt=0.12, spread=0.025, flaring=0.0) -> Regions:
    values = (latitude, longitude, flux, spread, leading, tilt, flaring)
    return Regions(np.array([0]), *(np.array([float(value)]) for value in values))
