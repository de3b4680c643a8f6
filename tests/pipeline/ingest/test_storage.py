import numpy as np
import pytest
import xarray as xr
import zarr

from sunproof.pipeline.ingest.storage import chunk_rows, new_group, seal, unseal, write_variable

TIMES = np.array(["1859-09-01T11:18:00.000000001", "NaT", "2017-09-10T16:06"], "datetime64[ns]")


def store(folder, name, values):
    group = new_group(folder, {})
    write_variable(group, name, ("record",), values.shape, values.dtype, [(0, values)])
    seal(folder)
    return xr.open_zarr(folder)[name].values


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("start_time", TIMES),
        ("xrsb", np.array([1.5, np.nan, 0.0], np.float32)),
        ("harpnum", np.array([377, -1], np.int32)),
        ("xrsb_good", np.array([True, False])),
        ("hale", np.array(["Beta-Gamma", "", "β"])),
    ],
)
def test_what_is_written_is_read_back(tmp_path, name, values):
    found = store(tmp_path / "g", name, values)
    # numpy's text type compares with objects, not with the fixed-width type
    np.testing.assert_array_equal(found, values.astype(object) if name == "hale" else values)


def test_pieces_give_the_same_bytes_as_the_whole(tmp_path):
    values = np.arange(300_000, dtype=np.float32)
    step = chunk_rows(())
    for folder, blocks in (
        ("whole", [(0, values)]),
        ("pieces", [(first, values[first : first + step]) for first in range(0, len(values), step)]),
    ):
        write_variable(new_group(tmp_path / folder, {}), "xrsb", ("time",), values.shape, values.dtype, blocks)
    chunks = sorted(path.relative_to(tmp_path / "whole") for path in (tmp_path / "whole/xrsb/c").iterdir())
    assert [str(chunk) for chunk in chunks] == ["xrsb/c/0", "xrsb/c/1", "xrsb/c/2"]
    assert all((tmp_path / "whole" / c).read_bytes() == (tmp_path / "pieces" / c).read_bytes() for c in chunks)


@pytest.mark.parametrize(("shape", "rows"), [((), 131072), ((4,), 32768), ((512, 512), 1)])
def test_chunks_have_about_the_same_number_of_values(shape, rows):
    assert chunk_rows(shape) == rows


def test_chunks_of_nothing_but_missing_values_are_stored(tmp_path):
    store(tmp_path / "g", "xrsb", np.full(5, np.nan, np.float32))
    assert (tmp_path / "g/xrsb/c/0").exists()


def test_an_unsealed_group_opens_as_before(tmp_path):
    store(tmp_path / "g", "xrsb", np.ones(3, np.float32))
    unseal(tmp_path / "g")
    assert zarr.open_group(tmp_path / "g", mode="r")["xrsb"][:].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="Consolidated metadata"):
        zarr.open_consolidated(tmp_path / "g")
