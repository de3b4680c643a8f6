import h5netcdf
import numpy as np
import pytest
from scipy.io import netcdf_file

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.goes_xrs import SOURCE

START = (np.datetime64("2011-06-07", "ms") - np.datetime64("1970-01-01", "ms")).astype(float)
TIMES = START + 2047.0 * np.arange(4)
VALUES = {
    "A_FLUX": [1e-7, 2e-7, -99999.0, 3e-7],
    "A_QUAL_FLAG": [0, 1, 0, 0],
    "B_FLUX": [1e-6, 2e-6, 4e-6, 3e-6],
    "B_QUAL_FLAG": [0, 0, 0, 2],
}


def write(root, values=None, name="g15_xrs_2s_20110607_20110607.nc", classic=True, times=TIMES, **attrs):
    """A file of NOAA's older kind, with the attributes its variables have."""
    path = root / "goes_xrs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with netcdf_file(path, "w") if classic else h5netcdf.File(path, "w") as file:
        make = file.createVariable if classic else file.create_variable
        if classic:
            file.createDimension("record", len(times))
        else:
            file.dimensions = {"record": len(times)}
        for key, value in {"satellite_id": "GOES-15", "institution": "NOAA", **attrs}.items():
            setattr(file, key, value) if classic else file.attrs.update({key: value})
        columns = {"time_tag": times, **(values or VALUES)}
        for key, column in columns.items():
            kind = "d" if key == "time_tag" else "i" if key.endswith("FLAG") else "f"
            variable = make(key, kind, ("record",)) if classic else make(key, ("record",), np.dtype(kind))
            variable[:] = np.asarray(column, kind)
            unit = "milliseconds since 1970-01-01 00:00:00.0 UTC" if key == "time_tag" else "W/m^2"
            for note, text in {"units": unit, "missing_value": "-99999"}.items():
                setattr(variable, note, text) if classic else variable.attrs.update({note: text})
    return path


@pytest.mark.parametrize("classic", [True, False])
def test_operational_factors_are_undone(tmp_path, classic):
    found = SOURCE.read(write(tmp_path, classic=classic))
    assert found.attrs["group"] == "goes15_xrs"
    assert (found.attrs["processing"], found.attrs["goes_scale"]) == ("operational", "science")
    np.testing.assert_allclose(found["xrsb"], np.array(VALUES["B_FLUX"]) / 0.7, rtol=1e-6)
    np.testing.assert_allclose(found["xrsa"], np.array([1e-7, 2e-7, np.nan, 3e-7]) / 0.85, rtol=1e-6)
    assert found["time"].values[1] == np.datetime64("2011-06-07T00:00:02.047", "ns")


def test_flags_other_than_zero_reject_their_own_channel(tmp_path):
    found = SOURCE.read(write(tmp_path))
    assert found["xrsa_good"].values.tolist() == [True, False, False, True]
    assert found["xrsb_good"].values.tolist() == [True, True, True, False]
    assert found["xrsb_flag"].values.tolist() == [0, 0, 0, 2]


def test_minute_averages_are_read_alike(tmp_path):
    values = {key.replace("FLUX", "AVG"): column for key, column in VALUES.items()}
    path = write(tmp_path, values, "g15_xrs_1m_20110601_20110630.nc")
    np.testing.assert_allclose(SOURCE.read(path)["xrsb"], np.array(VALUES["B_FLUX"]) / 0.7, rtol=1e-6)


def test_files_of_goes_8_to_12_have_no_flags(tmp_path):
    values = {"xs": VALUES["A_FLUX"], "xl": VALUES["B_FLUX"]}
    path = write(tmp_path, values, "g10_xrs_1m_20110601_20110630.nc", satellite_id="GOES-10")
    found = SOURCE.read(path)
    assert found.attrs["group"] == "goes10_xrs"
    assert (found["xrsb_flag"].values == -1).all()
    assert found["xrsa_good"].values.tolist() == [True, True, False, True]


def test_a_declared_scale_is_believed(tmp_path):
    found = SOURCE.read(write(tmp_path, goes_scale="science"))
    np.testing.assert_allclose(found["xrsb"], VALUES["B_FLUX"], rtol=1e-6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"satellite_id": "GOES-14"}, "names of several satellites"),
        (
            {"name": "g15_xrs_2s_20110608_20110608.nc"},
            r"times are not of the days .*; got .*2011-06-07",
        ),
        ({"name": "g16_xrs_2s_20110607_20110607.nc", "satellite_id": "GOES-16"}, "no satellite of this product"),
        ({"goes_scale": "true"}, "unknown scale"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        SOURCE.read(write(tmp_path, **changes))


@pytest.mark.parametrize("size", [200, -8])
def test_a_truncated_file_is_refused(tmp_path, size):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match="truncated or damaged netCDF"):
        SOURCE.read(path)
