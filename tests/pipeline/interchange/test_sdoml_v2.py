import dask.array as da
import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.sdoml_v2 import INTERCHANGE
from sunproof.pipeline.vocabulary import check
from tests.pipeline.interchange.build import aia_lists, write_channel, write_eve

# Days out of order, as the archive has them.
TIMES = [
    "2011-02-15T00:00:00.34Z",
    "2011-02-15T00:06:00.34Z",
    "2011-02-13T00:00:00.34Z",
    "2011-02-13T00:06:00.34Z",
    "2011-02-14T00:00:00.34Z",
]


def read(root):
    (piece,) = INTERCHANGE.find(root)
    return piece, INTERCHANGE.read(piece)


def first(dataset, name):
    return dataset[name].values[:, 0, 0].tolist()


def test_days_out_of_order_come_sorted_and_lazy(tmp_path):
    write_channel(tmp_path / "2011/171A", TIMES, **aia_lists(5))
    piece, dataset = read(tmp_path)
    assert (piece.group, piece.path) == ("sdoml_aia_171", "2011/171A")
    assert isinstance(dataset["intensity"].data, da.Array)
    assert first(dataset, "intensity") == [2, 3, 4, 0, 1]
    assert (np.diff(dataset["time"].values) > np.timedelta64(0)).all()
    assert str(dataset["time"].values[0]) == "2011-02-13T00:00:00.340000000"
    assert dataset["exposure_time"].values.tolist() == [2.0] * 5
    assert dataset["degradation"].values == pytest.approx([0.9] * 5)
    check(dataset, "test")


def test_a_repeated_frame_is_kept_once_and_counted(tmp_path):
    values = [0, 1, 2, 2, 4]
    write_channel(tmp_path / "2011/171A", [TIMES[0], TIMES[1], TIMES[2], TIMES[2], TIMES[4]], values, **aia_lists(5))
    _, dataset = read(tmp_path)
    assert first(dataset, "intensity") == [2, 4, 0, 1]
    assert dataset.attrs["duplicates_dropped"] == 1
    assert dataset.attrs["conflicts_dropped"] == 0
    assert dataset.attrs["repeated_times"] == "2011-02-13T00:00:00.340"


def test_of_two_frames_of_one_time_that_differ_the_last_is_kept_and_it_is_said(tmp_path):
    write_channel(tmp_path / "2011/171A", [TIMES[2], TIMES[0], TIMES[2]], **aia_lists(3))
    _, dataset = read(tmp_path)
    assert first(dataset, "intensity") == [2, 1]
    assert dataset.attrs["conflicts_dropped"] == 1


def test_a_frame_without_a_time_is_dropped_and_counted(tmp_path):
    write_channel(tmp_path / "2011/171A", [TIMES[0], "MISSING", TIMES[1]])
    _, dataset = read(tmp_path)
    assert first(dataset, "intensity") == [0, 2]
    assert dataset.attrs["undated"] == 1


def test_an_unknown_channel_is_refused_with_the_known(tmp_path):
    write_channel(tmp_path / "2011/172A", TIMES)
    with pytest.raises(InputError, match=r"2011/172A: no channel of SDOML; got '172A'; wanted 94A, 131A"):
        INTERCHANGE.find(tmp_path)


def test_another_folder_is_refused_with_what_is_there(tmp_path):
    (tmp_path / "holiday").mkdir()
    with pytest.raises(InputError, match=r"no array of SDOML version 2; got \['holiday'\]; wanted <year>/<channel>"):
        INTERCHANGE.find(tmp_path)


def test_a_folder_of_stores_is_read_as_one_archive(tmp_path):
    for year in (2010, 2011):
        write_channel(tmp_path / f"sdomlv2.zarr/{year}/94A", [f"{year}-06-01T00:00:00Z"])
    write_channel(tmp_path / "sdomlv2_hmi.zarr/2010/Bz", ["2010.06.01_00:00:00_TAI"])
    write_eve(tmp_path / "sdomlv2_eve.zarr/MEGS-A", ["2010-06-01T00:00:10.000"], Fe_XVIII=[1e-5])
    found = [(piece.group, piece.path) for piece in INTERCHANGE.find(tmp_path)]
    assert found == [
        ("sdoml_aia_94", "sdomlv2.zarr/2010/94A"),
        ("sdoml_aia_94", "sdomlv2.zarr/2011/94A"),
        ("sdoml_hmi_bz", "sdomlv2_hmi.zarr/2010/Bz"),
        ("sdoml_eve_megs_a", "sdomlv2_eve.zarr/MEGS-A"),
    ]


def test_stamps_of_hmi_stand_beside_the_times(tmp_path):
    write_channel(tmp_path / "2011/Bx", ["2011.02.15_00:00:34_TAI"], QUALITY=["0x00000000"])
    _, dataset = read(tmp_path)
    assert dataset["time"].values == np.datetime64("2011-02-15T00:00:00")
    assert dataset["t_tai"].values == np.datetime64("2011-02-15T00:00:34")
    assert "field_x" in dataset
    check(dataset, "test")


def test_a_chunk_that_is_not_stored_rejects_its_frames(tmp_path):
    path = write_channel(tmp_path / "2011/171A", TIMES, **{**aia_lists(5), "QUALITY": [1 << 13, 0, 0, 0, 0]})
    (path / "0.0.0").unlink()  # frames 0, 1, 2
    _, dataset = read(tmp_path)
    np.testing.assert_array_equal(dataset["intensity"].values[:, 0, 0], [np.nan, 3, 4, np.nan, np.nan])
    reasons = ["chunk_missing", "", "", "eclipse,chunk_missing", "chunk_missing"]
    assert dataset["reject_reason"].values.tolist() == reasons
    assert dataset["accepted"].values.tolist() == [0, 1, 1, 0, 0]
