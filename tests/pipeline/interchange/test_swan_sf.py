import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.swan_sf import INTERCHANGE
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, check
from tests.pipeline.interchange.build import COLUMNS, write_slice

M1 = "M1.0@265:Primary"


@pytest.fixture
def root(tmp_path):
    # three slices of one region, one hour apart: 55 of their 60 records are shared with the next
    for hour, flare in (("06", M1), ("07", M1), ("08", "FQ")):
        write_slice(tmp_path, 1, flare, 115, f"2010-08-06T{hour}:36:00")
    write_slice(tmp_path, 4, "B3.9@8351:Primary", 4186, "2014-06-01T00:00:00")
    return tmp_path


def read(root):
    return [(piece, INTERCHANGE.read(piece)) for piece in INTERCHANGE.find(root)]


def test_the_layout_has_51_columns():
    assert len(COLUMNS) == len(set(COLUMNS)) == 51


def test_a_record_in_several_slices_stands_once(root):
    (flaring, dataset), (quiet, _), _ = read(root)
    assert (flaring.group, flaring.path) == ("sharp", "partition1/FL/ar115")
    assert quiet.path == "partition1/NF/ar115"
    assert dataset.sizes["record"] == 65
    assert dataset.attrs["rows"] == 120
    assert (np.diff(dataset["t_tai"].values) == np.timedelta64(720, "s")).all()
    check(dataset, "test")


def test_stamps_are_tai(root):
    (_, dataset), *_ = read(root)
    assert str(dataset["t_tai"].values[0]) == "2010-08-06T06:36:00.000000000"
    assert str(dataset["time"].values[0]) == "2010-08-06T06:35:26.000000000"


def test_all_24_physical_columns_arrive_under_our_names(root):
    (_, dataset), *_ = read(root)
    further = {"totbsq", "totfx", "totfy", "totfz", "epsx", "epsy", "epsz", "meanalp"}
    physical = further | set(SHARP_KEYWORDS) - {"area_acr"}
    assert len(physical) == 24
    assert all(np.isfinite(dataset[name].values).all() for name in physical)
    assert np.isnan(dataset["area_acr"].values).all()
    assert dataset.attrs["absent"] == "area_acr"
    assert float(dataset["totfz"][0]) == pytest.approx(-2e23)
    assert float(dataset["latitude"][0]) == 17.0
    assert float(dataset["longitude"][0]) == 10.0
    assert float(dataset["carrington_longitude"][0]) == 210.5
    assert "XR_MAX" in dataset.attrs["left_out"]


def test_noaa_numbers_are_taken_where_there_are(tmp_path):
    write_slice(tmp_path, 1, M1, 115, "2010-08-06T06:36:00", columns=[*COLUMNS, "NOAA_AR"], NOAA_AR=11093)
    ((_, dataset),) = read(tmp_path)
    assert set(dataset["noaa_ar"].values) == {11093}


def test_missing_cells_are_missing_values(tmp_path):
    write_slice(tmp_path, 1, M1, 115, "2010-08-06T06:36:00", R_VALUE="", TOTFZ="nan", QUALITY="", LAT_MIN="")
    ((_, dataset),) = read(tmp_path)
    for name in ("r_value", "totfz", "latitude"):
        assert np.isnan(dataset[name].values).all()
    assert set(dataset["quality"].values) == {-1}


@pytest.mark.parametrize("name", ["TOTUSJH", "TOTFX", "LAT_MAX"])
def test_slices_that_contradict_each_other_are_refused(tmp_path, name):
    write_slice(tmp_path, 1, M1, 115, "2010-08-06T06:36:00")
    write_slice(tmp_path, 1, M1, 115, "2010-08-06T07:36:00", **{name: 19.5})
    with pytest.raises(InputError, match=rf"07:36:00: slices differ about one record; got \['{name}'\]; wanted equal"):
        read(tmp_path)


def test_a_file_without_the_physical_columns_names_them(tmp_path):
    columns = [name for name in COLUMNS if name not in ("TOTFX", "EPSY")]
    write_slice(tmp_path, 1, M1, 115, "2010-08-06T06:36:00", columns=columns)
    with pytest.raises(InputError, match=r"columns are missing; got \['TOTFX', 'EPSY'\]"):
        read(tmp_path)


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"nothing of SWAN-SF; got 'no CSV file'; wanted partition<n>/"):
        INTERCHANGE.find(tmp_path)


def test_names_with_another_sign_for_the_colon_are_read(root, tmp_path):
    for path in sorted(root.rglob("*.csv")):
        path.rename(path.with_name(path.name.replace("T06:36:00", "T06-36-00")))
    assert len(INTERCHANGE.find(root)) == 3
