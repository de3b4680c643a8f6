import shutil

import numpy as np
import pytest
import zarr
from astropy.io import fits

from sunproof.models.vectors import field_sums, one_field
from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.config import IngestConfig
from sunproof.pipeline.ingest.patches.read import Patches
from sunproof.pipeline.ingest.run import run as ingest
from sunproof.pipeline.samples.config import VectorConfig
from sunproof.pipeline.samples.images.base import read_shared
from sunproof.pipeline.samples.images.vector import VectorPatches
from tests.pipeline.samples.images.build import HOUR, START, keys, write_vectors

# HARP 0 is large and seen twice, HARP 1 small and seen once; test rows are numbered as their HARPs.
RECORDS = [(0, START + 2 * HOUR), (0, START + 4 * HOUR), (1, START + 3 * HOUR)]
SHAPES = [(40, 60), (40, 60), (12, 16)]
CONFIG = VectorConfig(size=8, degrees=16, oldest_hours=2.5)


def fields():
    random = np.random.default_rng(0)
    return [random.normal(0, 300, (3, *shape)) for shape in SHAPES]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("vector") / "archive.zarr"
    write_vectors(path, RECORDS, fields())
    return path


def test_a_cell_is_the_mean_of_its_pixels_around_the_middle(archive):
    values, mask = VectorPatches(archive, keys(5), CONFIG).read(np.array([0]))
    assert mask.all()
    # a square of 32 pixels in the middle of 40 x 60, four to a cell
    middle = fields()[1][:, 4:36, 14:46].reshape(3, 8, 4, 8, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(values[0, 0], middle, rtol=1e-4, atol=1e-2)


def test_what_the_patch_does_not_reach_is_missing(archive):
    images = VectorPatches(archive, keys(0, 3.5), CONFIG)
    values, mask = images.read(np.array([1]))
    # six by eight degrees of a square of sixteen
    assert mask[0, 0].sum(axis=(1, 2)).tolist() == [4 * 4] * 3
    assert mask[0, 0, 0, 2:6, 2:6].all()
    assert not values[~mask].any()


def test_flux_is_kept_whatever_the_size_of_the_cells(archive):
    whole = fields()[1].sum(axis=(1, 2)) * 0.5**2
    for size in (8, 40, 80):
        config = CONFIG.model_copy(update={"size": size, "degrees": 40})
        values, mask = VectorPatches(archive, keys(5), config).read(np.array([0]))
        net = (values * mask)[0, 0].sum(axis=(1, 2)) * (40 / size) ** 2
        np.testing.assert_allclose(net, whole, rtol=1e-3, atol=0.5)


def test_the_latest_record_counts_that_was_there_and_not_too_old(archive):
    images = VectorPatches(archive, keys(3, 3), CONFIG)
    assert images.latest.astype("datetime64[ns]").tolist() == [(START + hours * HOUR).tolist() for hours in (2, 3)]
    # nothing is taken from the future, and nothing from another region
    assert not VectorPatches(archive, keys(1.9, 2.9), CONFIG).found.any()
    assert not VectorPatches(archive, keys(6.6, 5.6), CONFIG).found.any()
    assert np.isnat(VectorPatches(archive, keys(1.9), CONFIG).latest).all()


def test_lags_look_back(archive):
    config = CONFIG.model_copy(update={"lags_hours": (0, 2)})
    images = VectorPatches(archive, keys(4), config)
    values, _ = images.read(np.array([0]))
    for lag, record in enumerate((1, 0)):
        middle = fields()[record][:, 4:36, 14:46].reshape(3, 8, 4, 8, 4).mean(axis=(2, 4))
        np.testing.assert_allclose(values[0, lag], middle, rtol=1e-4, atol=1e-2)


def test_a_row_without_a_harp_has_none(archive):
    images = VectorPatches(archive, keys(4, 4, 4), CONFIG)
    assert images.found.any(axis=(1, 2)).tolist() == [True, True, False]
    assert not images.read(np.array([2]))[1].any()


def test_rows_of_one_record_share_it_and_rows_of_none_share_nothing(archive):
    rows = keys(4, 4, 4, 4)
    rows.harpnum[:] = [0, 0, 7, 8]
    images = VectorPatches(archive, rows, CONFIG)
    assert images.share[0] == images.share[1]
    assert len(np.unique(images.share)) == 3
    shared = read_shared(images, np.arange(4))
    assert len(shared.values) == 3
    np.testing.assert_array_equal(shared.values[shared.index], images.read(np.arange(4))[0])


def test_channels_say_what_they_are(archive):
    images = VectorPatches(archive, keys(4), CONFIG)
    assert images.names == ("sharp_br", "sharp_bt", "sharp_bp")
    assert images.signed == (True, True, True)


def test_no_row_of_pixels_is_read_that_the_square_does_not_cross(archive, monkeypatch):
    asked = []
    original = Patches.read

    def note(self, record, rows=slice(None)):
        asked.append((record, rows))
        return original(self, record, rows)

    monkeypatch.setattr(Patches, "read", note)
    images = VectorPatches(archive, keys(5, 5), CONFIG)
    assert asked == []
    images.read(np.array([0]))
    assert asked == [(1, slice(4, 36))]


def test_an_archive_without_a_component_is_refused(archive, tmp_path):
    copy = shutil.copytree(archive, tmp_path / "a.zarr")
    shutil.rmtree(copy / "sharp_bt")
    with pytest.raises(ArchiveError, match="sharp_bt"):
        VectorPatches(copy, keys(4), CONFIG)


def test_pixels_that_are_lost_are_an_error_and_no_gap(archive, tmp_path):
    copy = shutil.copytree(archive, tmp_path / "a.zarr")
    shutil.rmtree(copy / "sharp_bp" / "field_phi" / "c")
    images = VectorPatches(copy, keys(4), CONFIG)
    with pytest.raises(
        ArchiveError, match=r"sharp_bp, HARP 0 of .*: patch cannot be read; .*; wanted pixels of sha256"
    ):
        images.read(np.array([0]))


def test_a_damaged_chunk_is_an_error(archive, tmp_path):
    copy = shutil.copytree(archive, tmp_path / "a.zarr")
    for chunk in (copy / "sharp_br" / "field_radial" / "c").iterdir():
        chunk.write_bytes(b"no pixels")
    with pytest.raises(ArchiveError, match="patch cannot be read"):
        VectorPatches(copy, keys(4), CONFIG).read(np.array([0]))


def test_pixels_that_nobody_knows_are_masked(tmp_path):
    (field,) = fields()[2:]
    field[:, :, 8:] = np.nan
    write_vectors(tmp_path / "a.zarr", [(0, START)], [field])
    values, mask = VectorPatches(tmp_path / "a.zarr", keys(0), CONFIG).read(np.array([0]))
    assert mask[0, 0, :, 3:5, :4].any(axis=(1, 2)).all()
    assert not mask[0, 0, :, :, 4:].any()
    assert not values[~mask].any()
    assert zarr.open_group(tmp_path / "a.zarr", mode="r")["sharp_br"].attrs["layout"] == "patches"


def test_pixels_have_a_place_on_the_sun_and_an_observer(archive):
    images = VectorPatches(archive, keys(4, 1), CONFIG)
    place = images.placement(np.arange(2))
    assert place.projection == "stonyhurst"
    np.testing.assert_allclose(place.centre[0, 0], [[15.0, 10.0]] * 3)
    np.testing.assert_allclose(place.step[0], [2 / np.cos(np.radians(10)), 2])
    np.testing.assert_allclose(place.observer[0, 0, 1], [3.0, 0.0, 0.99])
    assert (place.time[0] == (START + 4 * HOUR).astype("datetime64[us]")).all()
    assert np.isnat(place.time[1]).all()
    assert np.isnan(place.centre[1]).all()


@pytest.mark.data
def test_the_real_record_of_harp_377_is_a_model_input(data_root, tmp_path):
    raw, archive = tmp_path / "raw" / "sharp_cea", tmp_path / "archive.zarr"
    raw.mkdir(parents=True)
    for segment in ("Br", "Bt", "Bp"):
        (path,) = (data_root / "vector_magnetograms" / "files").glob(f"*.{segment}.fits")
        shutil.copy(path, raw)
    ingest(
        IngestConfig(raw=raw.parent, archive=archive, sources=["sharp_cea"], cluster={"kind": "threads", "workers": 1})
    )
    rows = keys(0, 0)
    rows.harpnum[:] = [377, 378]
    rows.cutoff[:] = np.datetime64("2011-02-15T03:00")
    images = VectorPatches(archive, rows, VectorConfig(size=32, degrees=20))
    values, mask = images.read(np.array([0, 1]))
    assert images.latest[0] == np.datetime64("2011-02-15T01:59:26", "us")
    assert not mask[1].any()
    # as the header's CRVAL and CRLN_OBS say
    np.testing.assert_allclose(images.placement(np.array([0])).centre[0, 0, 0], [13.154, -21.077], atol=1e-2)
    # the patch is 11.3 degrees high: 18 rows of 0.625, the outermost of which it half reaches
    assert mask[0, 0].all(axis=(0, 2)).sum() == 18
    inside = mask[0, 0, 0]
    for place, segment in enumerate(("Br", "Bt", "Bp")):
        (path,) = raw.glob(f"*.{segment}.fits")
        pixels = fits.getdata(path).astype(np.float64)[:, 39:705]  # the middle twenty degrees
        assert values[0, 0, place][inside].mean() == pytest.approx(pixels.mean(), abs=3.0)
        # cells of 0.6 degrees smooth what pixels of 0.03 have
        assert 0.4 < np.abs(values[0, 0, place][inside]).mean() / np.abs(pixels).mean() < 1.0
    # a strongly sheared region at an X2.2 flare: each component goes with the potential field, and the square holds it
    parts, near = (values[:1], mask[:1]), np.array([0.9])
    assert one_field(parts, near) == pytest.approx(0.53, abs=0.01)
    assert np.isfinite(field_sums(parts)).all()
    for order, sign in (
        ((0, 1, 2), (1, -1, 1)),
        ((0, 2, 1), (1, 1, 1)),
        ((1, 0, 2), (1, 1, 1)),
        ((2, 1, 0), (1, 1, 1)),
    ):
        wrong = values[:1, :, order] * np.array(sign, np.float32)[:, None, None]
        assert one_field((wrong, mask[:1]), near) < -0.25
