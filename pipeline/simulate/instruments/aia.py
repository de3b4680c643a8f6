"""SDO/AIA level-1 images in extreme ultraviolet, Rice-compressed counts of 16 bits."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sunproof.pipeline.simulate.images.camera import Camera
from sunproof.pipeline.simulate.images.corona import Corona
from sunproof.pipeline.simulate.images.pointing import Pointing
from sunproof.pipeline.simulate.images.recorder import Shot, record
from sunproof.pipeline.simulate.images.schedule import Exposure, exposures
from sunproof.pipeline.simulate.images.sdo import sdo_cards
from sunproof.pipeline.simulate.images.spacecraft import observer_of

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

# Gain and reading noise: Boerner et al. 2012, Sol. Phys. 275, 41.
_CAMERA = Camera(field=0.6 * 4096, native=4096, full=16383, per_photon=1.2, reading=1.1)
# Telescope and exposure time (s) of each channel.
_TELESCOPES = {131: 1, 335: 1, 193: 2, 211: 2, 171: 3, 94: 4, 304: 4}
_EXPOSURES = {94: 2.9, 131: 2.9, 171: 2.0, 193: 2.0, 211: 2.9, 304: 2.9, 335: 2.9}
# Roll against solar north (degrees) and pointing (arcsec) of the four telescopes.
_ROLL = {1: -0.13, 2: -0.02, 3: 0.02, 4: 0.11}
_OFFSETS = {1: (-8.0, 5.0), 2: (3.0, -6.0), 3: (4.0, 9.0), 4: (-5.0, -3.0)}
# Bits of QUALITY: the Earth before the Sun; delivered within hours of observation.
_ECLIPSE, _NEAR_REAL_TIME = 1 << 13, 1 << 30
# The first channel has an eclipse, the second a file that did not arrive whole.
_FAULTS: tuple[dict[int, str], ...] = ({2: "eclipse"}, {3: "truncated"})


class Aia:
    """Files ``aia.lev1_euv_12s.<time>.<channel>.image_lev1.fits``."""

    name = "aia"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one file a channel and slot."""
        images = scene.config.images
        if images is None:
            return []
        corona, faults = Corona.of(scene), dict(zip(images.aia, _FAULTS, strict=False))
        jobs = [
            (frame, partial(_take, corona, images.size, channel))
            for channel in images.aia
            for frame in exposures(scene, f"aia {channel}", 6.0, faults.get(channel, {}))
        ]
        return record("AIA", folder, jobs)


def _take(corona: Corona, size: int, channel: int, frame: Exposure) -> Shot:
    telescope = _TELESCOPES[channel]
    exposure = round(_EXPOSURES[channel] + 1e-4 * (frame.number % 7), 6)
    pointing = Pointing.of(_CAMERA.field, size, _ROLL[telescope], _OFFSETS[telescope])
    light = corona.image(pointing.view(observer_of("sdo", frame.time)), frame.hours, channel) * exposure
    if frame.fault == "eclipse":
        light *= 0.02
    stamp = pd.Timestamp(frame.time)
    cards = {
        "TELESCOP": "SDO/AIA",
        "INSTRUME": f"AIA_{telescope}",
        "WAVELNTH": channel,
        "WAVEUNIT": "angstrom",
        "LVL_NUM": 1.0,
        "BUNIT": "DN",
        "EXPTIME": exposure,
        "T_REC": f"{stamp:%Y-%m-%dT%H:%M:%S}Z",
        "T_OBS": f"{stamp + pd.Timedelta(seconds=exposure / 2):%Y-%m-%dT%H:%M:%S.%f}"[:-4] + "Z",
        "DATE-OBS": f"{stamp:%Y-%m-%dT%H:%M:%S.%f}"[:-4],
        # Every other day comes from the near-real-time series, which is no fault.
        "QUALITY": (_ECLIPSE if frame.fault == "eclipse" else 0) | (_NEAR_REAL_TIME if stamp.day % 2 else 0),
        **pointing.cards(),
        **sdo_cards(frame.time),
    }
    name = f"aia.lev1_euv_12s.{stamp:%Y-%m-%dT%H%M%SZ}.{channel}.image_lev1.fits"
    return Shot(name, _CAMERA.counts(light, frame.noise).astype(np.int16), cards)


INSTRUMENT = Aia()
