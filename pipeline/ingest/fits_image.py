"""Read one FITS image whole, verified, and fast where it is Rice-compressed by rows.

Nearly all SDO images come as RICE_1 tiles of one row, which `fits_rice` decodes. Anything else is left to astropy.
"""

from __future__ import annotations

import gzip
import io
import re
import warnings
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ingest.fits_rice import decode_rows, is_rice_by_rows
from sunproof.pipeline.ingest.fits_sums import verify_sums
from sunproof.pipeline.warned import caught

__all__ = ["FitsImage", "read_fits_image"]

_GRAVE = re.compile(r"datasum|truncated|missing end", re.IGNORECASE)
# Rows that are scaled at once: their floating-point copy stays in the processor's cache.
_BAND = 32


class FitsImage(NamedTuple):
    """An image and what its file says of it.

    Attributes
    ----------
    data : ndarray, shape (y, x)
        Pixels; integers as stored when there is neither scaling nor a blank pixel, else float32 with NaN for blank.
    header : astropy.io.fits.Header
        Header of the image as the instrument wrote it, without the compression's own keywords.
    checksum : str
        ``"verified"``, ``"pixels verified, header changed since"`` or ``"none in file"``; pixels with a wrong sum are
        an error.
    flags : ndarray of int, shape (y, x), optional
        Quality of each pixel, where the file's next image is of integers and of the same shape.
    """

    data: NDArray[Any]
    header: fits.Header
    checksum: str
    flags: NDArray[Any] | None = None


def read_fits_image(path: str | Path, content: memoryview | None = None, *, lend: bool = False) -> FitsImage:
    """Read the first two-dimensional image of a FITS file.

    Parameters
    ----------
    path : str or Path
        The file.
    content : memoryview, optional
        Its bytes, where they have been read already.
    lend : bool
        Whether the pixels may lie in memory that the thread's next lent image overwrites.

    Raises
    ------
    InputError
        If it is no FITS file (a saved web page is told as such), is truncated, has a wrong checksum, or holds no image.
    """
    path = Path(path)
    # A truncated file is only a warning to astropy; here it is an error. Other warnings (a card such as R_VALUE = nan,
    # which the standard does not allow) concern single keywords, which then read as missing.
    with caught(record=True) as notes:
        warnings.simplefilter("always")
        try:
            content = memoryview(path.read_bytes()) if content is None else content
            # by its first bytes: names of compressed files do not always say so
            packed = bytes(content[:2]) == b"\x1f\x8b"
            content = memoryview(gzip.decompress(content)) if packed else content
            _refuse_what_is_not_fits(path, bytes(content[:80]))
            found, broken = _read(path, content, packed, lend)
        except (OSError, EOFError, zlib.error, ValueError, KeyError, IndexError, TypeError) as error:
            raise _unreadable(path, str(error)) from error
    broken += [text for note in notes if _GRAVE.search(text := str(note.message).strip())]
    if broken:
        raise _unreadable(path, "; ".join(broken))
    return found


def _unreadable(path: Path, got: str) -> InputError:
    return InputError(Problem("not readable as FITS", str(path), got, "a whole file", "Fetch it again."))


def _refuse_what_is_not_fits(path: Path, start: bytes) -> None:
    if not start.startswith(b"SIMPLE  ="):
        line = start.split(b"\n")[0][:60].decode("latin-1")
        hint = (
            "An error page of the server was saved in the file's place; fetch it again." if b"<" in start[:20] else ""
        )
        raise InputError(Problem("not a FITS file", str(path), line, "SIMPLE  = T at the start", hint))


def _read(path: Path, content: memoryview, packed: bool, lend: bool) -> tuple[FitsImage, list[str]]:
    broken: list[str] = []
    with fits.open(_file(path, content, packed), memmap=False, disable_image_compression=True) as raw:
        checksum = verify_sums(raw, content, broken)
        table = next((hdu for hdu in raw if hdu.header.get("ZIMAGE")), None)
        if table is not None and is_rice_by_rows(table) and not broken:
            header = fits.CompImageHDU(bintable=table).header
            data = _scaled(decode_rows(table, content, lend), header)
            return FitsImage(data, header, checksum), broken
    with fits.open(_file(path, content, packed), memmap=False) as hdus:
        image = next((hdu for hdu in hdus if hdu.header.get("NAXIS") == 2 and hdu.is_image), None)
        if image is None:
            shapes = [hdu.header.get("NAXIS") for hdu in hdus]
            raise InputError(Problem("no two-dimensional image", str(path), shapes, "an image with NAXIS = 2"))
        data = np.asarray(image.data)
        # FITS is big-endian, torch and numba are not
        data = data.astype(data.dtype.newbyteorder("="), copy=False)
        return FitsImage(data, image.header.copy(), checksum, _flags(hdus, image)), broken


def _file(path: Path, content: memoryview, packed: bool) -> Path | io.BytesIO:
    """Give astropy what was unpacked already; of a plain file it mostly reads the headers, so nothing is copied."""
    return io.BytesIO(content) if packed else path


def _flags(hdus: fits.HDUList, image: fits.ImageHDU) -> NDArray[Any] | None:
    following = hdus[[hdu is image for hdu in hdus].index(True) + 1 :]
    flags = next((hdu for hdu in following if hdu.is_image and hdu.shape == image.shape), None)
    return None if flags is None or flags.data.dtype.kind not in "iu" else np.array(flags.data)


def _scaled(pixels: NDArray[Any], header: fits.Header) -> NDArray[Any]:
    """Apply BLANK, BSCALE and BZERO as the standard says: blank is a stored value."""
    scale, zero, blank = header.get("BSCALE", 1.0), header.get("BZERO", 0.0), header.get("BLANK")
    if scale == 1.0 and zero == 0.0 and (blank is None or not (pixels == blank).any()):
        return pixels
    values = np.empty(pixels.shape, np.float32)
    for first in range(0, len(pixels), _BAND):
        rows = pixels[first : first + _BAND]
        # scaled in double and then rounded once: in float32 a large BZERO would eat the last digits
        exact = rows.astype(np.float64) * scale + zero
        if blank is not None:
            exact[rows == blank] = np.nan
        values[first : first + _BAND] = exact
    return values
