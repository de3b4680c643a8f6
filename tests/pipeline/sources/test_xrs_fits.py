"""FITS files of the Solar Data Analysis Center."""

import io

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.goes_xrs import SOURCE


def write(path, **cards):
    """B and A, as in the real files; a card of None is left out."""
    header = {"TELESCOP": "GOES 15", "ORIGIN": "SDAC/GSFC", "DATE-OBS": "07/06/2011", "UNIT": "W /m**2"} | cards
    flux = np.array([[[7e-6, 8.5e-7], [-99999.0, -99999.0]]], dtype=">f4")
    columns = [
        fits.Column("TIME", "2D", unit="s", array=np.array([[0.5, 2.5]])),
        fits.Column("FLUX", "4E", unit=header.pop("UNIT"), dim="(2,2)", array=flux),
    ]
    primary = fits.PrimaryHDU()
    primary.header.update({name: value for name, value in header.items() if value is not None})
    fits.HDUList([primary, fits.BinTableHDU.from_columns(columns, name="FLUXES")]).writeto(path)
    return path


def test_operational_fluxes_come_out_on_the_science_scale(tmp_path):
    data = SOURCE.read(write(tmp_path / "go1520110607.fits"))
    np.testing.assert_allclose(data.xrsb.values, [1e-5, np.nan], rtol=1e-6)
    np.testing.assert_allclose(data.xrsa.values, [1e-6, np.nan], rtol=1e-6)
    assert data.time.values[0] == np.datetime64("2011-06-07T00:00:00.500")


def test_samples_without_a_word_are_good_where_there_is_a_flux(tmp_path):
    data = SOURCE.read(write(tmp_path / "go1520110607.fits"))
    assert data.xrsb_flag.values.tolist() == [-1, -1]
    assert data.xrsb_good.values.tolist() == [True, False]


@pytest.mark.parametrize("date", ["07/06/11", "2011-06-07"])
def test_other_spellings_of_the_day_are_read(tmp_path, date):
    data = SOURCE.read(write(tmp_path / "a.fits", **{"DATE-OBS": date}))
    assert data.time.values[0].astype("M8[D]") == np.datetime64("2011-06-07")


def test_file_of_unknown_origin_must_declare_its_scale(tmp_path):
    with pytest.raises(InputError, match=r"goes_scale: the file does not say .* got 'nothing'.*GOESSCAL in a FITS"):
        SOURCE.read(write(tmp_path / "a.fits", ORIGIN="elsewhere"))
    declared = SOURCE.read(write(tmp_path / "b.fits", ORIGIN="elsewhere", GOESSCAL="science"))
    np.testing.assert_allclose(declared.xrsb.values[0], 7e-6, rtol=1e-6)


@pytest.mark.parametrize(
    ("cards", "message"),
    [
        ({"TELESCOP": "SDO"}, r"no satellite named; got \['SDO'\]"),
        ({"DATE-OBS": "June"}, "DATE-OBS: no such day; got 'June'; wanted day/month/year"),
        ({"UNIT": "erg"}, "extension FLUXES, TUNIT2: wrong unit; got 'erg'; wanted W/m"),
    ],
)
def test_wrong_header_is_refused(tmp_path, cards, message):
    with pytest.raises(InputError, match=message):
        SOURCE.read(write(tmp_path / "a.fits", **cards))


def test_truncated_file_is_refused(tmp_path):
    path = write(tmp_path / "a.fits")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"a.fits: truncated or foreign FITS file; got "):
        SOURCE.read(path)


def test_foreign_fits_file_is_refused(tmp_path):
    buffer = io.BytesIO()
    fits.PrimaryHDU(np.zeros((2, 2))).writeto(buffer)
    (tmp_path / "a.fits").write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match=r"a.fits: truncated or foreign FITS file; got .*FLUXES"):
        SOURCE.read(tmp_path / "a.fits")
