"""NCEI's netCDF files: what is refused, and in which words."""

import io

import h5netcdf
import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.goes_xrs import SOURCE

from .examples import write_xrs

IRRAD = "sci_gxrs-l2-irrad_g15_d20140128_v0-0-0.nc"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": "Wb"}, "variable b_flux, attribute units: wrong unit; got 'Wb'; wanted W/m2. Convert it"),
        ({"epoch": "1970-01-01 00:00:00 TAI"}, "time, attribute units: unknown unit; got 'seconds since 1970.* TAI'"),
        ({"day": "2014-02-01"}, "not of the day in the file's name; got '2014-02-01T00:00:00 to .*wanted d20140128"),
        ({"masks": (1, 2)}, "variable a_flags: quality word without declared meanings; got "),
        ({"meanings": "good_data fog", "masks": (3, 4)}, "variable a_flags: unknown flag meaning; got 'fog'"),
        ({"times": (0, np.nan, 4, 6)}, "variable time, first at index 1: samples without a time; got 1"),
        ({"times": (0, 2, 2, 6)}, "time=2014-01-28T00:00:02: two records with the same time differ"),
        ({"flux": (1e-6, 2.0, 1e-6, 1e-6)}, r"record 2 \(time=.*02\), xrsb: value out of its valid range; got 2"),
        ({"names": ("{}_flow", "{}_flags")}, "variables: not a GOES XRS product; got .*; wanted time with a_flux"),
    ],
)  # fmt: skip
def test_wrong_content_is_refused_in_words(tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        SOURCE.read(write_xrs(tmp_path / IRRAD, **options))


def test_epoch_declared_wrongly_is_noticed(tmp_path):
    path = write_xrs(tmp_path / IRRAD)
    with h5netcdf.File(path, "a") as file:
        file.variables["time"].attrs["units"] = "seconds since 2000-01-01 12:00:00"
    with pytest.raises(InputError, match="not of the day in the file's name; got '2044-01-28T12:00:00 to 2044"):
        SOURCE.read(path)


def test_missing_channel_is_named(tmp_path):
    path = write_xrs(tmp_path / IRRAD)
    buffer = io.BytesIO()
    with h5netcdf.File(path, "r") as old, h5netcdf.File(buffer, "w") as new:
        new.attrs["summary"] = old.attrs["summary"]
        new.dimensions = {"time": 4}
        for name in ("time", "b_flux", "b_flags"):
            copy = new.create_variable(name, ("time",), old.variables[name].dtype, data=old.variables[name][...])
            copy.attrs.update(dict(old.variables[name].attrs))
    path.write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match=r"a_flux: variable is missing; got .*; wanted a_flux and a_flags"):
        SOURCE.read(path)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_truncated_netcdf_is_refused(tmp_path, keep):
    path = write_xrs(tmp_path / IRRAD)
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data))])
    with pytest.raises(InputError, match=r"v0-0-0.nc: truncated or damaged netCDF file; got .+ Download it again"):
        SOURCE.read(path)


def test_attributes_of_fixed_length_are_read_as_text(tmp_path):
    import h5py

    path = write_xrs(tmp_path / IRRAD)
    with h5py.File(path, "a") as file:
        file.attrs["summary"] = np.bytes_("reprocessed science-quality")
        file["time"].attrs["units"] = np.bytes_("seconds since 1970-01-01 00:00:00.0 UTC")
    assert SOURCE.read(path).attrs["processing"] == "science"


def test_long_files_are_named_by_first_and_last_day(tmp_path):
    name = "sci_gxrs-l2-irrad_g15_s20140128_e20150101_v0-0-0.nc"
    assert SOURCE.read(write_xrs(tmp_path / name)).sizes["time"] == 4
    with pytest.raises(InputError, match=r"not of the day in the file's name; got '2013-01-01.*wanted s20140128"):
        SOURCE.read(write_xrs(tmp_path / name, day="2013-01-01"))
