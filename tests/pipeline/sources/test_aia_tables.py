"""Tables are applied as aiapy applies them, and refused where aiapy extrapolates."""

from pathlib import Path

import aiapy
import astropy.units as u
import numpy as np
import pytest
import sunpy.map
from aiapy.calibrate import degradation as aiapy_degradation
from aiapy.calibrate import update_pointing
from aiapy.calibrate.util import get_correction_table
from astropy.table import QTable
from astropy.time import Time

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.aia_tables import degradation, pointing

from .images import header_of

V8 = Path(aiapy.__file__).parent / "tests" / "data" / "aia_V8_20171210_050627_response_table.txt"
FEBRUARY = np.datetime64("2011-02-15T00:00:01.340", "ns")


def pointing_table(**changes):
    table = QTable(
        {
            "T_START": Time(["2011-02-14T21:00:00", "2011-02-15T00:00:00"]),
            "T_STOP": Time(["2011-02-15T00:00:00", "2011-02-15T03:00:00"]),
            "A_171_X0": [2046.1, 2050.5] * u.pix,
            "A_171_Y0": [2046.2, 2046.3] * u.pix,
            "A_171_IMSCALE": [0.6, 0.599489] * u.arcsec / u.pix,
            "A_171_INSTROT": [0.01, 0.019327] * u.deg,
        }
    )
    for name, values in changes.items():
        table[name] = values
    return table


@pytest.fixture(params=["ecsv", "csv"])
def table_path(request, tmp_path):
    path = tmp_path / f"pointing.{request.param}"
    plain = QTable(
        {name: column.isot if isinstance(column, Time) else column for name, column in pointing_table().items()}
    )
    if request.param == "csv":
        plain = QTable({name: getattr(column, "value", column) for name, column in plain.items()})
    plain.write(path, format=f"ascii.{request.param}")
    return path


@pytest.mark.parametrize("channel", [94, 131, 171, 193, 211, 304, 335, 1600, 1700])
@pytest.mark.parametrize("text", ["2010-06-01", "2011-02-15", "2014-01-01", "2017-09-06"])
def test_factor_is_that_of_aiapy(channel, text):
    found, facts = degradation(V8, channel, np.datetime64(text, "ns"))
    (wanted,) = aiapy_degradation(channel * u.angstrom, Time(text), correction_table=get_correction_table(V8)).value
    assert found == pytest.approx(wanted, rel=1e-7)  # a leap second apart
    assert facts["factor"] == found
    assert facts["version"] == 8
    assert facts["digest"].startswith("sha256:")


def test_old_table_that_turns_negative_is_refused_with_factor_and_epoch():
    with pytest.raises(
        InputError,
        match=r"304 angstrom: the table gives no possible sensitivity; got 'factor -0\.06\d+ at 2024-01-01.*"
        r"epoch 2016-05-01T12:00:00.000 to 2030-05-01.*table made 2017-12-10.*wanted \(0, 1\.2\]. Give a newer table",
    ):
        degradation(V8, 304, np.datetime64("2024-01-01", "ns"))


def test_image_outside_every_epoch_is_refused_with_both_dates():
    with pytest.raises(
        InputError, match=r"no epoch of the table covers the image; got '2031-01-01.*2010-03-24.* to 2030-05-01"
    ):
        degradation(V8, 171, np.datetime64("2031-01-01", "ns"))


def test_days_beyond_the_making_of_the_table_are_noted():
    _, facts = degradation(V8, 171, np.datetime64("2018-12-10T05:00:00", "ns"))
    assert facts["days_beyond_table"] == pytest.approx(365, abs=0.01)
    assert degradation(V8, 171, FEBRUARY)[1]["days_beyond_table"] == 0


def test_channel_that_the_table_lacks_is_refused():
    with pytest.raises(InputError, match=r"channel is not in the table; got \['131'.*wanted 4500"):
        degradation(V8, 4500, FEBRUARY)


def test_pointing_is_that_of_aiapy(table_path):
    header = header_of("aia_171_level1.fits")
    header.update(NAXIS1=4096, NAXIS2=4096, CRPIX1=2048.5, CRPIX2=2048.5, CDELT1=0.6, CDELT2=0.6)
    image = sunpy.map.Map(np.broadcast_to(np.float32(1), (4096, 4096)), header)
    wanted = update_pointing(image, pointing_table=pointing_table()).meta
    found, facts = pointing(table_path, 171, FEBRUARY)
    assert found.crpix1 == wanted["crpix1"]
    assert found.crpix2 == wanted["crpix2"]
    assert found.cdelt == wanted["cdelt1"]
    assert found.inst_rot + header["SAT_ROT"] == pytest.approx(wanted["crota2"])
    assert facts["epoch"] == "2011-02-15T00:00:00.000 to 2011-02-15T03:00:00.000"


def test_time_after_the_pointing_table_is_refused(table_path):
    with pytest.raises(InputError, match=r"no epoch of the table covers the image.*2011-02-15T03:00:00"):
        pointing(table_path, 171, np.datetime64("2011-02-15T03:00:00", "ns"))


def test_pointing_that_was_not_measured_is_refused(tmp_path):
    path = tmp_path / "pointing.csv"
    path.write_text(
        "T_START,T_STOP,A_171_X0,A_171_Y0,A_171_IMSCALE,A_171_INSTROT\n"
        "2011-02-15T00:00:00Z,2011-02-15T03:00:00Z,nan,2046.3,0.599489,0.02\n"
    )
    with pytest.raises(InputError, match="no pointing in the interval of the image; got '2011-02-15T00:00:00"):
        pointing(path, 171, FEBRUARY)
    with pytest.raises(InputError, match=r"columns are missing; got .*wanted A_193_X0"):
        pointing(path, 193, FEBRUARY)


def test_unreadable_table_is_told(tmp_path):
    with pytest.raises(InputError, match="calibration table cannot be read"):
        degradation(tmp_path / "gone.txt", 171, FEBRUARY)
