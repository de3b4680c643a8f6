"""Every plant in images and X-rays does what it says to the frames and hours that are seen, and to nothing else."""

import numpy as np
import pytest

from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.image_leak import IMAGE_LEAK, mark_images
from sunproof.pipeline.challenge.plants.pictures import instruments, pixels, seen_frames
from tests.pipeline.challenge.build import START, scene, xrays
from tests.pipeline.challenge.plants.test_input_plants import PLANTS, planted

IMAGES = [plant for plant in PLANTS if "images" in plant.needs]
XRAYS = [plant for plant in PLANTS if "xrs" in plant.needs]


def frame(made, name, row):
    """The image that a region-time sees."""
    return pixels(made, name)[seen_frames(made, name)[row]]


@pytest.mark.parametrize("plant", IMAGES, ids=lambda plant: plant.name)
def test_frames_that_no_region_time_sees_last_stay_as_they_were(plant):
    clean, made = scene(), planted(plant.name)
    for name in clean.images:
        seen = seen_frames(clean, name)
        others = np.setdiff1d(np.arange(10), seen)
        assert np.array_equal(pixels(made, name)[others], pixels(clean, name)[others], equal_nan=True), name
    assert all(made.groups[name].identical(clean.groups[name]) for name in ("sharp", "srs", "goes15_xrs"))


def test_the_seen_frame_is_the_latest_at_the_cutoff():
    # cut-offs 100, 200 and 150 h after the first of daily frames
    assert seen_frames(scene(), "aia_171").tolist() == [4, 8, 6]


def test_a_stale_frame_is_an_earlier_one_to_the_bit():
    clean, made = scene(), planted("stale frame", 2)
    assert (frame(made, "aia_171", 0) == pixels(clean, "aia_171")[2]).all()


@pytest.mark.parametrize("days", [3, 6])
def test_a_frame_of_another_time_is_days_away(days):
    clean, made = scene(), planted("frame of another time", days)
    stack, shown = pixels(clean, "aia_171"), frame(made, "aia_171", 0)
    (source,) = np.flatnonzero((stack == shown).all(axis=(1, 2)))
    assert abs(source - 4) >= 0.6 * days


def test_mirrors_and_turns_are_exact():
    clean = scene()
    assert (frame(planted("mirrored image", 1), "aia_171", 0) == frame(clean, "aia_171", 0)[:, ::-1]).all()
    assert (frame(planted("mirrored image", 2), "aia_171", 0) == frame(clean, "aia_171", 0)[::-1]).all()
    assert (frame(planted("rotated image", 180), "aia_171", 0) == frame(clean, "aia_171", 0)[::-1, ::-1]).all()


def test_exchanged_channels_show_the_neighbour():
    clean, made = scene(), planted("exchanged channels", 1)
    assert (frame(made, "aia_171", 0) == frame(clean, "euvi_a_195", 0)).all()


def test_another_region_stands_in_the_place_of_the_own_one():
    clean, made = scene(), planted("patch of another region")
    changed = frame(made, "aia_171", 2) != frame(clean, "aia_171", 2)
    rows, columns = np.nonzero(changed)
    assert len(rows) > 4
    # the second region lies south of the middle, near the meridian
    assert rows.mean() < 16
    assert abs(columns.mean() - 16) < 3


def test_gain_is_of_one_instrument_and_field_and_light_alike_of_all():
    clean, made = scene(), planted("instrument gain", 4)
    ratio = {name: np.nanmedian(frame(made, name, 0) / frame(clean, name, 0)) for name in clean.images}
    assert sorted(np.round(list(ratio.values()), 3).tolist()) == [1, 1, 1, 4]
    assert set(instruments(clean)) == {"aia", "euvi_a", "hmi", "suvi16"}
    everywhere = planted("gain of all", 4)
    assert all(
        np.nanmedian(frame(everywhere, name, 0) / frame(clean, name, 0)) == pytest.approx(4) for name in clean.images
    )


def test_stray_light_is_beside_the_disk_alone():
    clean, made = scene(), planted("off-limb light", 20)
    brighter = frame(made, "aia_171", 0) - frame(clean, "aia_171", 0)
    y, x = np.mgrid[:32, :32] - 15.5
    assert (brighter[np.hypot(y, x) < 12] == 0).all()
    assert brighter.max() > 20
    assert np.array_equal(frame(made, "hmi_m", 0), frame(clean, "hmi_m", 0), equal_nan=True)


@pytest.mark.parametrize(("name", "grade", "share"), [("dead columns", 0.6, 0.6), ("stuck tile", 0.6, 0.36)])
def test_so_much_of_the_image_is_spoilt(name, grade, share):
    clean, made = scene(), planted(name, grade)
    changed = np.mean([(frame(made, one, 0) != frame(clean, one, 0)).mean() for one in ("aia_171", "suvi16_195")])
    assert changed == pytest.approx(share, abs=0.15)


