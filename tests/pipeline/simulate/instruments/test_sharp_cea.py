from datetime import datetime

import numpy as np
import pytest

from sunproof.pipeline.ingest.archive import list_groups
from sunproof.pipeline.ingest.config import IngestConfig
from sunproof.pipeline.ingest.run import run as ingest
from sunproof.pipeline.samples.config import VectorConfig
from sunproof.pipeline.samples.images.vector import VectorPatches
from sunproof.pipeline.simulate.config import ImagesConfig, SimulateConfig, SunConfig
from sunproof.pipeline.simulate.images.regions import regions_at
from sunproof.pipeline.simulate.images.vector_field import Box, vector_field
from sunproof.pipeline.simulate.instruments.sharp_cea import INSTRUMENT
from sunproof.pipeline.simulate.scene import build_scene
from tests.pipeline.samples.images.build import keys

from .frames import hours_of, observe

SOLAR_RADIUS_CM = 6.957e10


@pytest.fixture(scope="module")
def vector_scene():
    images = ImagesConfig(days=1, cadence_hours=12, vector=True, vector_cell=0.24)
    sun = SunConfig(start=datetime(2014, 3, 10), days=6, regions_per_day=0.6)
    return build_scene(SimulateConfig(seed=14, sun=sun, images=images))


@pytest.fixture(scope="module")
def written(vector_scene, tmp_path_factory):
    root = tmp_path_factory.mktemp("vector")
    frames, refused = observe("sharp_cea", vector_scene, root)
    assert not refused
    return frames, root


def test_every_record_has_three_components_that_the_source_reads(written):
    frames, _ = written
    assert len(frames) >= 9
    records = {}
    for name, frame in frames.items():
        assert frame.accepted
        assert frame.facts["checksum"] == "verified"
        assert frame.facts["simulated"] == 1
        records.setdefault(name.rpartition(".")[0].rpartition(".")[0], set()).add(frame.group)
    assert set(map(frozenset, records.values())) == {frozenset({"sharp_br", "sharp_bt", "sharp_bp"})}


def test_stamps_are_tai(written):
    (name, frame) = next(iter(written[0].items()))
    assert name.startswith("hmi.sharp_cea_720s.")
    assert frame.t_tai - frame.time == np.timedelta64(35, "s")


def test_patches_stand_where_their_regions_do_and_hold_their_flux(written, vector_scene):
    checked = 0
    for frame in written[0].values():
        if frame.group != "sharp_br":
            continue
        passages, population = vector_scene.passages, vector_scene.sun.population
        (passage,) = np.flatnonzero(passages.harpnum == frame.keys["harpnum"])
        hours = hours_of(vector_scene, frame)
        regions = regions_at(vector_scene, hours)
        (index,) = np.flatnonzero(regions.number == passages.region[passage])
        assert frame.keys["latitude"] == pytest.approx(population.latitude[passages.region[passage]])
        data = frame.physical().data
        if regions.flux[index] > 3e21 and np.isfinite(data).all():
            checked += 1
            model = vector_field(regions, int(index), 0.0, 1.0, Box(*data.shape, float(np.radians(0.24))))[0]
            # signs of the model: noise then averages out instead of adding up
            flux = (data * np.sign(model)).sum() * (np.radians(0.24) * SOLAR_RADIUS_CM) ** 2
            assert flux == pytest.approx(regions.flux[index], rel=0.03)
    assert checked >= 1


def test_noise_is_what_the_real_instrument_has(written):
    # corners of the patches are quiet
    for group, most in (("sharp_br", 25.0), ("sharp_bt", 67.0), ("sharp_bp", 71.0)):
        corners = [frame.physical().data[:4, :4].ravel() for frame in written[0].values() if frame.group == group]
        scatter = np.nanstd(np.concatenate(corners))
        assert 0.3 * most < scatter < 0.8 * most


def test_a_harp_keeps_its_box(written):
    shapes = {}
    for frame in written[0].values():
        shapes.setdefault(frame.keys["harpnum"], set()).add(frame.data.shape)
    assert all(len(found) == 1 for found in shapes.values())


def test_the_same_scene_gives_the_same_bytes(written, vector_scene, tmp_path):
    paths = INSTRUMENT.observe(vector_scene, tmp_path)
    assert {path.name for path in paths} == {*written[0]}
    for path in paths:
        assert path.read_bytes() == (written[1] / "sharp_cea" / path.name).read_bytes()


def test_nothing_is_written_that_nobody_asked_for(images_scene, tmp_path):
    assert INSTRUMENT.observe(images_scene, tmp_path) == []


def test_they_go_through_the_archive_into_a_model(written, tmp_path):
    frames, raw = written
    config = IngestConfig(raw=raw, archive=tmp_path / "a.zarr", cluster={"kind": "threads", "workers": 1})
    ingest(config)
    assert list_groups(config.archive) == ["sharp_bp", "sharp_br", "sharp_bt"]
    last = max(frames.values(), key=lambda frame: frame.time)
    rows = keys(0)
    rows.harpnum[:] = last.keys["harpnum"]
    rows.cutoff[:] = last.time
    images = VectorPatches(config.archive, rows, VectorConfig(size=12, degrees=12))
    assert images.latest[0] == last.time.astype("datetime64[us]")
    values, mask = images.read(np.array([0]))
    assert mask[0, 0, 0].any()
    assert np.abs(values[0, 0, 0]).max() > 20
