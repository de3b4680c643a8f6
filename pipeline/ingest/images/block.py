"""A block of time as one file: the Zarr shard of its frames, made whole, named by the parts it is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import google_crc32c
import numpy as np
import zarr

from sunproof.pipeline.ingest.storage import chunk_rows
from sunproof.pipeline.receipts import digest_json, replacing

__all__ = ["Block", "Pixels", "write_block"]

# Bytes of a block: 128 frames of 512 x 512 in float16; large enough for few files, small enough for a worker's memory.
# Small frames have blocks of a thousand, about a week at 12 minutes, so that a short archive is no large file.
_BLOCK_BYTES, _BLOCK_SLOTS = 2**26, 1024
# What Zarr's specification of sharding writes as place and length of a chunk that is not stored.
_ABSENT = 2**64 - 1


class Pixels(NamedTuple):
    """How the image variable of a group lies on disk."""

    rows: int
    columns: int
    dtype: str

    @property
    def chunk(self) -> int:
        """Frames of one inner chunk, the least that is read at once."""
        return chunk_rows((self.rows, self.columns))

    @property
    def block(self) -> int:
        """Frames of one block: a multiple of `chunk`."""
        frame = self.rows * self.columns * np.dtype(self.dtype).itemsize
        return max(1, min(_BLOCK_BYTES // frame, _BLOCK_SLOTS) // self.chunk) * self.chunk

    def array(self, group: zarr.Group, name: str, slots: int, **attributes: Any) -> zarr.Array[Any]:
        """Create the array in a group: blocks are shards, and inner chunks lie uncompressed."""
        array: zarr.Array[Any] = group.create_array(
            name,
            shape=(slots, self.rows, self.columns),
            chunks=(self.chunk, self.rows, self.columns),
            shards=(self.block, self.rows, self.columns),
            dtype=self.dtype,
            compressors=None,
            filters=None,
            fill_value=np.nan,
            attributes=attributes,
            dimension_names=("time", "y", "x"),
        )
        return array


class Block(NamedTuple):
    """A finished block: its place in the array, its file and the file's digest."""

    place: int
    store: Path
    digest: str


def write_block(folder: Path, pixels: Pixels, place: int, frames: Sequence[tuple[int, Path]]) -> Block:
    """Write the shard of one block, unless it is there already.

    Parameters
    ----------
    folder : Path
        Where blocks of this group are kept.
    pixels : Pixels
        Shape and type of the frames.
    place : int
        Position of the block in the array.
    frames : sequence of (int, Path)
        Slot within the block, and part of the frame in it; slots without a frame are missing. At least one.

    Returns
    -------
    Block
        Its file is named by shape, type, slots and parts, so that the same name means the same bytes.
    """
    names = [(slot, store.name) for slot, store in frames]
    key = digest_json({"pixels": list(pixels), "frames": names}).removeprefix("sha256:")[:32]
    store, mark = folder / key, folder / f"{key}.json"
    if store.exists() and mark.exists():
        # A mark is written after its block: without it the block may be what a power failure left.
        return Block(place, store, json.loads(mark.read_text(encoding="utf-8"))["digest"])
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(store) as partial, partial.open("wb") as stream:
        digest = _write_shard(stream, pixels, frames)
    with replacing(mark) as partial:
        partial.write_text(json.dumps({"digest": digest}), encoding="utf-8")
    return Block(place, store, digest)


def _write_shard(stream: BinaryIO, pixels: Pixels, frames: Sequence[tuple[int, Path]]) -> str:
    """Write what Zarr's sharding writes (a test compares), a chunk at a time and without its 4 ms a chunk.

    Chunks that hold a frame follow each other; at the end stands a table with place and length of every chunk, and its
    CRC-32C. Gives the SHA-256 of all.
    """
    digest = hashlib.sha256()
    table = np.full((pixels.block // pixels.chunk, 2), _ABSENT, "<u8")
    # absent chunks are not stored at all: months without a frame cost no disk
    chunks: dict[int, list[tuple[int, Path]]] = {}
    for slot, part in sorted(frames):
        chunks.setdefault(slot // pixels.chunk, []).append((slot % pixels.chunk, part))
    # little-endian on disk, whatever the machine: the digest is one everywhere
    values = np.empty((pixels.chunk, pixels.rows, pixels.columns), np.dtype(pixels.dtype).newbyteorder("<"))
    for count, (chunk, members) in enumerate(chunks.items()):
        values[:] = np.nan
        for slot, part in members:
            with np.load(part, allow_pickle=False) as arrays:
                values[slot] = arrays["image"]
        digest.update(values.data)
        stream.write(values.data)
        table[chunk] = count * values.nbytes, values.nbytes
    end = table.tobytes()
    end += google_crc32c.value(end).to_bytes(4, "little")
    digest.update(end)
    stream.write(end)
    return f"sha256:{digest.hexdigest()}"
