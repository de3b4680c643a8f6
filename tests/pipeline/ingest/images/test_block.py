import json

import numpy as np
import pytest
import zarr

from sunproof.pipeline.ingest.images.block import Pixels, write_block
from sunproof.pipeline.receipts import digest_file

PIXELS = Pixels(64, 64, "float16")


@pytest.fixture
def parts(tmp_path):
    found = []
    for index in range(3):
        path = tmp_path / f"{index}.npz"
        np.savez(path, image=np.full((64, 64), index, np.float16))
        found.append(path)
    return found


def test_a_block_is_64_mebibytes_of_whole_chunks():
    assert (Pixels(512, 512, "float16").block, Pixels(512, 512, "float16").chunk) == (128, 1)
    assert (Pixels(4096, 4096, "float16").block, Pixels(4096, 4096, "float32").block) == (2, 1)
    small = Pixels(100, 100, "float16")
    assert small.block % small.chunk == 0


def test_a_block_is_read_back_in_its_place(tmp_path, parts):
    block = write_block(tmp_path / "blocks", PIXELS, 1, [(0, parts[1]), (PIXELS.chunk + 2, parts[2])])
    assert block.digest == digest_file(block.store)
    array = PIXELS.array(zarr.create_group(tmp_path / "g", zarr_format=3), "i", 2 * PIXELS.block)
    place = tmp_path / "g/i/c/1/0/0"
    place.parent.mkdir(parents=True)
    place.write_bytes(block.store.read_bytes())
    values = array[:]
    assert np.isnan(values[: PIXELS.block]).all()
    assert (values[PIXELS.block] == 1).all()
    assert (values[PIXELS.block + PIXELS.chunk + 2] == 2).all()
    assert np.isfinite(values).any(axis=(1, 2)).sum() == 2


@pytest.mark.parametrize("slots", [(0, 1, 2), (5, PIXELS.chunk, PIXELS.block - 1)])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_block_holds_the_bytes_that_zarr_writes(tmp_path, parts, slots, dtype):
    pixels = PIXELS._replace(dtype=dtype)
    block = write_block(tmp_path / "blocks", pixels, 0, list(zip(slots, parts, strict=True)))
    array = pixels.array(zarr.create_group(tmp_path / "g", zarr_format=3), "i", pixels.block)
    values = np.full((pixels.block, 64, 64), np.nan, dtype)
    for value, slot in enumerate(slots):
        values[slot] = value
    array[:] = values
    assert block.store.read_bytes() == (tmp_path / "g/i/c/0/0/0").read_bytes()


def test_empty_chunks_take_no_space(tmp_path, parts):
    one = write_block(tmp_path / "blocks", PIXELS, 0, [(0, parts[0])])
    chunk = PIXELS.chunk * 64 * 64 * 2
    assert chunk < one.store.stat().st_size < chunk + 16 * PIXELS.block


def test_a_finished_block_is_not_written_again(tmp_path, parts):
    first = write_block(tmp_path / "blocks", PIXELS, 0, [(0, parts[0])])
    inode = first.store.stat().st_ino
    assert write_block(tmp_path / "blocks", PIXELS, 0, [(0, parts[0])]) == first
    assert first.store.stat().st_ino == inode


def test_a_block_without_its_mark_is_written_again(tmp_path, parts):
    first = write_block(tmp_path / "blocks", PIXELS, 0, [(0, parts[0])])
    mark = first.store.with_name(f"{first.store.name}.json")
    assert json.loads(mark.read_text()) == {"digest": first.digest}
    mark.unlink()
    first.store.write_bytes(b"cut short")
    assert write_block(tmp_path / "blocks", PIXELS, 0, [(0, parts[0])]) == first
    assert digest_file(first.store) == first.digest


@pytest.mark.parametrize("frames", [[(0, 1)], [(1, 0)], [(0, 0), (1, 1)]])
def test_other_frames_or_slots_are_another_block(tmp_path, parts, frames):
    one = write_block(tmp_path / "blocks", PIXELS, 0, [(0, parts[0])])
    other = write_block(tmp_path / "blocks", PIXELS, 0, [(slot, parts[part]) for slot, part in frames])
    assert one.store != other.store
    assert one.digest != other.digest
