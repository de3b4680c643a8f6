"""The sums that FITS files carry: every block of the file against its DATASUM and CHECKSUM."""

from __future__ import annotations

import numpy as np
from astropy.io import fits

__all__ = ["verify_sums"]

_ALL_ONES = 0xFFFFFFFF


def verify_sums(hdus: fits.HDUList, content: memoryview, broken: list[str]) -> str:
    """Compare all sums of a file.

    Parameters
    ----------
    hdus : astropy.io.fits.HDUList
        Opened without decompression, so that every unit lies as in the file.
    content : memoryview
        The file's bytes.
    broken : list of str
        Receives a sentence for each unit whose data are wrong or incomplete.

    Returns
    -------
    str
        ``"verified"``, ``"pixels verified, header changed since"`` or ``"none in file"``.
    """
    found, changed = False, False
    for place, hdu in enumerate(hdus):
        info = hdu.fileinfo()
        start, data, end = info["hdrLoc"], info["datLoc"], info["datLoc"] + info["datSpan"]
        if end > len(content):
            broken.append(f"truncated: {len(content)} bytes, HDU {place} ends at {end}")
            continue
        expected, total = str(hdu.header.get("DATASUM", "")).strip(), str(hdu.header.get("CHECKSUM", "")).strip()
        if expected and _sum(content[data:end]) != int(expected):
            broken.append(f"Datasum verification failed for HDU {place}")
        found |= bool(expected or total)
        # in ones' complement all ones is zero, as 0 is
        if total and _sum(content[start:end]) not in (0, _ALL_ONES):
            # headers are edited by archives after the sums were made; pixels that are whole are whole
            changed = True
            if not expected and end > data:
                broken.append(f"Checksum verification failed for HDU {place}, whose data have no DATASUM")
    return "none in file" if not found else "pixels verified, header changed since" if changed else "verified"


def _sum(content: memoryview) -> int:
    """Ones' complement sum of big-endian 32-bit words (FITS standard 4.0, appendix J): carries go round."""
    total = int(np.frombuffer(content, ">u4").sum(dtype=np.uint64))
    while total > _ALL_ONES:
        total = (total & _ALL_ONES) + (total >> 32)
    return total
