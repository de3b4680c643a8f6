import dask.array as da
import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.suryabench import INTERCHANGE
from sunproof.pipeline.vocabulary import check
from tests.pipeline.interchange.build import write_index, write_surya

FAR = "/elsewhere/surya/2011/02"


def read(root, group):
    (piece,) = (piece for piece in INTERCHANGE.find(root) if piece.group == group)
    return INTERCHANGE.read(piece)


@pytest.fixture
def root(tmp_path):
    for minute, value in (("00", 1), ("12", 2), ("24", 3)):
        write_surya(tmp_path / f"2011/02/20110215_00{minute}.nc", aia171=value, hmi_m=-value, hmi_v=10 * value)
    rows = [(f"{FAR}/20110215_00{minute}.nc", f"2011-02-15 00:{minute}:00", 1) for minute in ("00", "12", "24")]
    write_index(tmp_path / "index.csv", rows)
    return tmp_path


def test_files_are_found_by_the_last_parts_of_another_machines_paths(root):
    dataset = read(root, "surya_aia_171")
    assert isinstance(dataset["intensity"].data, da.Array)
    assert dataset["intensity"].values[:, 0, 0].tolist() == [1, 2, 3]
    assert dataset["accepted"].values.tolist() == [1, 1, 1]
    assert str(dataset["time"].values[1]) == "2011-02-15T00:12:00.000000000"
    check(dataset, "test")


@pytest.mark.parametrize(
    ("group", "name", "value"), [("surya_hmi_m", "magnetic_field", -1), ("surya_hmi_v", "velocity", 10)]
)
def test_every_variable_has_its_group_and_name(root, group, name, value):
    dataset = read(root, group)
    assert dataset[name].values[0, 0, 0] == value
    check(dataset, "test")


def test_what_is_absent_is_nan_with_a_reason_and_never_the_neighbour(root):
    rows = [
        (f"{FAR}/20110215_0000.nc", "2011-02-15 00:00:00", 1),
        (f"{FAR}/20110215_0012.nc", "2011-02-15 00:12:00", 0),
        (f"{FAR}/20110215_0036.nc", "2011-02-15 00:36:00", 1),
    ]
    write_index(root / "index.csv", rows)
    dataset = read(root, "surya_aia_171")
    np.testing.assert_array_equal(dataset["intensity"].values[:, 1, 1], [1, np.nan, np.nan])
    assert dataset["reject_reason"].values.tolist() == ["", "absent_in_index", "file_missing"]
    assert dataset["accepted"].values.tolist() == [1, 0, 0]
    assert dataset.attrs["absent"] == 2


def test_a_file_that_cannot_be_opened_is_nan_with_a_reason(root):
    path = root / "2011/02/20110215_0012.nc"
    path.write_bytes(path.read_bytes()[:300])
    write_surya(root / "2011/02/20110215_0024.nc", hmi_m=3)
    dataset = read(root, "surya_aia_171")
    np.testing.assert_array_equal(dataset["intensity"].values[:, 0, 0], [1, np.nan, np.nan])
    assert dataset["reject_reason"].values.tolist() == ["", "file_unreadable", "variable_missing"]


def test_an_image_of_another_size_is_nan_with_a_reason(root):
    write_surya(root / "2011/02/20110215_0012.nc", size=6, aia171=2)
    assert read(root, "surya_aia_171")["reject_reason"].values.tolist() == ["", "shape_differs", ""]


def test_fill_values_are_missing(root):
    write_surya(root / "2011/02/20110215_0012.nc", aia171=-9e9)
    np.testing.assert_array_equal(read(root, "surya_aia_171")["intensity"].values[:, 0, 0], [1, np.nan, 3])


def test_without_an_index_the_file_names_say_when(root):
    (root / "index.csv").unlink()
    assert len(read(root, "surya_aia_171")["time"]) == 3


def test_times_come_sorted_whatever_the_order_of_the_index(root):
    rows = (root / "index.csv").read_text().splitlines()
    (root / "index.csv").write_text("\n".join([rows[0], *reversed(rows[1:])]))
    assert read(root, "surya_aia_171")["intensity"].values[:, 0, 0].tolist() == [1, 2, 3]


def test_an_archive_of_which_no_file_opens_is_refused_with_the_reasons(root):
    for path in (root / "2011/02").iterdir():
        path.write_text("<html>")
    with pytest.raises(
        InputError, match=r"no file of the index can be opened; got 3; wanted at least one file"
    ) as caught:
        INTERCHANGE.find(root)
    assert "20110215_0000.nc: not a netCDF-4 file" in str(caught.value)


def test_unknown_variables_are_named(root):
    write_surya(root / "2011/02/20110215_0000.nc", aia171=1, aia172=2)
    with pytest.raises(InputError, match=r"unknown variables; got \['aia172'\]; wanted aia94, aia131"):
        INTERCHANGE.find(root)
