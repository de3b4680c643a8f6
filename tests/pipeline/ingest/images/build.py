"""Small images of AIA under a true header, and configurations for them."""

from pathlib import Path

import numpy as np
import sunpy
from astropy.io import fits

from sunproof.pipeline.ingest.config import IngestConfig

HEADER = Path(sunpy.__file__).parent / "data/test/aia_171_level1.fits"
START = np.datetime64("2011-02-15T00:00:00", "ms")


def sun(size: int = 64, seed: int = 0) -> np.ndarray:
    """A bright disk with noise, no two alike."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    disk = np.where(np.hypot(x, y) < 0.38 * size, 400.0, 20.0)
    return np.random.default_rng(seed).poisson(disk).astype(np.int16)


def write_aia(path: Path, seconds: float, data: np.ndarray | None = None, channel: int = 171, **changes) -> Path:
    """Write a Rice-compressed AIA image that was taken so many seconds after START."""
    header = fits.Header.fromfile(HEADER)
    for keyword in ("CHECKSUM", "DATASUM", "BSCALE", "BZERO", "BLANK"):
        header.remove(keyword, ignore_missing=True)
    data = sun(seed=int(seconds * 10) + channel) if data is None else data
    header["T_OBS"] = f"{START + np.timedelta64(round(seconds * 1000), 'ms')}Z"
    header["WAVELNTH"] = channel
    for axis in (1, 2):
        header[f"CDELT{axis}"] = 2457.6 / data.shape[0]
        header[f"CRPIX{axis}"] = (data.shape[0] + 1) / 2
    header.update(changes)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = fits.CompImageHDU(data, header, compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path, checksum=True, output_verify="silentfix", overwrite=True)
    return path


def write_frames(raw: Path, count: int = 10) -> None:
    """One image every twelve minutes, a second after the slot, with everything that can go wrong among them."""
    folder = raw / "aia"
    for slot in range(count):
        if slot not in (3, 5):
            write_aia(folder / f"{slot:04}.fits", 720 * slot + 1)
    write_aia(folder / "0005.fits", 720 * 5 + 1, QUALITY=1 << 13)  # eclipse
    write_aia(folder / "between.fits", 720 * 6 + 200)
    write_aia(folder / "nearer.fits", 720 * 7 + 0.5)
    write_aia(folder / "stale.fits", 720 * 8 + 30, sun(seed=((720 * 2 + 1) * 10) + 171))
    (folder / "copy.fits").write_bytes((folder / "0004.fits").read_bytes())
    (folder / "cut.fits").write_bytes((folder / "0004.fits").read_bytes()[:6000])
    (folder / "page.fits").write_text("<html>503</html>")
    write_aia(folder / "0000_304.fits", 2, channel=304)


def config_for(folder: Path, **changes) -> IngestConfig:
    settings = {
        "raw": folder / "raw",
        "archive": folder / "archive.zarr",
        "sources": ["aia"],
        "images": {"size": 32, "tolerance_seconds": 40},
        "cluster": {"kind": "threads", "workers": 2},
    }
    return IngestConfig.model_validate({**settings, **changes})
