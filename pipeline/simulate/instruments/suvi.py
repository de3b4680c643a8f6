"""GOES-16 SUVI level-2 composites: radiances as quantised floating-point numbers, a field wider than AIA's."""

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
from sunproof.pipeline.simulate.images.spacecraft import observer_of
from sunproof.pipeline.sources.observer import AU

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

_CAMERA = Camera(field=2.5 * 1280, native=1280, full=65535, per_photon=1.0, reading=2.0)
# Radiance of one AIA count a second, W m-2 sr-1: the quiet Sun of 2019 came to some tenths in 195 Angstrom.
_RADIANCE = 0.004
_SATURATED = 12000.0
_SECONDS = 240.0
# The first channel has an eclipse and, two slots later, the file before under a new name.
_FAULTS: tuple[dict[int, str], ...] = ({1: "eclipse", 3: "copy"},)


class Suvi:
    """Files ``dr_suvi-l2-ci<channel>_g16_s<start>_e<end>_v1-0-2.fits``."""

    name = "suvi"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one file a channel and slot."""
        images = scene.config.images
        if images is None:
            return []
        corona, faults = Corona.of(scene), dict(zip(images.suvi, _FAULTS, strict=False))
        jobs = [
            (frame, partial(_take, corona, images.size, channel))
            for channel in images.suvi
            for frame in exposures(scene, f"suvi {channel}", 0.0, faults.get(channel, {}))
        ]
        return record("SUVI", folder, jobs)


def _take(corona: Corona, size: int, channel: int, frame: Exposure) -> Shot:
    observer, pointing = observer_of("goes", frame.time), Pointing.of(_CAMERA.field, size)
    light = corona.image(pointing.view(observer), frame.hours, channel)
    eclipsed = frame.fault == "eclipse"
    counts = _CAMERA.counts(light * (0.02 if eclipsed else 1.0), frame.noise)
    begin = pd.Timestamp(frame.time)
    end = begin + pd.Timedelta(seconds=_SECONDS)
    stamp = f"s{begin:%Y%m%dT%H%M%SZ}_e{end:%Y%m%dT%H%M%SZ}"
    name = f"dr_suvi-l2-ci{channel:03d}_g16_{stamp}_v1-0-2.fits"
    cards = {
        "EMPTY": False,
        "DEGRADED": False,
        "TIMESYS": "UTC",
        "DATE-BEG": f"{begin:%Y-%m-%dT%H:%M:%S.%f}",
        "DATE-OBS": f"{begin:%Y-%m-%dT%H:%M:%S.%f}"[:-3],
        "DATE-END": f"{end:%Y-%m-%dT%H:%M:%S.%f}",
        "EXPTIME": 1.0,
        "HGLT_OBS": observer.latitude,
        "HGLN_OBS": 0.0,
        "DSUN_OBS": observer.distance * AU,
        "WAVEUNIT": "angstrom",
        "WAVELNTH": channel,
        "ECLIPSE": int(eclipsed),
        "SAT_THR": _SATURATED,
        "BUNIT": "W m-2 sr-1",
        "TITLE": "SUVI Level 2 Composite Image",
        "NUM_IMGS": 7,
        "FILENAME": name,
        "INSTRUME": "GOES-R Series Solar Ultraviolet Imager",
        "DETECTOR": "SUVI",
        "TELESCOP": "GOES-R",
        **pointing.cards(matrix=True),
    }
    return Shot(name, (counts * _RADIANCE).astype(np.float32), cards)


INSTRUMENT = Suvi()
