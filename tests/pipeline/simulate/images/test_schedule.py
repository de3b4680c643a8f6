from datetime import datetime

import numpy as np
import pytest

from sunproof.pipeline.simulate.config import ImagesConfig
from sunproof.pipeline.simulate.images.schedule import exposures


def scene_with(scene, **images):
    from dataclasses import replace

    config = None if not images else ImagesConfig(**images)
    return replace(scene, config=scene.config.model_copy(update={"images": config}))


def test_without_images_nothing_is_exposed(images_scene):
    assert exposures(scene_with(images_scene), "aia 171", 6.0, {}) == []


def test_frames_come_at_their_cadence_and_a_few_never_come_down(images_scene):
    found = exposures(scene_with(images_scene, days=5, cadence_hours=0.1), "aia 171", 6.0, {})
    assert 0.04 < 1 - len(found) / 1200 < 0.08
    assert found[0].hours == pytest.approx(6 / 3600)
    assert set(np.unique(np.diff([frame.time for frame in found])) // np.timedelta64(360, "s")) >= {1, 2}


def test_the_interval_is_the_configured_one(images_scene):
    start = datetime(2014, 3, 12)
    found = exposures(scene_with(images_scene, start=start, days=1, cadence_hours=1), "hmi", 0.0, {})
    assert found[0].time >= np.datetime64(start)
    assert found[-1].time < np.datetime64("2014-03-13")
    assert found[0].hours >= 48.0


def test_a_stale_frame_shows_what_the_one_before_showed(images_scene):
    plain, stale = (
        exposures(scene_with(images_scene, days=2, cadence_hours=6, faults=on), "euvi A", 30.0, {2: "stale"})
        for on in (False, True)
    )
    assert {frame.fault for frame in plain} == {""}
    before, repeated = stale[1], stale[2]
    assert repeated.fault == "stale"
    assert repeated.hours == before.hours
    assert repeated.shown == before.time
    assert repeated.time > before.time
    assert repeated.noise.random() == before.noise.random()