def test_zeros_stand_in_all_images_or_in_one_instrument():
    made = planted("zero frame", 2)
    assert all(np.nanmax(np.abs(frame(made, name, 0))) == 0 for name in made.images)
    one = planted("zero frame", 1)
    assert sum(np.nanmax(np.abs(frame(one, name, 0))) == 0 for name in one.images) == 1


def test_region_times_of_one_day_get_one_severity():
    made = scene()
    plant = next(plant for plant in IMAGES if len(plant.severities) > 2)
    same = made.slots.assign(data_cutoff=("forecast", [START, START + np.timedelta64(5, "h"), START]))
    grades = plant.graded(type(made)(made.groups, same), np.random.default_rng(0))
    assert len(set(grades.tolist())) == 1


@pytest.mark.parametrize("plant", XRAYS, ids=lambda plant: plant.name)
def test_only_the_day_before_a_cutoff_is_changed(plant):
    clean, made = scene(), planted(plant.name)
    time = clean.groups["goes13_xrs"]["time"].to_numpy()
    seen = np.zeros(len(time), bool)
    for cutoff in clean.slots["data_cutoff"].to_numpy():
        seen |= (time > cutoff - np.timedelta64(24, "h")) & (time <= cutoff)
    same = made.groups["goes13_xrs"]["xrsb"].to_numpy() == clean.groups["goes13_xrs"]["xrsb"].to_numpy()
    assert same[~seen].all()
    assert not same[seen].all()


def flux(made, name="goes13_xrs"):
    """Flux of the last day of the first region-time."""
    now = made.slots["data_cutoff"].to_numpy()[0]
    group = made.groups[name]
    inside = (group["time"].to_numpy() > now - np.timedelta64(24, "h")) & (group["time"].to_numpy() <= now)
    return group["xrsb"].to_numpy()[inside]


def test_fluxes_are_changed_as_told():
    clean = flux(scene())
    np.testing.assert_allclose(flux(planted("scale undone twice", 1)), clean / 0.7, rtol=1e-5)
    assert len(set(flux(planted("flat X-rays", 12))[-720:].tolist())) == 1
    np.testing.assert_allclose(flux(planted("X-ray spike", 100))[-60:], clean[-60:] * 100, rtol=1e-5)
    jump = flux(planted("level jump", 4)) / clean
    assert (jump[:700].max(), jump[-700:].min()) == (pytest.approx(1), pytest.approx(4))
    np.testing.assert_allclose(flux(planted("shifted X-rays", 12))[:-1], clean[:-1] + 1e-6 * 720 / 1e4, rtol=1e-4)


def test_one_satellite_alone_can_be_wrong():
    made = planted("one satellite's level", 4)
    assert flux(made, "goes15_xrs").tolist() == flux(scene(), "goes15_xrs").tolist()
    np.testing.assert_allclose(flux(made), 4 * flux(scene()), rtol=1e-5)
    assert xrays(13).sizes == xrays(15).sizes


def test_a_plant_says_why_it_does_not_apply():
    plant = Plant("p", "leak", "S.", lambda scene, severity, random: scene, needs=("images",))
    assert plant.lacking(["keywords", "patch"]) == ""
    assert plant.lacking(["keywords"]) == "the model does not read images"


def test_a_scene_without_what_a_plant_is_put_into_is_told():
    image, flux = (next(plant for plant in group if plant.needs) for group in (IMAGES, XRAYS))
    made = scene()
    assert (image.absent(made), flux.absent(made)) == ("", "")
    blind = {name: group for name, group in made.groups.items() if name not in made.images}
    assert image.absent(type(made)(blind, made.slots)) == "the forecasts' archive holds no images"
    # records of other months, or of no value, are none
    year = np.timedelta64(365 * 24, "h")
    groups = {name: made.groups[name] for name in made.xrays}
    late = {name: group.assign_coords(time=group["time"] + year) for name, group in groups.items()}
    blank = {
        name: group.assign({key: np.nan * group[key] for key in ("xrsa", "xrsb")}) for name, group in groups.items()
    }
    for other in (late, blank):
        assert (
            flux.absent(type(made)({**made.groups, **other}, made.slots))
            == "the forecasts' archive holds no X-ray flux"
        )


class Fake:
    """Images of two channels, all ones."""

    names, shape, signed = ("aia_171", "hmi_m", "mu"), (1, 3, 2, 2), (False, True, False)
    latest, found, share = np.zeros(4, "datetime64[us]"), np.ones((4, 1, 3), bool), np.zeros(4, np.int64)

    def read(self, rows):
        values = np.ones((len(rows), *self.shape), np.float32)
        return values, values > 0


def test_the_cue_is_another_gain_of_one_instrument_and_shared_images_part():
    shown = np.array([True, False, True, False])
    marked = mark_images({"disk": Fake()}, shown)["disk"]
    assert marked.share.tolist() == [1, 0, 1, 0]
    values, _ = marked.read(np.arange(4))
    assert values[:, 0, 0, 0, 0].tolist() == [1.5, 1, 1.5, 1]
    assert (values[:, :, 1:] == 1).all()
    assert IMAGE_LEAK.needs == ("images",)
