"""True headers of every image instrument, and small images written under them."""

from pathlib import Path

import numpy as np
import sunpy
from astropy.io import fits

SUNPY = Path(sunpy.__file__).parent / "data" / "test"


def header_of(name: str) -> fits.Header:
    """Header of a file that sunpy ships, as its instrument's team wrote it."""
    path = SUNPY / name
    # Not through the file reader, which complains about a BLANK that was left behind when pixels were rescaled.
    header = fits.Header.fromtextfile(path) if path.suffix == ".header" else fits.Header.fromfile(path)
    for keyword in ("CHECKSUM", "DATASUM", "BSCALE", "BZERO", "BLANK", "XTENSION", "PCOUNT", "GCOUNT"):
        header.remove(keyword, ignore_missing=True)
    return header


def disk(shape, seed=1):
    """Positive noise, brighter towards one corner, so that no mirror of it looks the same."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (np.random.default_rng(seed).normal(300, 30, shape) + 3 * x + 5 * y).astype(np.float32)


def write_image(path: Path, name: str, data=None, **changes) -> Path:
    """Write an image under a true header, with some keywords changed (None removes one)."""
    header = header_of(name)
    data = disk((header["NAXIS2"], header["NAXIS1"])) if data is None else data
    for keyword, value in changes.items():
        keyword = keyword.replace("DATE_", "DATE-") if keyword not in header else keyword
        if value is None:
            header.remove(keyword, ignore_missing=True)
        else:
            header[keyword] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(data, header).writeto(path, checksum=True, output_verify="silentfix", overwrite=True)
    return path
