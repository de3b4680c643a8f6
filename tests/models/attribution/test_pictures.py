"""What maps say of models whose answer is known: one looks at the region, one at the sky, one at nothing."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sunproof.models.attribution import pictures
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.maps import distance_maps, pixel_maps
from sunproof.models.attribution.pictures import Picture, grouped, judged
from sunproof.models.attribution.scenery import SCENERY
from tests.models import imaging

SIZE = 16
PLACES = {"region": (slice(6, 10), slice(5, 11)), "sky": (slice(0, 3), slice(0, SIZE)), "corner": (slice(12, 16),) * 2}


class Looking:
    """A model whose logit is the sum of the squared patch inside a place."""

    def __init__(self, place):
        self.place, self.fluxes = place, torch.ones(1)

    def process(self, prepared):
        values = prepared.modalities["patch"][0][prepared.index["patch"]][:, :, :1]
        told = (values[..., *PLACES[self.place]] ** 2).sum((1, 2, 3, 4)) if self.place else values.sum((1, 2, 3, 4)) * 0
        return SimpleNamespace(logits=lambda fluxes: (0.01 * told)[:, None, None])


@pytest.fixture(scope="module")
def prepared():
    return imaging.ensemble().prepare(imaging.inputs(3, seed=1))


def picture(seen):
    part = np.full((SIZE, SIZE), SCENERY.index("background"))
    part[PLACES["region"]] = SCENERY.index("region")
    part[7:9, 6:10] = SCENERY.index("inversion line")
    sky = np.zeros((2, SIZE, SIZE), bool)
    sky[:, :3] = True
    groups = {"hmi": np.array([True, False])[None, :, None, None], "0 h before": np.ones((1, 1, 1, 1), bool)}
    return Picture("patch", seen, part, sky, np.array([True, False]), np.array([True, False]), groups, {})


def told(prepared, place, nulls=True):
    explained = Explained(Looking(place), prepared, (0, 0))
    own = pixel_maps(explained, (16,))
    maps = {"patch": own.maps["patch"][1]}
    shown = {"patch": picture(prepared.modalities["patch"][1][1].numpy())}
    beside = [{"patch": distance_maps(explained)["patch"][1]}] * nulls
    evidence = judged(explained, 1, maps, beside, shown, "patch", (40, 30), 0)
    return evidence, grouped(explained, 1, maps, shown)["patch"], own


def test_a_model_that_looks_at_the_region_is_found_there(prepared):
    found, groups, own = told(prepared, "region")
    assert own.complete.all()
    assert found["map_region_share"] == pytest.approx(1)
    assert found["map_region_ratio"] > 5
    assert found["map_region_rank"] == 1
    assert found["map_region_share"] > found["map_region_null"]
    assert found["map_sky_share"] == found["map_sky_effect"] == 0
    assert found["map_deletion_drop"] > 0
    assert found["map_deletion_rank"] == 1
    assert found["map_skill"] == pytest.approx(1, abs=1e-4)
    assert found["map_null_skill"] < 0.9
    assert found["map_effect"] == pytest.approx(found["map_picture_effect"])
    assert sum(groups[part][0] for part in ("region", "inversion line")) == pytest.approx(groups["hmi"][0])
    assert groups["region"][1] == pytest.approx(groups["region"][0], abs=1e-5)
    assert np.isnan(groups["limb"][:2]).all()


def test_a_model_that_looks_at_the_sky_is_found_there(prepared):
    found, groups, _ = told(prepared, "sky")
    assert found["map_sky_share"] == pytest.approx(1)
    # the sky of other samples' images is not this one's
    assert found["map_sky_effect"] > 0.01
    assert found["map_region_share"] == 0
    assert groups["background"][0] == pytest.approx(groups["hmi"][0])


def test_a_model_that_looks_beside_the_region_avoids_it(prepared):
    found, _, _ = told(prepared, "corner")
    assert found["map_region_ratio"] == 0
    assert found["map_region_rank"] == 0
    assert found["map_line_ratio"] == 0


def test_only_a_model_that_looks_at_the_background_is_moved_by_another(prepared):
    assert told(prepared, "region")[0]["map_background_effect"] == 0
    assert told(prepared, "corner")[0]["map_background_effect"] > 0.01


def test_a_weaker_inversion_line_lowers_a_forecast_that_is_made_from_its_field(prepared):
    found, groups, _ = told(prepared, "region")
    # less field is less of the logit; what lies beside the line is not all of it
    assert -groups["inversion line"][1] <= found["map_line_rise"] < 0
    assert told(prepared, "corner")[0]["map_line_rise"] == 0
    for place in ("region", "corner"):
        explained = Explained(Looking(place), prepared, (0, 0))
        shown = picture(prepared.modalities["patch"][1][1].numpy())
        without = np.where(shown.part == SCENERY.index("inversion line"), SCENERY.index("region"), shown.part)
        assert np.isnan(pictures._line(explained, 1, replace(shown, part=without)))


def test_where_nothing_is_seen_nothing_was_put_in(prepared):
    explained = Explained(Looking("region"), prepared, (0, 0))
    seen = prepared.modalities["patch"][1][1].numpy().copy()
    shown = picture(seen)
    whole = np.where(shown.part == SCENERY.index("background"), SCENERY.index("region"), shown.part)
    assert np.isnan(pictures._background(explained, 1, {"patch": replace(shown, part=whole)}))
    seen[:, 0] = False
    assert np.isnan(pictures._line(explained, 1, shown))


def test_unobserved_pixels_are_no_field_beside_the_line(prepared, monkeypatch):
    explained, put = Explained(Looking("region"), prepared, (0, 0)), []
    monkeypatch.setattr(pictures, "erased", lambda _explained, _row, ways: put.append(ways) or np.zeros(len(ways)))
    shown = picture(np.ones_like(prepared.modalities["patch"][1][1].numpy()))
    held = prepared[[1]].apart().modalities["patch"][0][0].float().numpy()
    rest = shown.region & (shown.part != SCENERY.index("inversion line"))
    # half of what lies beside the line was not observed
    gone = rest & (np.arange(SIZE) < 8)
    seen = shown.seen & ~(gone & shown.field[:, None, None])
    pictures._line(explained, 1, replace(shown, seen=seen))
    *_, (_, beside) = [way["patch"] for way in put[0]]
    np.testing.assert_allclose(beside[:, 0, 0, 0], held[:, 0][:, rest & ~gone].mean(axis=1), rtol=1e-5)
    # none of it was: two fillings are left
    pictures._line(explained, 1, replace(shown, seen=shown.seen & ~(rest & shown.field[:, None, None])))
    assert [len(ways) for ways in put] == [3, 2]


def test_a_model_that_looks_nowhere_says_nothing(prepared):
    found, _, _ = told(prepared, "")
    assert found["map_effect"] == found["map_deletion_drop"] == 0
    for name in ("map_region_share", "map_sky_share", "map_skill"):
        assert np.isnan(found[name]), name


def test_without_nulls_there_is_nothing_to_be_better_than(prepared):
    found, _, _ = told(prepared, "region", nulls=False)
    assert np.isnan(found["map_region_null"])
    # the map rolled by half a picture is a null of its own
    assert found["map_null_skill"] < found["map_skill"]


@pytest.mark.parametrize(("asked", "ranked"), [(30, False), (3, True)])
def test_the_lowest_of_a_few_copies_is_no_rank(prepared, monkeypatch, asked, ranked):
    monkeypatch.setattr(pictures, "shifts", lambda *given: [(1, 0), (2, 0), (3, 0)])
    explained = Explained(Looking("region"), prepared, (0, 0))
    values = pixel_maps(explained, (16,)).maps["patch"][1]
    shown = picture(prepared.modalities["patch"][1][1].numpy())
    found = pictures._deletion(explained, 1, values, shown, asked, 0)
    assert np.isfinite(found["map_deletion_rank"]) == ranked


def test_the_same_seed_gives_the_same_numbers(prepared):
    assert told(prepared, "region")[0] == told(prepared, "region")[0]
