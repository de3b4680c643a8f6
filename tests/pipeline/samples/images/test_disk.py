import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.samples.config import DiskConfig
from sunproof.pipeline.samples.images.base import read_shared
from sunproof.pipeline.samples.images.disk import DiskImages
from tests.pipeline.samples.images.build import START, keys, write_images


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("disk") / "archive.zarr"
    random = np.random.default_rng(0)
    for name, missing in (("aia_171", [3, 4]), ("suvi16_195", [5])):
        pixels = random.gamma(2.0, 50.0, (12, 16, 16))
        pixels[missing] = np.nan
        # every other frame comes five minutes after its slot
        write_images(path, name, pixels, late=np.arange(12) % 2 * 300)
    return path


CONFIG = DiskConfig(groups=("aia_171", "suvi16_195"), size=8, lags_hours=(0, 2), oldest_hours=1.5)


def test_a_stack_is_what_xarray_reads(archive):
    images = DiskImages(archive, keys(8.5), CONFIG)
    values, mask = images.read(np.array([0]))
    assert values.shape == (1, 2, 2, 8, 8)
    assert mask.all()
    for channel, name in enumerate(CONFIG.groups):
        frames = xr.open_zarr(archive, group=name)["intensity"]
        for lag, slot in ((0, 8), (1, 6)):
            expected = frames[slot].coarsen(y=2, x=2).mean()
            np.testing.assert_allclose(values[0, lag, channel], expected, rtol=1e-6)


def test_nothing_observed_after_the_cutoff_enters(archive):
    # slot 7 was observed at 7:05, five minutes too late for a cut-off at 7:00
    images = DiskImages(archive, keys(7, 7 + 1 / 12), CONFIG)
    assert images.latest.tolist() == [
        (START + np.timedelta64(6, "h")).astype("datetime64[us]").item(),
        (START + np.timedelta64(425, "m")).astype("datetime64[us]").item(),
    ]
    assert (images.latest <= keys(7, 7 + 1 / 12).cutoff).all()


def test_what_comes_after_the_cutoff_changes_nothing(archive, tmp_path):
    changed = tmp_path / "changed.zarr"
    random = np.random.default_rng(0)
    for name, missing in (("aia_171", [3, 4]), ("suvi16_195", [5])):
        pixels = random.gamma(2.0, 50.0, (12, 16, 16))
        pixels[missing] = np.nan
        pixels[9:] = 1e4
        write_images(changed, name, pixels, late=np.arange(12) % 2 * 300)
    ours, theirs = (DiskImages(path, keys(9), CONFIG).read(np.array([0])) for path in (archive, changed))
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])


def test_a_missing_frame_is_masked_and_no_other_time_stands_in(archive):
    # the frames of 3 and 4 h are missing, that of 2 h is too old
    images = DiskImages(archive, keys(4.5), CONFIG)
    assert images.found[0].tolist() == [[False, True], [True, True]]
    values, mask = images.read(np.array([0]))
    assert not mask[0, 0, 0].any()
    assert (values[0, 0, 0] == 0).all()
    assert mask[0, 1, 0].all()


def test_rows_of_one_cutoff_share_their_images(archive):
    images = DiskImages(archive, keys(8, 6, 8, 6), CONFIG)
    shared = read_shared(images, np.array([0, 1, 2, 3]))
    assert len(shared.values) == 2
    assert shared.index.tolist() == [0, 1, 0, 1]
    np.testing.assert_array_equal(shared.values[shared.index], images.read(np.arange(4))[0])


def test_only_the_frames_of_a_batch_are_read(archive, monkeypatch):
    images = DiskImages(archive, keys(*range(2, 12)), CONFIG)
    asked = []
    for frames in images._frames:
        original = frames.read
        monkeypatch.setattr(frames, "read", lambda slot, original=original: asked.append(slot) or original(slot))
    images.read(np.array([6]))
    assert sorted(asked) == [6, 6, 8, 8]


def test_a_frame_that_is_listed_but_gone_is_an_error(archive, tmp_path):
    broken = tmp_path / "broken.zarr"
    write_images(broken, "aia_171", np.ones((4, 16, 16)))
    (broken / "aia_171/intensity/c/0/0/0").unlink()
    images = DiskImages(broken, keys(2), CONFIG.model_copy(update={"groups": ("aia_171",)}))
    with pytest.raises(ArchiveError, match=r"aia_171, frame of 2013-03-01T02.*: frame cannot be read; got 'no pixel'"):
        images.read(np.array([0]))


def test_a_truncated_block_is_an_error(tmp_path):
    write_images(tmp_path / "cut.zarr", "aia_171", np.ones((4, 16, 16)))
    block = tmp_path / "cut.zarr/aia_171/intensity/c/0/0/0"
    content = block.read_bytes()
    block.write_bytes(content[:100] + content[-68:])
    images = DiskImages(tmp_path / "cut.zarr", keys(3), CONFIG.model_copy(update={"groups": ("aia_171",)}))
    with pytest.raises(ArchiveError, match="frame cannot be read"):
        images.read(np.array([0]))


def test_sizes_and_groups_that_do_not_fit_are_refused(archive):
    with pytest.raises(ArchiveError, match=r"aia_171, size: frames cannot .* got 12; wanted a divisor of 16"):
        DiskImages(archive, keys(1), CONFIG.model_copy(update={"size": 12}))
    with pytest.raises(ArchiveError, match="group is missing"):
        DiskImages(archive, keys(1), CONFIG.model_copy(update={"groups": ("aia_304",)}))


def test_the_placement_of_a_disk_is_that_of_its_frames(archive):
    images = DiskImages(archive, keys(8.5, 5.9), CONFIG)
    found = images.placement(np.array([1, 0]))
    assert found.projection == "helioprojective"
    np.testing.assert_allclose(found.step, 2 * 1228.8 / 8)
    assert (found.centre == 0).all()
    # of the second row, two hours before 5:54 slots 3 and 4 are missing in one group
    missing = [(1, 1, 0)] if np.isnat(found.time[0, 1, 0]) else []
    assert np.isnan(found.observer[0, 1, 0]).all() == bool(missing)
    latest = np.fmax.reduce(found.time.reshape(2, -1), axis=1)
    np.testing.assert_array_equal(latest, images.latest[[1, 0]])
