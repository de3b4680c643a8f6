"""FITS files as archives deliver them: Rice-compressed or plain, with checksums, and the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
from astropy.io import fits

from sunproof.pipeline.receipts import replacing
from sunproof.pipeline.simulate.instruments.base import ORIGIN

__all__ = ["Cards", "write_fits"]

Cards = Mapping[str, str | int | float | bool]


def write_fits(path: Path, data: npt.NDArray[Any], cards: Cards, compressed: bool = True) -> Path:
    """Write an image whole or not at all.

    Parameters
    ----------
    path : Path
    data : ndarray, shape (y, x)
        Pixels as stored.
    cards : mapping
        Keywords of the instrument, BSCALE and BLANK among them where it has them. ``SIMULATE`` and ``ORIGIN`` are
        added.
    compressed : bool
        As RICE_1 tiles of one row in the first extension; else in the primary array.

    Returns
    -------
    Path
        The same path.
    """
    header = fits.Header([("SIMULATE", True, "no observation of the Sun"), ("ORIGIN", ORIGIN), *cards.items()])
    hdus = _compressed(data, header) if compressed else fits.HDUList([_headed(fits.PrimaryHDU(data), header)])
    for hdu in hdus:
        # The date of writing would stand in the comment, and with it other bytes every time.
        hdu.add_checksum(when="on writing")
    with replacing(path) as partial:
        hdus.writeto(partial, output_verify="exception")
    return path


def _headed(hdu: fits.PrimaryHDU, header: fits.Header) -> fits.PrimaryHDU:
    # After the data: astropy would take BSCALE for something that it has to undo.
    hdu.header.update(header)
    return hdu


def _compressed(data: npt.NDArray[Any], header: fits.Header) -> fits.HDUList:
    # The level concerns floating-point pixels alone: steps of a sixty-fourth of the noise.
    image = fits.CompImageHDU(data, compression_type="RICE_1", tile_shape=(1, data.shape[1]), quantize_level=64.0)
    image.header.update(header)
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(buffer)
    buffer.seek(0)
    # Seen as the table that it is, for the checksum belongs to that.
    hdus = fits.open(buffer, disable_image_compression=True, memmap=False)
    hdus.readall()
    return hdus
