"""Small archives in exactly the layouts of SDOML v2, SuryaBench and SWAN-SF, with made-up values."""

from pathlib import Path

import h5netcdf
import numcodecs
import numpy as np
import zarr

PHYSICAL = [
    *("TOTUSJH", "TOTBSQ", "TOTPOT", "TOTUSJZ", "ABSNJZH", "SAVNCPP", "USFLUX", "TOTFZ", "MEANPOT", "EPSZ", "MEANSHR"),
    *("SHRGT45", "MEANGAM", "MEANGBT", "MEANGBZ", "MEANGBH", "MEANJZH", "TOTFY", "MEANJZD", "MEANALP", "TOTFX", "EPSY"),
    *("EPSX", "R_VALUE"),
]
FLARES = [f"{letter}FLARE{kind}" for kind in ("", "_LABEL", "_LOC", "_LABEL_LOC") for letter in "BCMX"]
COLUMNS = [
    "Timestamp",
    *PHYSICAL,
    *("CRVAL1", "CRLN_OBS", "LAT_MIN", "LON_MIN", "LAT_MAX", "LON_MAX", "QUALITY", "IS_TMFI"),
    *FLARES,
    *("XR_MAX", "XR_QUAL"),
]
# Of the order of real values; EPS are ratios, TOTFZ is negative in most regions.
_VALUES = {
    "USFLUX": 2e22, "TOTBSQ": 2e10, "TOTPOT": 3e23, "TOTUSJZ": 3e13, "TOTFZ": -2e23, "TOTFX": 1e22, "TOTFY": -1e22,
    "SAVNCPP": 8e12, "MEANPOT": 5e3, "EPSZ": -0.2, "EPSX": 0.01, "EPSY": 0.02, "MEANALP": 0.02, "MEANJZH": 0.01,
    "MEANJZD": 0.3, "R_VALUE": 4.1, "CRVAL1": 210.5, "CRLN_OBS": 200.5, "LAT_MIN": 12.0, "LAT_MAX": 22.0,
    "LON_MIN": 5.0, "LON_MAX": 15.0, "QUALITY": 0, "IS_TMFI": "True", "XR_MAX": 1e-7, "XR_QUAL": 1,
}  # fmt: skip


def write_channel(path: Path, times, values=None, size: int = 4, chunk: int = 3, **lists) -> Path:
    """Write one Zarr v2 array of SDOML; frame i holds the number i unless values are given."""
    count = len(times)
    frames = np.arange(count, dtype=np.float32) if values is None else np.asarray(values, np.float32)
    pixels = np.broadcast_to(frames[:, None, None], (count, size, size))
    array = zarr.create_array(
        path,
        shape=pixels.shape,
        chunks=(chunk, size, size),
        dtype="float32",
        zarr_format=2,
        compressors=numcodecs.Blosc(cname="zstd", clevel=5, shuffle=numcodecs.Blosc.BITSHUFFLE),
        config={"write_empty_chunks": True},
    )
    array[:] = pixels
    array.attrs.update({"T_OBS": list(times), **lists})
    return path


def aia_lists(count: int) -> dict:
    return {
        "EXPTIME": [2.0] * count,
        "QUALITY": [0] * count,
        "DEG_COR": [0.9] * count,
        "PIXLUNIT": ["DN"] * count,
        "WAVELNTH": [171] * count,
    }


def write_eve(folder: Path, times, **lines) -> Path:
    """Write EVE lines: one array of times, one array a line."""
    write_plain(folder / "Time", np.asarray(times, "<U23"))
    for name, values in lines.items():
        write_plain(folder / name.replace("_", " "), np.asarray(values, np.float32))
    return folder


def write_plain(path: Path, values: np.ndarray) -> None:
    array = zarr.create_array(path, shape=values.shape, dtype=values.dtype, zarr_format=2)
    array[:] = values


def write_surya(path: Path, size: int = 4, **values) -> Path:
    """Write one file of SuryaBench: variable -> the number in all of its pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5netcdf.File(path, "w") as file:
        file.dimensions = {"y": size, "x": size}
        for name, value in values.items():
            variable = file.create_variable(
                name, ("y", "x"), np.float32, compression="gzip", fillvalue=np.float32(-9e9)
            )
            variable[...] = np.full((size, size), value, np.float32)
    return path


def write_index(path: Path, rows) -> Path:
    """Write an index of SuryaBench: (path, timestep, present)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["path,timestep,present", *lines]) + "\n")
    return path


def write_slice(
    root: Path, partition: int, flare: str, region: int, start: str, rows: int = 60, columns=COLUMNS, **values
) -> Path:
    """Write one slice of SWAN-SF; flare is what the name begins with."""
    times = np.datetime64(start, "s") + np.arange(rows) * np.timedelta64(720, "s")
    folder = root / f"partition{partition}" / ("FL" if flare[0] in "MX" else "NF")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{flare}_ar{region}_s{times[0]}_e{times[-1]}.csv"
    cells = {**_VALUES, **values}
    lines = ["\t".join(columns)]
    for time in times:
        # A value that follows from the time, so that slices that overlap agree.
        usflux = 1e22 + int(time.astype(int)) % 86400 * 1e17
        row = {**dict.fromkeys(columns, "1.0"), **cells, "USFLUX": usflux, "Timestamp": str(time).replace("T", " ")}
        lines.append("\t".join(str(row[name]) for name in columns))
    path.write_text("\n".join(lines) + "\n")
    return path
