from functools import partial

import numpy as np
import pytest

from sunproof.pipeline.ingest.images import part as module
from sunproof.pipeline.ingest.images.config import ImagesConfig
from sunproof.pipeline.ingest.images.part import FramePart, Recipe, read_frame
from sunproof.pipeline.ingest.parts import Refused
from sunproof.pipeline.ingest.readers import readers
from tests.pipeline.ingest.images.build import sun, write_aia

IMAGES = ImagesConfig(size=32)


@pytest.fixture
def read(tmp_path):
    (reader,) = readers(["aia"])
    return partial(read_frame, Recipe.of(reader, IMAGES), tmp_path, folder=tmp_path / "parts")


def recipe(**changes) -> Recipe:
    (reader,) = readers(["aia"])
    return Recipe.of(reader, ImagesConfig(size=32, **changes))


def test_a_part_holds_the_registered_image_and_what_is_known_of_it(tmp_path, read):
    path = write_aia(tmp_path / "aia/a.fits", 1.5, sun(64), EXPTIME=2.0)
    part = read(path)
    assert isinstance(part, FramePart)
    assert (part.group, part.quantity, part.path) == ("aia_171", "intensity", "aia/a.fits")
    assert part.time == np.datetime64("2011-02-15T00:00:01.500", "ns")
    image = part.image().astype(np.float32) * 64
    assert image.shape == (32, 32)
    assert image[16, 16] == pytest.approx(sun(64)[32:34, 32:34].mean() / 2, rel=0.2)
    assert part.record["exposure_time"] == 2.0
    assert np.isnat(part.record["t_tai"])
    assert part.facts["checksum"] == "verified"


def test_a_part_is_read_once(tmp_path, read, monkeypatch):
    path = write_aia(tmp_path / "aia/a.fits", 1)
    first = read(path)
    monkeypatch.setattr(module, "_make", None)
    again = read(path)
    assert (again.store, again.facts) == (first.store, first.facts)
    assert str(again.record) == str(first.record)


def test_a_broken_part_is_read_again(tmp_path, read):
    path = write_aia(tmp_path / "aia/a.fits", 1)
    store = read(path).store
    content = store.read_bytes()
    store.write_bytes(content[: len(content) // 2])
    assert read(path).store.read_bytes() == content


def test_a_rejected_frame_is_known_but_has_no_image(tmp_path, read):
    part = read(write_aia(tmp_path / "aia/a.fits", 1, QUALITY=1 << 13))
    assert part.rejected_for == "eclipse"
    with pytest.raises(KeyError, match="image"):
        part.image()


def test_near_real_time_images_are_good(tmp_path, read):
    assert read(write_aia(tmp_path / "aia/a.fits", 1, QUALITY=1 << 30)).rejected_for == ""


def test_equal_pixels_are_told_whatever_the_time(tmp_path, read):
    first = read(write_aia(tmp_path / "aia/a.fits", 1, sun(seed=5)))
    again = read(write_aia(tmp_path / "aia/b.fits", 99, sun(seed=5)))
    other = read(write_aia(tmp_path / "aia/c.fits", 1, sun(seed=6)))
    assert first.pixels == again.pixels != other.pixels
    assert first.digest != again.digest


def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, read):
    path = tmp_path / "aia/page.fits"
    path.parent.mkdir()
    path.write_text("<html>503</html>")
    refused = read(path)
    assert isinstance(refused, Refused)
    assert "HTML" in str(refused.problems[0])
    assert refused.digest.startswith("sha256:")


def test_a_recipe_changes_with_what_its_parts_depend_on(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a")
    keys = {
        recipe().key,
        recipe(dtype="float32").key,
        recipe(half_width=1000).key,
        recipe(reject_bits={"aia": [13]}).key,
        recipe(aia_pointing=table).key,
        recipe(products={"aia_171": {"size": 64}}).key,
    }
    assert len(keys) == 6
    before = recipe(aia_pointing=table).key
    table.write_text("b")
    assert recipe(aia_pointing=table).key != before


@pytest.mark.parametrize(
    "changes",
    [
        {"cadence_seconds": 60},
        {"tolerance_seconds": 5},
        {"reject_bits": {"hmi": [3]}},
        {"products": {"hmi_m": {"size": 64}}},
        {"products": {"aia_171": {"cadence_seconds": 60}}},
    ],
)
def test_what_belongs_to_the_clock_or_to_others_leaves_parts_alone(changes):
    expected = recipe(products={"aia_171": {}}).key if "aia_171" in changes.get("products", {}) else recipe().key
    assert recipe(**changes).key == expected
