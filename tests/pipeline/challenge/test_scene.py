import shutil

import numpy as np
import xarray as xr

from sunproof.pipeline.challenge.scene import reach, read_scene
from sunproof.pipeline.samples.config import DiskConfig, InputConfig, PatchConfig, VectorConfig
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.samples.reading import texts
from tests.pipeline.challenge.build import column, scene, with_vectors
from tests.pipeline.samples.images.build import write_images


def test_records_are_those_after_the_first_border_up_to_the_cutoff():
    made = scene()
    rows = list(made.records(24.0))
    assert [len(one) for one in rows] == [24, 24, 24]
    assert made.groups["sharp"]["time"].to_numpy()[rows[0][-1]] == made.slots["data_cutoff"].to_numpy()[0]
    assert (column(made, "harpnum")[rows[2]] == 12).all()
    assert [len(one) for one in made.records(0.0, -24.0)] == [24, 24, 24]


def test_changes_leave_the_scene_before_as_it_was():
    made = scene()
    changed = made.with_group("sharp", usflux=np.zeros(720, np.float32))
    assert not column(changed, "usflux").any()
    assert column(made, "usflux").any()
    assert made.without("sharp", np.arange(10)).groups["sharp"].sizes["record"] == 710


def test_a_written_scene_reads_back(tmp_path):
    made = scene()
    made.write(tmp_path / "a.zarr")
    back = xr.open_zarr(tmp_path / "a.zarr", group="sharp", consolidated=False)
    assert (back["usflux"].to_numpy() == column(made, "usflux")).all()


def test_a_cut_out_scene_gives_the_same_inputs_as_the_archive(world, tmp_path):
    samples = read_samples(world.samples)
    regions = np.flatnonzero(texts(samples["entity"]) == "region")[::7]
    slots = samples.isel(sample=regions)[["harpnum", "noaa_ar", "entity", "data_cutoff"]].rename(sample="forecast")
    config = InputConfig(modalities=("keywords", "history", "region"), history_hours=24, step_hours=6)
    cut = read_scene(world.archive, slots, 72.0).write(tmp_path / "cut.zarr")
    here, there = (build(path, slots, config).modalities for path in (cut, world.archive))
    for name, parts in here.items():
        for one, other in zip(parts, there[name], strict=True):
            assert (one == other).all(), name


def test_images_are_cut_out_to_what_the_model_reads(world, tmp_path):
    archive = tmp_path / "archive.zarr"
    shutil.copytree(world.archive, archive)
    random = np.random.default_rng(0)
    for name in ("aia_171", "aia_304", "hmi_m"):
        quantity = "magnetic_field" if name == "hmi_m" else "intensity"
        pixels = random.normal(size=(200, 16, 16))
        pixels[::17] = np.nan
        write_images(archive, name, pixels, 300, quantity, start=np.datetime64("2012-01-01", "ns"), hours=24)
    disk = DiskConfig(groups=("hmi_m", "aia_171"), size=8, lags_hours=(0, 24), oldest_hours=30)
    config = InputConfig(modalities=("keywords",), history_hours=24, step_hours=6, disk=disk, patch=PatchConfig(size=8))
    samples = read_samples(world.samples)
    regions = np.flatnonzero(texts(samples["entity"]) == "region")[::40]
    slots = samples.isel(sample=regions)[["harpnum", "noaa_ar", "entity", "data_cutoff"]].rename(sample="forecast")
    assert reach(config, 24.0) == {"hmi_m": 54, "aia_171": 54}
    made = read_scene(archive, slots, 24.0, reach(config, 24.0))
    assert made.images == ["aia_171", "hmi_m"]
    assert made.groups["hmi_m"].sizes["time"] < 100
    here, there = (build(path, slots, config) for path in (made.write(tmp_path / "cut.zarr"), archive))
    assert there.lazy["disk"].found.any()
    assert not there.lazy["disk"].found.all()
    rows = slice(None)
    for name, parts in here.read(rows).items():
        for one, other in zip(parts, there.read(rows)[name], strict=True):
            assert np.array_equal(one, other), name


def test_vector_magnetograms_are_cut_out_to_what_the_model_reads(world, tmp_path):
    archive, slots, records = with_vectors(world, tmp_path)
    config = InputConfig(modalities=("keywords",), vector=VectorConfig(size=8, degrees=8, lags_hours=(0, 12)))
    assert reach(config, 6.0) == dict.fromkeys(("sharp_br", "sharp_bt", "sharp_bp"), 18.0)
    made = read_scene(archive, slots, 24.0, reach(config, 24.0))
    assert 0 < made.groups["sharp_br"].sizes["record"] < len(records)
    cut = made.write(tmp_path / "cut.zarr")
    here, there = (build(path, slots, config).lazy["vector"] for path in (cut, archive))
    every = np.arange(slots.sizes["forecast"])
    assert here.found.any()
    assert (here.latest == there.latest)[here.found.any(axis=(1, 2))].all()
    for one, other in zip(here.read(every), there.read(every), strict=True):
        np.testing.assert_array_equal(one, other)
