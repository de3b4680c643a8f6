"""True headers of every image instrument, and small images written under them."""

from pathlib import Path

import numpy as np
import reproject
import sunpy
from astropy.io import fits

REPROJECT = Path(reproject.__file__).parent / "tests" / "data"
SUNPY = Path(sunpy.__file__).parent / "data" / "test"


def header_of(name: str) -> fits.Header:
    """Header of a file that sunpy or reproject ships, as its instrument's team wrote it."""
    path = SUNPY / name if (SUNPY / name).exists() else REPROJECT / name
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
            header.remove(keyword, ignore_missing=True, remove_all=True)
        else:
            header[keyword] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(data, header).writeto(path, checksum=True, output_verify="silentfix", overwrite=True)
    return path


# Instrument -> true header, and what is written under it; small, because every test writes its own.
HEADERS = {
    "aia": "aia_171_level1.fits",
    "hmi": "resampled_hmi.fits",
    "suvi": "dr_suvi-l2-ci195_g16_s20190403T093200Z_e20190403T093600Z_v1-0-0_rebinned.header",
    "euvi": "euvi_20090615_000900_n4euA_s.header",
    "mdi": "mdi.fd_M_96m_lev182.20101015_191200_TAI.data.header",
    "eit": "EIT/efz20040301.000010_s.fits",
    "xrt": "HinodeXRT.header",
    "swap": "swap_lv1_20140606_000113.header",
    "eui": "solo_L1_eui-fsi304-image_20201021T145510206_V03.header",
    "gong": "gong_magnetogram.header",
    "sharp_cea": "hmi_cea_sharp_magnetogram.header",
}
# The EIT files were averaged to 128 pixels without their headers being told.
MENDED = {"eit": {"CDELT1": 21.04, "CDELT2": 21.04}}
NAMES = {"sharp_cea": "hmi.sharp_cea_720s.11465.20240628_000000_TAI.Br.fits", "eui": "solo_L1_eui.fits"}


def write_example(root: Path, name: str, data=None, **changes) -> Path:
    """Write an image of one instrument into its folder."""
    path = root / name / NAMES.get(name, f"{name}.fits")
    return write_image(path, HEADERS[name], data, **{**MENDED.get(name, {}), **changes})


def write_esp(path: Path, **columns) -> Path:
    """A file like EVE's: three samples of four seconds on 15 February 2011."""
    values = {name: np.full(3, 6e-4, np.float32) for name in ("QD", "CH_18", "CH_26", "CH_30", "CH_36")}
    stamps = {"YEAR": np.full(3, 2011), "DOY": np.full(3, 46), "SOD": 6250.032 + 4.0 * np.arange(3)}
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column(name, "D" if name == "SOD" else "E" if name in values else "I", array=array)
            for name, array in {**values, **stamps, **columns}.items()
        ]
    )
    table.header.update({"TELESCOP": "SDO/EVE", "INSTRUME": "EVE_ESP", "T_OBS": "2011-02-15T01:44:10.045"})
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path, overwrite=True)
    return path
