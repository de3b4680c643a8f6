"""SDO/AIA level-1 images in extreme ultraviolet, Rice-compressed counts of 16 bits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sunproof.pipeline.console import track
from sunproof.pipeline.simulate.images.corona import Corona
from sunproof.pipeline.simulate.images.fits_file import write_fits
from sunproof.pipeline.simulate.images.pointing import Pointing
from sunproof.pipeline.simulate.images.schedule import Exposure, exposures
from sunproof.pipeline.simulate.images.sdo import sdo_cards
from sunproof.pipeline.simulate.images.spacecraft import observer_of

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

# Telescope and exposure time (s) of each channel.
_TELESCOPES = {131: 1, 335: 1, 193: 2, 211: 2, 171: 3, 94: 4, 304: 4}
_EXPOSURES = {94: 2.9, 131: 2.9, 171: 2.0, 193: 2.0, 211: 2.9, 304: 2.9, 335: 2.9}
_PLATE, _NATIVE = 0.6, 4096
# Roll of the four telescopes against the spacecraft, degrees.
_ROLL = {1: -0.13, 2: -0.02, 3: 0.02, 4: 0.11}
# Offset of the disk's centre from the detector's, arcsec.
_OFFSETS = {1: (-8.0, 5.0), 2: (3.0, -6.0), 3: (4.0, 9.0), 4: (-5.0, -3.0)}
# Counts that a pixel can hold, counts a photon, and reading noise (Boerner et al. 2012, Sol. Phys. 275, 41).
_FULL, _PER_PHOTON, _READING = 16383, 1.2, 1.1


class Aia:
    """Files ``aia.lev1_euv_12s.<time>.<channel>.image_lev1.fits``."""

    name = "aia"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one file a channel and slot."""
        images = scene.config.images
        if images is None:
            return []
        corona = Corona.of(scene)
        jobs = [(channel, frame) for channel in images.aia for frame in exposures(scene, f"aia {channel}", 6.0)]
        return [_write(corona, images.size, folder, *job) for job in track(jobs, "AIA", total=len(jobs))]


def _write(corona: Corona, size: int, folder: Path, channel: int, frame: Exposure) -> Path:
    scene = corona.scene
    rng = scene.generator(f"aia {channel} {frame.number}")
    telescope, exposure = _TELESCOPES[channel], _EXPOSURES[channel] + 1e-3 * rng.standard_normal()
    pointing = Pointing.of(_PLATE * _NATIVE, size, _ROLL[telescope], _OFFSETS[telescope])
    view = pointing.view(observer_of("sdo", frame.time))
    counts = corona.image(view, frame.hours, channel) * exposure
    # A pixel here is the mean of several of the camera's.
    noise = np.sqrt(_PER_PHOTON * counts + _READING**2) * view.size / _NATIVE
    counts += noise * rng.standard_normal(counts.shape)
    stamp = pd.Timestamp(frame.time)
    cards = {
        "TELESCOP": "SDO/AIA",
        "INSTRUME": f"AIA_{telescope}",
        "WAVELNTH": channel,
        "WAVEUNIT": "angstrom",
        "LVL_NUM": 1.0,
        "BUNIT": "DN",
        "EXPTIME": round(float(exposure), 6),
        "T_REC": f"{stamp:%Y-%m-%dT%H:%M:%S}Z",
        "T_OBS": f"{stamp + pd.Timedelta(seconds=exposure / 2):%Y-%m-%dT%H:%M:%S.%f}"[:-4] + "Z",
        "DATE-OBS": f"{stamp:%Y-%m-%dT%H:%M:%S.%f}"[:-4],
        "QUALITY": 0,
        **pointing.cards(),
        **sdo_cards(frame.time),
    }
    name = f"aia.lev1_euv_12s.{stamp:%Y-%m-%dT%H%M%SZ}.{channel}.image_lev1.fits"
    return write_fits(folder / name, np.clip(np.rint(counts), -10, _FULL).astype(np.int16), cards)


INSTRUMENT = Aia()
