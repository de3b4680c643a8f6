"""SDO/HMI line-of-sight magnetograms of 720 s: upside down, in tenths of Gauss, stamped in TAI."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sunproof.pipeline.simulate.images.magnetogram import line_of_sight_field
from sunproof.pipeline.simulate.images.pointing import Pointing
from sunproof.pipeline.simulate.images.recorder import Shot, record
from sunproof.pipeline.simulate.images.regions import regions_at
from sunproof.pipeline.simulate.images.schedule import Exposure, exposures
from sunproof.pipeline.simulate.images.sdo import hmi_cards, sdo_cards
from sunproof.pipeline.simulate.images.spacecraft import observer_of
from sunproof.pipeline.sources.timescale import tai_to_utc

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

_FIELD, _ROLL, _OFFSET = 0.5042 * 4096, 179.93, (1.5, -2.5)
# Noise at the disk's centre and its growth to the limb (Liu et al. 2012, Sol. Phys. 279, 295: 6.3 G at 720 s).
_NOISE, _TO_LIMB = 6.3, 0.4
_STEP, _BLANK = 0.1, -(2**31)
_ECLIPSE = 1 << 8
_FAULTS = {1: "eclipse"}


class Hmi:
    """Files ``hmi.m_720s.<time>_TAI.1.magnetogram.fits``."""

    name = "hmi"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one file a slot."""
        images = scene.config.images
        if images is None or not images.hmi:
            return []
        camera = partial(_take, scene, images.size)
        return record("HMI", folder, [(frame, camera) for frame in exposures(scene, "hmi", 0.0, _FAULTS)])


def _take(scene: Scene, size: int, frame: Exposure) -> Shot:
    # The slot is a TAI stamp: what it shows happened the leap seconds earlier.
    time = np.datetime64(tai_to_utc(np.array([frame.time]))[0], "ns")
    late = float((frame.time - time) / np.timedelta64(1, "h"))
    pointing = Pointing.of(_FIELD, size, _ROLL, _OFFSET)
    view = pointing.view(observer_of("sdo", time))
    field = line_of_sight_field(view, regions_at(scene, frame.hours - late))
    spread = _NOISE * (1.0 + _TO_LIMB * np.minimum(view.off, 1.0))
    field += spread * frame.noise.standard_normal(field.shape)
    pixels = np.where(np.isfinite(field), np.rint(np.nan_to_num(field) / _STEP), _BLANK).astype(np.int32)
    cards = {
        "TELESCOP": "SDO/HMI",
        "INSTRUME": "HMI_FRONT2",
        "CAMERA": 2,
        "CONTENT": "MAGNETOGRAM",
        "BUNIT": "Gauss",
        **hmi_cards(frame.time, time, _STEP, _BLANK, _ECLIPSE if frame.fault == "eclipse" else 0),
        **pointing.cards(),
        **sdo_cards(time),
    }
    name = f"hmi.m_720s.{pd.Timestamp(frame.time):%Y%m%d_%H%M%S}_TAI.1.magnetogram.fits"
    return Shot(name, pixels, cards)


INSTRUMENT = Hmi()
