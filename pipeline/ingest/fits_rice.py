"""Decode images that were Rice-compressed row by row, as nearly all of SDO's are.

astropy decodes them tile by tile holding the interpreter lock; handing the tiles of the file's heap to imagecodecs
gives the same pixels (a test compares) in less time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from sunproof.pipeline.ingest.scratch import scratch

__all__ = ["decode_rows", "is_rice_by_rows"]

_TYPES = {8: np.uint8, 16: np.int16, 32: np.int32}
# Format of the descriptors of tiles, their type and their bytes.
_DESCRIPTORS = {"1P": (">i4", 8), "1Q": (">i8", 16)}


def is_rice_by_rows(table: fits.BinTableHDU) -> bool:
    """Tell whether a table of a compressed image is one that `decode_rows` decodes."""
    header = table.header
    rows = header.get("ZCMPTYPE") == "RICE_1" and (header.get("ZTILE1"), header.get("ZTILE2")) == (header["ZNAXIS1"], 1)
    if not rows or header["ZNAXIS"] != 2 or header["ZBITPIX"] not in _TYPES:
        return False
    # Floats are quantised, row by row; and rows that Rice would lengthen lie packed in a column of their own.
    if any(name in table.columns.names for name in ("ZSCALE", "GZIP_COMPRESSED_DATA")):
        return False
    width = np.dtype(_TYPES[header["ZBITPIX"]]).itemsize
    return header["TFORM1"][:2] in _DESCRIPTORS and _options(header).get("BYTEPIX", 4) == width


def decode_rows(table: fits.BinTableHDU, content: memoryview, lend: bool = False) -> NDArray[Any]:
    """Decode all rows.

    Parameters
    ----------
    table : astropy.io.fits.BinTableHDU
        The compressed image, for which `is_rice_by_rows` holds.
    content : memoryview
        Bytes of the whole file.
    lend : bool
        Whether the result may lie in memory that the thread's next lent image overwrites.

    Returns
    -------
    ndarray, shape (y, x)
        Integers as stored.

    Raises
    ------
    ValueError
        If a row cannot be decoded.
    """
    from imagecodecs import RcompError, rcomp_decode

    header = table.header
    shape, kind = (header["ZNAXIS2"], header["ZNAXIS1"]), _TYPES[header["ZBITPIX"]]
    found: NDArray[Any] = scratch("pixels", shape, kind) if lend else np.empty(shape, kind)
    start = table.fileinfo()["datLoc"]
    size = header["NAXIS1"] * header["NAXIS2"]
    heap = content[start + header.get("THEAP", size) : start + size + header["PCOUNT"]]
    block = _options(header).get("BLOCKSIZE", 32)
    for place, (row, (length, offset)) in enumerate(zip(found, _tiles(header, content[start:]), strict=True)):
        try:
            # Its annotations know only bytes, but any buffer will do, and a copy would cost.
            rcomp_decode(heap[offset : offset + length], nblock=block, out=row)  # type: ignore[arg-type]
        except RcompError as error:
            raise ValueError(f"row {place} cannot be decoded: {error}") from error
    return found


def _options(header: fits.Header) -> dict[str, Any]:
    return {header.get(f"ZNAME{place}"): header.get(f"ZVAL{place}") for place in range(1, 5)}


def _tiles(header: fits.Header, content: memoryview) -> list[list[int]]:
    """Give length and place in the heap of each row's bytes."""
    width, rows = header["NAXIS1"], header["NAXIS2"]
    word, size = _DESCRIPTORS[header["TFORM1"][:2]]
    table = np.frombuffer(content, np.uint8, width * rows).reshape(rows, width)
    tiles: list[list[int]] = table[:, :size].copy().view(word).tolist()
    return tiles
