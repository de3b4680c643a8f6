"""Hand-made archives: a few records a group, written as the architecture says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, describe

Times = list[str]


def times(values: Any) -> np.ndarray:
    return np.array(values, dtype="datetime64[ns]")


class Maker:
    """Writes groups into one archive; every method returns the maker."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, dim: str, columns: dict[str, Any], **attrs: Any) -> "Maker":
        arrays = {key: np.asarray(value) for key, value in columns.items()}
        # variable-length text: Zarr has no specification of the fixed-length kind
        data = {key: (dim, array.astype(object) if array.dtype.kind == "U" else array) for key, array in arrays.items()}
        dataset = describe(xr.Dataset(data, attrs=attrs))
        if dim == "time":
            dataset = dataset.set_coords("time")
        dataset.to_zarr(self.path, group=name, mode="a", zarr_format=3, consolidated=False)
        return self

    def sharp(self, harpnum: list[int], time: Times, **columns: Any) -> "Maker":
        size = len(harpnum)
        keywords = {name: np.full(size, 1.0, np.float32) for name in SHARP_KEYWORDS}
        place = {"latitude": np.full(size, np.nan), "longitude": np.full(size, np.nan)}
        flags = {"quality": np.zeros(size, np.int64), "noaa_ar": np.full(size, -1)}
        order = np.lexsort((times(time), harpnum))
        table = {"harpnum": np.array(harpnum), "time": times(time), **keywords, **place, **flags}
        table |= {name: np.asarray(values) for name, values in columns.items()}
        return self.write("sharp", "record", {name: values[order] for name, values in table.items()})

    def harp_noaa(self, pairs: list[tuple[int, int]]) -> "Maker":
        harp, noaa = zip(*sorted(pairs), strict=True)
        return self.write("harp_noaa", "record", {"harpnum": harp, "noaa_ar": noaa})

    def flares(
        self,
        rows: list[tuple[Any, float, int]],
        coverage: tuple[str, str] = ("2010-01-01", "2020-01-01"),
        name: str = "flares_swpc",
        missing: list[list[str]] | None = None,
        **columns: Any,
    ) -> "Maker":
        """Rows of (peak time, peak flux, NOAA number); ``missing``: what the list is declared to lack."""
        peak = times([row[0] for row in rows])
        size = len(rows)
        table: dict[str, Any] = {
            "start_time": peak - np.timedelta64(10, "m"),
            "peak_time": peak,
            "end_time": peak + np.timedelta64(10, "m"),
            "peak_flux": np.array([row[1] for row in rows], dtype=np.float64),
            "noaa_ar": np.array([row[2] for row in rows], dtype=np.int64),
            "goes_class": np.full(size, ""),
            "goes_scale": np.full(size, "operational"),
            "satellite": np.full(size, 15),
        }
        table |= {key: np.asarray(value) for key, value in columns.items()}
        declared = {"missing": missing} if missing else {}
        return self.write(name, "event", table, coverage_start=coverage[0], coverage_end=coverage[1], **declared)

    def xrs(self, time: Any, xrsb: Any, good: Any, satellite: int = 15) -> "Maker":
        flux = np.asarray(xrsb, np.float32)
        columns = {"time": times(time), "xrsa": flux / 10, "xrsb": flux}
        columns |= {"xrsa_good": np.asarray(good, np.int8), "xrsb_good": np.asarray(good, np.int8)}
        return self.write(f"goes{satellite}_xrs", "time", columns)

    def srs(self, rows: list[tuple[str, int, str, float, float, float, str, str]]) -> "Maker":
        """Rows of (time, NOAA number, section, latitude, longitude, area, McIntosh, Hale)."""
        names = ["time", "noaa_ar", "srs_section", "latitude", "longitude", "srs_area", "mcintosh", "hale"]
        table: dict[str, Any] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        table["time"] = times(table["time"])
        spots = np.where(np.array(table["srs_section"]) == "I", 5.0, np.nan)
        return self.write("srs", "record", {**table, "spot_count": spots, "longitude_extent": spots * 2})


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "archive.zarr")


@pytest.fixture(scope="module")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """For archives that a module's tests only read: writing one is slower than most tests."""
    return Maker(tmp_path_factory.mktemp("once") / "archive.zarr")


@pytest.fixture
def make_at(tmp_path: Path) -> Callable[[str], Maker]:
    return lambda name: Maker(tmp_path / name)
