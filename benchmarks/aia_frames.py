"""AIA-like level 1 files of 4096 x 4096 pixels, made here: a real header and a real disk, magnified, with noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sunpy
from astropy.io import fits
from scipy.ndimage import zoom

__all__ = ["make_frames"]

# A level 1 image of 171 angstrom from 15 February 2011 that sunpy ships for its tests, averaged to 128 x 128.
_SMALL = Path(sunpy.__file__).parent / "data/test/aia_171_level1.fits"
_SIZE, _SCALE = 4096, 0.599489
_START = np.datetime64("2011-02-15T00:00:01.000", "ms")


def make_frames(folder: Path, count: int) -> list[Path]:
    """Write what is not there yet: one file every 12 minutes; each has its own noise and pointing.

    Parameters
    ----------
    folder : Path
        Raw folder; files lie in its subfolder ``aia``.
    count : int
        Number of files.
    """
    paths = [folder / "aia" / f"aia_171_{index:04}.fits" for index in range(count)]
    missing = [index for index, path in enumerate(paths) if not path.exists()]
    if missing:
        disk = _disk()
        for index in missing:
            _write(paths[index], disk, index)
    return paths


def _disk() -> np.ndarray:
    with fits.open(_SMALL, ignore_blank=True) as hdus:
        small = hdus[-1].data.astype(np.float32)
    # Counts a pixel, not lowered by the averaging; cubic interpolation may undershoot beside bright loops.
    return np.clip(zoom(small, _SIZE / small.shape[0], order=3, mode="nearest", grid_mode=True), 1, 16000)


def _write(path: Path, disk: np.ndarray, index: int) -> None:
    rng = np.random.default_rng(index)
    # Counts are in the hundreds, where a rounded normal distribution is a Poisson distribution and ten times as fast.
    noisy = disk + np.sqrt(disk) * rng.standard_normal(disk.shape, dtype=np.float32)
    data = np.clip(np.rint(noisy), 0, 16383).astype(np.int16)
    header = fits.Header.fromfile(_SMALL)
    for keyword in ("CHECKSUM", "DATASUM", "BSCALE", "BZERO", "BLANK"):
        header.remove(keyword, ignore_missing=True)
    header["T_OBS"] = f"{_START + index * np.timedelta64(720, 's')}Z"
    header["DATE-OBS"] = header["T_OBS"].rstrip("Z")
    header["CRVAL1"] = header["CRVAL2"] = 0.0  # as level 1 has it; the averaged file counts from another place
    header["CRPIX1"], header["CRPIX2"] = 2048.5 + rng.normal(0, 4), 2048.5 + rng.normal(0, 4)
    header["CDELT1"] = header["CDELT2"] = header["IMSCL_MP"] = _SCALE
    header["R_SUN"], header["QUALITY"] = header["RSUN_OBS"] / _SCALE, 0
    path.parent.mkdir(parents=True, exist_ok=True)
    image = fits.CompImageHDU(data, header, compression_type="RICE_1", tile_shape=(1, _SIZE))
    partial = path.with_suffix(".partial")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(partial, checksum=True, output_verify="silentfix", overwrite=True)
    partial.rename(path)
