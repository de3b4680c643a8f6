from dataclasses import replace

import numpy as np
import pytest

from sunproof.models.attribution.scenery import SCENERY
from sunproof.models.physics.geometry import rotation_rate
from sunproof.pipeline.auditing.maps.places import Spot, instrument, picture_of
from sunproof.pipeline.samples.images.base import Placement

NOON = np.datetime64("2014-06-01T12:00", "us")
BLOCK = {"features": ["hmi_m", "aia_171", "euvi_a_195"], "signed": [True, False, False]}
SIZE, STEP = 64, 40.0


def placement(lags=1, views=((0.0, 0.0, 1.0), (0.0, 0.0, 1.0), (0.0, 120.0, 1.0)), time=NOON):
    shape = (1, lags, len(views))
    observer = np.broadcast_to(np.array(views), (*shape, 3)).copy()
    return Placement("helioprojective", np.full(shape, time), observer, np.zeros((*shape, 2)), np.full((1, 2), STEP))


def looked(spot, values=None, seen=None, place=None, lags=(0.0,)):
    values = np.zeros((len(lags), 3, SIZE, SIZE), np.float32) if values is None else values
    seen = np.ones(values.shape, bool) if seen is None else seen
    return picture_of("disk", BLOCK, values, seen, place or placement(len(lags)), lags, spot)


@pytest.mark.parametrize(
    ("channel", "name"),
    [("aia_171", "aia"), ("euvi_a_195", "euvi_a"), ("suvi16_195", "suvi16"), ("hmi_m", "hmi"), ("mu", "view")],
)
def test_a_channel_tells_its_instrument(channel, name):
    assert instrument(channel) == name


def test_the_sky_begins_at_the_limb_for_a_field_and_above_the_corona_for_loops():
    found = looked(Spot(0, 0, NOON))
    y, x = (np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2) * STEP
    radius = np.hypot(x, y) / 959.63
    for channel, edge in ((0, 1.0), (1, 1.15), (2, 1.15)):
        assert radius[found.sky[channel]].min() > edge
        assert radius[~found.sky[channel]].max() < edge + 1.5 * STEP / 959


def test_the_region_is_where_it_was_when_the_frame_was_taken():
    day = np.timedelta64(1, "D")
    turned = float(rotation_rate(10.0))
    then, now = looked(Spot(10, 30 + turned, NOON + day)), looked(Spot(10, 30, NOON))
    np.testing.assert_array_equal(then.part, now.part)
    rows, columns = np.nonzero(now.part == SCENERY.index("region"))
    assert (np.mean(columns) - (SIZE - 1) / 2) * STEP == pytest.approx(960 * np.cos(np.radians(10)) * 0.5, abs=30)
    assert (np.mean(rows) - (SIZE - 1) / 2) * STEP == pytest.approx(960 * np.sin(np.radians(10)), abs=30)
    # a circle of 8 degrees
    assert len(rows) == pytest.approx(np.pi * (960 * np.radians(8) / STEP) ** 2 * np.cos(np.radians(31.5)), rel=0.25)


@pytest.mark.parametrize("spot", [Spot(0, 150, NOON), Spot(np.nan, np.nan, NOON)])
def test_a_region_that_is_not_seen_has_no_place(spot):
    assert not (looked(spot).part == SCENERY.index("region")).any()


def test_only_cameras_that_stand_together_show_the_region():
    assert looked(Spot(0, 0, NOON)).shown.tolist() == [True, True, False]
    turned = placement(views=((0.0, -179.8, 1.0), (0.0, 179.9, 1.0), (0.0, 0.0, 1.0)))
    assert looked(Spot(0, 180, NOON), place=turned).shown.tolist() == [True, True, False]


def test_without_any_frame_nothing_is_anywhere():
    nothing = Placement(
        "helioprojective",
        np.full((1, 1, 3), np.datetime64("NaT", "us")),
        np.full((1, 1, 3, 3), np.nan),
        np.zeros((1, 1, 3, 2)),
        np.full((1, 2), STEP),
    )
    found = looked(Spot(0, 0, NOON), seen=np.zeros((1, 3, SIZE, SIZE), bool), place=nothing)
    assert (found.part == SCENERY.index("padding")).all()
    assert not found.ground.any()
    assert not found.sky.any()


def test_the_latest_magnetogram_decides_and_groups_are_instruments_and_lags():
    lags = (12.0, 0.0)
    values = np.zeros((2, 3, SIZE, SIZE), np.float32)
    # cells of 40 arcsec are 29 Mm: the place decides, not the field
    found = looked(Spot(0, 0, NOON), values, lags=lags)
    assert set(found.groups) == {"hmi", "aia", "euvi_a", "12 h before", "0 h before"}
    assert found.groups["0 h before"].ravel().tolist() == [False, True]
    assert found.groups["euvi_a"].ravel().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("step", "magnetogram", "reason"),
    [
        (STEP, True, "pixels of 29 Mm average a region's field away; at most 15 Mm tell it apart"),
        (STEP, False, "the picture has no magnetogram that tells it apart"),
        (20.0, True, ""),
    ],
)
def test_parts_that_only_a_field_tells_apart_say_why_they_are_not(step, magnetogram, reason):
    seen = np.ones((1, 3, SIZE, SIZE), bool)
    seen[:, 0] = magnetogram
    place = replace(placement(), step=np.full((1, 2), step))
    values = np.zeros(seen.shape, np.float32)
    # another region, far from the one that is forecast
    values[0, 0, 40:46, 40:46] = 900.0
    found = looked(Spot(0, -40, NOON), values, seen, place)
    elsewhere = SCENERY.index("other regions")
    assert (found.part == elsewhere).any() == (not reason)
    for part in ("other regions", "inversion line"):
        assert found.untold.get(part, "") == reason
        assert found.absent(part) == (reason or "nowhere in this picture")
    assert found.absent("padding") == "nowhere in this picture"


def test_a_patch_without_a_magnetogram_does_not_tell_its_region():
    block = {"features": ["aia_171", "mu"], "signed": [False, False]}
    observer = np.broadcast_to(np.array([0.0, 0.0, 1.0]), (1, 1, 2, 3))
    place = Placement("stonyhurst", np.full((1, 1, 2), NOON), observer, np.zeros((1, 1, 2, 2)), np.full((1, 2), 0.5))
    values = np.ones((1, 2, 16, 16), np.float32)
    found = picture_of("patch", block, values, np.ones(values.shape, bool), place, (0.0,), Spot(0, 0, NOON))
    assert not found.region.any()
    assert set(found.untold) == {"region", "other regions", "inversion line"}
