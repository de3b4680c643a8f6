import json

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import ArchiveError, ConfigError, InputError
from sunproof.pipeline.ingest import building
from sunproof.pipeline.ingest.archive import list_groups, open_group
from sunproof.pipeline.ingest.check import check_archive
from sunproof.pipeline.interchange import pieces
from sunproof.pipeline.interchange.importing import import_archive, show
from sunproof.pipeline.receipts import digest_tree
from tests.pipeline.interchange.build import (
    aia_lists,
    write_channel,
    write_eve,
    write_index,
    write_slice,
    write_surya,
)

M1 = "M1.0@265:Primary"

pytestmark = pytest.mark.usefixtures("in_threads")


@pytest.fixture
def sdoml(tmp_path):
    root = tmp_path / "sdoml"
    # 2011 before 2010 in one file system order, days out of order, one time in both years' arrays
    write_channel(
        root / "sdomlv2.zarr/2010/171A", ["2010-12-31T12:00:00Z", "2010-06-01T00:00:00Z"], [1, 0], **aia_lists(2)
    )
    write_channel(
        root / "sdomlv2.zarr/2011/171A",
        ["2011-01-02T00:00:00Z", "2011-01-01T00:00:00Z", "2010-12-31T12:00:00Z"],
        [3, 2, 1],
        **aia_lists(3),
    )
    write_channel(root / "sdomlv2_hmi.zarr/2010/Bz", ["2010.06.01_00:00:34_TAI"], QUALITY=[0])
    write_eve(root / "sdomlv2_eve.zarr/MEGS-A", ["2010-06-01T00:00:10.000"], Fe_XVIII=[1e-5])
    return root


def test_years_of_a_channel_become_one_group_that_plain_xarray_opens(sdoml, tmp_path):
    output = tmp_path / "archive.zarr"
    assert import_archive("sdoml_v2", sdoml, output) == []
    assert list_groups(output) == ["sdoml_aia_171", "sdoml_eve_megs_a", "sdoml_hmi_bz"]
    assert check_archive(output) == []
    images = xr.open_zarr(output, group="sdoml_aia_171")
    assert images["intensity"].values[:, 0, 0].tolist() == [0, 1, 2, 3]
    assert images["time"].to_index().is_monotonic_increasing
    assert images["receipt"].values.tolist() == [0, 1, 1, 1]
    assert images.attrs["duplicates"] == 1
    (first, second) = images.attrs["receipts"]
    assert (first["path"], first["records"]) == ("sdomlv2.zarr/2010/171A", 2)
    assert second["facts"]["data_set"] == "SDOML version 2"
    assert json.loads((tmp_path / "archive.zarr.quarantine.json").read_text()) == []


def test_a_frame_that_is_missing_stays_missing(tmp_path):
    for minute in ("00", "12"):
        write_surya(tmp_path / f"surya/20110215_00{minute}.nc", aia171=1, hmi_bx=2)
    rows = [(f"20110215_00{minute}.nc", f"2011-02-15 00:{minute}:00", minute != "12") for minute in ("00", "12", "24")]
    write_index(tmp_path / "surya/index.csv", rows)
    output = tmp_path / "archive.zarr"
    import_archive("suryabench", tmp_path / "surya", output)
    assert check_archive(output) == []
    images = open_group(output, "surya_hmi_bx")
    np.testing.assert_array_equal(images["field_x"].values[:, 0, 0], [2, np.nan, np.nan])
    assert images["reject_reason"].values.tolist() == ["", "absent_in_index", "file_missing"]
    inventory = json.loads((tmp_path / "archive.zarr.inventory.json").read_text())
    assert inventory["unread"] == ["20110215_0012.nc", "index.csv"]


@pytest.fixture
def swan(tmp_path):
    root = tmp_path / "swan"
    for hour, flare in (("06", M1), ("07", M1), ("08", "FQ")):
        write_slice(root, 1, flare, 115, f"2010-08-06T{hour}:36:00")
    write_slice(root, 4, "C3.9@8351:Primary", 4186, "2014-06-01T00:00:00")
    return root


def test_slices_become_an_archive_and_samples(swan, tmp_path):
    output = tmp_path / "swan.zarr"
    assert show("swan_sf", str(swan), str(output)) == 0
    assert check_archive(output) == []
    records = open_group(output, "sharp")
    # records of the quiet slice that the flaring ones hold too are the same records
    assert records.sizes["record"] == 70 + 60
    assert records.attrs["duplicates"] == 55
    assert records.attrs["conflicts"] == 0
    samples = xr.open_dataset(tmp_path / "swan.samples.nc", engine="h5netcdf")
    assert samples["block"].values.tolist() == ["train", "train", "train", "test"]
    assert samples["event"].sel(threshold="M1.0", window=24).values.tolist() == [1, 1, 0, 0]
    receipt = json.loads((tmp_path / "swan.zarr.receipt.json").read_text())
    assert receipt["config"]["samples"] == "swan.samples.nc"
    assert len(receipt["inputs"]) == 3


