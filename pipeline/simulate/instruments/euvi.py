"""EUVI level-0 images of STEREO-A and -B, which see the far side: counts over a bias, plain 16 bits."""

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
from sunproof.pipeline.sources.observer import AU, limb_radius

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["INSTRUMENT"]

_CAMERA = Camera(field=1.588 * 2048, native=2048, full=16383, per_photon=1.0, reading=3.0)
# Mean of the cameras' bias (header of 2009-06-15 for A), roll in degrees.
_BIAS, _ROLL = {"A": 724.545, "B": 710.2}, {"A": 3.85, "B": -2.4}
# Light of one AIA count a second; exposure times (s) of the synoptic programme.
_RESPONSE = 0.2
_EXPOSURES = {171: 8.0, 195: 16.0, 284: 32.0, 304: 4.0}
# On A, one frame shows again what the frame before showed.
_FAULTS: dict[str, dict[int, str]] = {"A": {2: "stale"}, "B": {}}


class Euvi:
    """Files ``<time>_n4eu<A or B>.fts``."""

    name = "euvi"

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write one file a spacecraft, channel and slot."""
        images = scene.config.images
        if images is None:
            return []
        corona = Corona.of(scene)
        # Filters follow each other on one camera, a minute apart.
        jobs = [
            (frame, partial(_take, corona, images.size, channel, craft))
            for craft, faults in _FAULTS.items()
            for turn, channel in enumerate(images.euvi)
            for frame in exposures(scene, f"euvi {craft} {channel}", 30.0 + 60.0 * turn, faults)
        ]
        return record("EUVI", folder, jobs)


def _take(corona: Corona, size: int, channel: int, craft: str, frame: Exposure) -> Shot:
    spacecraft, exposure = f"stereo_{craft.lower()}", _EXPOSURES[channel]
    observer = observer_of(spacecraft, frame.time)
    pointing = Pointing.of(_CAMERA.field, size, _ROLL[craft])
    light = (
        corona.image(pointing.view(observer_of(spacecraft, frame.shown)), frame.hours, channel) * _RESPONSE * exposure
    )
    counts = _CAMERA.counts(light, frame.noise, _BIAS[craft])
    begin = pd.Timestamp(frame.time)
    middle, end = (begin + pd.Timedelta(seconds=share * exposure) for share in (0.5, 1.0))
    name = f"{begin:%Y%m%d_%H%M%S}_n4eu{craft}.fts"
    cards = {
        "OBSRVTRY": f"STEREO_{craft}",
        "INSTRUME": "SECCHI",
        "DETECTOR": "EUVI",
        "FILENAME": name,
        **{
            f"DATE-{key}": f"{time:%Y-%m-%dT%H:%M:%S.%f}"[:-3]
            for key, time in {"OBS": begin, "AVG": middle, "END": end}.items()
        },
        "EXPTIME": exposure,
        "WAVELNTH": channel,
        "FILTER": "S1",
        "BUNIT": "DN",
        "BIASMEAN": _BIAS[craft],
        "OFFSETCR": 0.0,
        "IPSUM": 1.0,
        "NMISSING": 0,
        "LEDCOLOR": "NONE",
        "SEB_PROG": "NORMAL",
        "RECTIFY": True,
        "HGLN_OBS": observer.longitude,
        "HGLT_OBS": observer.latitude,
        "DSUN_OBS": observer.distance * AU,
        "RSUN": limb_radius(observer),
        "CROTA": _ROLL[craft],
        **pointing.cards(matrix=True),
    }
    return Shot(name, np.clip(counts, 0, _CAMERA.full).astype(np.uint16), cards, compressed=False)


INSTRUMENT = Euvi()
