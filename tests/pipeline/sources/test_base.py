"""What a source does besides reading."""

import numpy as np
import xarray as xr

from sunproof.pipeline.sources.base import FileSource, Layout


def never(path):
    raise AssertionError(path)


def source(*patterns):
    return FileSource("demo", Layout("table", "record", ("harpnum", "time")), patterns, never)


def test_files_are_found_once_and_sorted(tmp_path):
    for name in ("demo/b.csv", "demo/deep/er/a.csv", "demo/a.csv.gz", "other/c.csv", "demo/.half.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    found = source("demo/**/*.csv", "demo/**/*.csv.gz", "demo/*.csv").find(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == ["demo/a.csv.gz", "demo/b.csv", "demo/deep/er/a.csv"]


def test_folder_that_matches_is_no_file(tmp_path):
    (tmp_path / "demo" / "folder.csv").mkdir(parents=True)
    assert source("demo/**/*.csv").find(tmp_path) == []


def test_source_without_a_folder_has_no_files(tmp_path):
    assert source("demo/**/*.csv").find(tmp_path) == []


def read_demo(path):
    times = np.array(["2011-01-01"], "M8[ns]")
    return xr.Dataset({"harpnum": ("record", [int(path.read_text())]), "time": ("record", times)})


def test_read_describes_what_the_reader_returns(tmp_path):
    (tmp_path / "a.csv").write_text("377")
    demo = FileSource("demo", Layout("table", "record", ("harpnum", "time")), (), read_demo)
    data = demo.read(str(tmp_path / "a.csv"))
    assert data.harpnum.values.tolist() == [377]
    assert data.attrs["group"] == "demo"
    assert data.harpnum.attrs == {"long_name": "HMI active region patch number; -1 for none"}
