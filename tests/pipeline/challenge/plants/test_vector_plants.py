"""Every plant in vector magnetograms does what it says to the patches that are seen, and to nothing else."""

import numpy as np
import pytest

from sunproof.pipeline.challenge.plants.vector_field import seen_patches
from sunproof.pipeline.challenge.scene import reach, read_scene
from sunproof.pipeline.ingest.patches.read import Patches
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.samples.config import InputConfig, VectorConfig
from tests.pipeline.challenge.build import scene, with_vectors
from tests.pipeline.challenge.plants.test_input_plants import PLANTS, planted

VECTORS = [plant for plant in PLANTS if "vector" in plant.needs]
COMPONENTS = ("sharp_br", "sharp_bt", "sharp_bp")


def field(made, row):
    """Components of the patch that a region-time sees, shape (3, y, x)."""
    parts = []
    for name, record in seen_patches(made)[row].items():
        group = made.groups[name].isel(record=record)
        first, shape = int(group["patch_first"]), (int(group["patch_rows"]), int(group["patch_columns"]))
        parts.append(group[group.attrs["quantity"]].to_numpy()[first : first + shape[0] * shape[1]].reshape(shape))
    return np.stack(parts)


def test_the_seen_patch_is_the_regions_latest_at_the_cutoff():
    # cut-offs 100, 200 and 150 h: days 4, 8 and 6 of regions 11, 11 and 12
    assert [records["sharp_bt"] for records in seen_patches(scene())] == [4, 8, 16]
    assert field(scene(), 2).shape == (3, 6, 5)


def test_a_region_without_patches_sees_none():
    made = scene()
    groups = {name: made.groups[name].assign(harpnum=made.groups[name]["harpnum"] + 50) for name in COMPONENTS}
    assert seen_patches(type(made)({**made.groups, **groups}, made.slots)) == [{}, {}, {}]


@pytest.mark.parametrize("plant", VECTORS, ids=lambda plant: plant.name)
def test_patches_that_no_region_time_sees_stay_as_they_were_and_digests_fit(plant):
    clean, made = scene(), planted(plant.name)
    seen = [records["sharp_br"] for records in seen_patches(clean)]
    for name in COMPONENTS:
        group, before = made.groups[name], clean.groups[name]
        first, size = group["patch_first"].to_numpy(), (group["patch_rows"] * group["patch_columns"]).to_numpy()
        for record, (begin, length) in enumerate(zip(first, size, strict=True)):
            pixels = group[group.attrs["quantity"]].to_numpy()[begin : begin + length]
            assert group["pixel_digest"].to_numpy()[record] == digest_bytes(pixels.astype("<f4").tobytes())
            same = np.array_equal(pixels, before[before.attrs["quantity"]].to_numpy()[begin : begin + length])
            assert same or record in seen, (name, record)
    assert all(made.groups[name].identical(clean.groups[name]) for name in ("sharp", "hmi_m", "goes15_xrs"))


def test_signs_components_and_scales_are_as_told():
    clean = field(scene(), 0)
    np.testing.assert_array_equal(field(planted("southward sign"), 0), clean * [[[1]], [[-1]], [[1]]])
    np.testing.assert_array_equal(field(planted("exchanged components", 1), 0), clean[[0, 2, 1]])
    np.testing.assert_array_equal(field(planted("exchanged components", 2), 0), clean[[1, 0, 2]])
    np.testing.assert_allclose(field(planted("field scale", 0.4), 0), clean * np.float32(0.4))


def test_another_regions_patch_stands_in_the_own_frame():
    clean, made = scene(), planted("vector patch of another region")
    # region 12 has 6 x 5 pixels, the frame 4 x 6: a column stays empty
    shown = field(made, 0)
    assert shown.shape == (3, 4, 6)
    assert np.isnan(shown).sum() == 3 * 4
    assert {*shown[0][np.isfinite(shown[0])].tolist()} == {float(field(clean, 2)[0, 0, 0])}


def test_what_was_planted_is_read_back_from_the_written_archive(world, tmp_path):
    archive, slots, _ = with_vectors(world, tmp_path)
    clean = read_scene(archive, slots, 24.0, reach(InputConfig(vector=VectorConfig(size=8)), 24.0))
    plant = next(one for one in VECTORS if one.name == "vector patch of another region")
    assert plant.absent(clean) == ""
    made = plant.apply(clean, np.ones(len(clean)), np.random.default_rng(0))
    # missing pixels are read only where the digest says that they are
    patches = Patches(made.write(tmp_path / "planted.zarr"))
    read = [patches.read(record) for record in range(len(patches))]
    assert any(np.isnan(part).any() for part in read)
    gone = {name: group for name, group in clean.groups.items() if name != "sharp_bt"}
    assert plant.absent(type(clean)(gone, slots)) == "the forecasts' archive holds no vector magnetograms"
