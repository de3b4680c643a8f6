from dataclasses import replace

import numpy as np
import pytest

from sunproof.pipeline.ingest.stale import Repeat, Sighting, find_repeats, pixel_digest
from sunproof.pipeline.sources.frames import Frame, Geometry, Observer


def frame(seed=1, dtype=np.int16):
    data = np.random.default_rng(seed).poisson(300, (64, 64)).astype(dtype)
    place = Geometry(38, 0, -1216, 0, 38, -1216), Observer(0, 0, 1)
    return Frame(data, "intensity", "aia_171", np.datetime64("2011-02-15", "ns"), *place, 960.0)


def seen(path, minute, digest, group="aia_171"):
    return Sighting(path, group, np.datetime64("2011-02-15T00:00", "ns") + np.timedelta64(minute, "m"), digest)


def test_digest_is_of_the_pixels_alone():
    one = frame()
    later = replace(one, time=one.time + np.timedelta64(1, "h"), geometry=one.geometry._replace(x0=-1200))
    assert pixel_digest(one) == pixel_digest(later)
    assert pixel_digest(one) != pixel_digest(frame(2))


def test_digest_tells_shapes_and_types_apart():
    one = frame()
    assert pixel_digest(one) != pixel_digest(replace(one, data=one.data.reshape(32, 128)))
    assert pixel_digest(replace(one, data=np.zeros((8, 8), np.int32))) != pixel_digest(
        replace(one, data=np.zeros((8, 8), np.float32))
    )


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (seen("b", 12, "same"), "stale"),
        (seen("b", 0, "same"), "duplicate"),
        (seen("b", 0, "other"), "conflict"),
    ],
)
def test_what_repeats_an_earlier_image_is_named_with_it(second, kind):
    assert find_repeats([second, seen("a", 0, "same")]) == [Repeat("b", "a", kind)]


@pytest.mark.parametrize("second", [seen("b", 12, "other"), seen("b", 0, "same", "aia_193")])
def test_another_image_or_another_channel_is_no_repeat(second):
    assert find_repeats([seen("a", 0, "same"), second]) == []


def test_a_camera_that_hangs_is_found_whole():
    found = find_repeats(seen(f"{minute:02d}", minute, "same") for minute in range(0, 60, 12))
    assert [(repeat.of, repeat.kind) for repeat in found] == [("00", "stale")] * 4