def test_the_keywords_of_an_imported_sample_are_found_by_the_samples_room(swan, tmp_path):
    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.features import build

    import_archive("swan_sf", swan, tmp_path / "swan.zarr")
    samples = xr.open_dataset(tmp_path / "swan.samples.nc", engine="h5netcdf").load()
    config = InputConfig(modalities=("keywords",), history_hours=12, step_hours=1)
    values, mask = build(tmp_path / "swan.zarr", samples, config).modalities["keywords"]
    assert values.shape == (4, 12, 17)
    assert mask[..., :16].all()
    assert not mask[..., 16].any()  # area_acr is not in SWAN-SF


def test_running_again_gives_the_same_bytes_and_reads_nothing(sdoml, tmp_path, monkeypatch):
    output = tmp_path / "archive.zarr"
    import_archive("sdoml_v2", sdoml, output)
    before = digest_tree(output)

    def never(*arguments):
        raise AssertionError("read again")

    monkeypatch.setattr(pieces, "write_store", never)
    import_archive("sdoml_v2", sdoml, output)
    assert digest_tree(output) == before


@pytest.mark.parametrize("kind", ["sdoml_v2", "swan_sf"])
def test_a_run_that_was_stopped_while_writing_continues_to_the_same_bytes(kind, sdoml, swan, tmp_path, monkeypatch):
    root = {"sdoml_v2": sdoml, "swan_sf": swan}[kind]
    import_archive(kind, root, tmp_path / "whole.zarr")
    write, count = building.write_rows, []

    def failing(array, first, values):
        if len(count) == 5:
            raise KeyboardInterrupt
        count.append(first)
        write(array, first, values)

    with monkeypatch.context() as patch:
        patch.setattr(building, "write_rows", failing)
        with pytest.raises(KeyboardInterrupt):
            import_archive(kind, root, tmp_path / "stopped.zarr")
    import_archive(kind, root, tmp_path / "stopped.zarr")
    assert digest_tree(tmp_path / "stopped.zarr") == digest_tree(tmp_path / "whole.zarr")


def test_what_cannot_be_read_is_set_aside_with_its_reason(sdoml, tmp_path, capsys):
    write_channel(sdoml / "sdomlv2.zarr/2012/171A", ["2012-01-01T00:00:00Z"], EXPTIME=[1.0, 2.0])
    assert show("sdoml_v2", str(sdoml), str(tmp_path / "archive.zarr")) == 1
    (item,) = json.loads((tmp_path / "archive.zarr.quarantine.json").read_text())
    assert item["path"] == "sdomlv2.zarr/2012/171A"
    assert item["problems"][0]["what"] == "list of another length than the array"
    assert "2012/171A" in capsys.readouterr().out
    assert check_archive(tmp_path / "archive.zarr") == []


def test_an_archive_of_which_nothing_can_be_read_is_an_error(tmp_path):
    write_channel(tmp_path / "sdoml/2012/171A", ["2012-01-01T00:00:00Z"], EXPTIME=[1.0, 2.0])
    with pytest.raises(ArchiveError, match="list of another length than the array; got 2"):
        import_archive("sdoml_v2", tmp_path / "sdoml", tmp_path / "archive.zarr")


def test_an_unknown_kind_and_an_absent_folder_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"got 'sdoml'; wanted one of sdoml_v2, suryabench, swan_sf"):
        import_archive("sdoml", tmp_path, tmp_path / "archive.zarr")
    with pytest.raises(ConfigError, match=r"PATH: no such folder; got .*; wanted the root of a swan_sf archive"):
        import_archive("swan_sf", tmp_path / "nowhere", tmp_path / "archive.zarr")


def test_the_command_names_what_the_folder_lacks(tmp_path, capsys):
    assert main(["archive", "import", "swan_sf", str(tmp_path), str(tmp_path / "archive.zarr")]) == 2
    assert "nothing of SWAN-SF" in capsys.readouterr().err


def test_damage_found_while_writing_stops_the_run_and_names_the_file(tmp_path):
    import h5py

    path = write_surya(tmp_path / "surya/20110215_0000.nc", aia171=1)
    with h5py.File(path) as file:
        offset = file["aia171"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 8] = b"\0" * 8
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"20110215_0000.nc: aia171: damaged image"):
        import_archive("suryabench", tmp_path / "surya", tmp_path / "archive.zarr")
