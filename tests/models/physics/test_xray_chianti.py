"""sunkit-instruments with a given response table, against our own table and the values that the package carries."""

import numpy as np
import pytest
import xarray as xr
from astropy.table import Table

from sunproof.models.physics import xray
from sunproof.models.physics.xray_chianti import chianti_isothermal

pytest.importorskip("sunkit_instruments")

DETECTORS = 15 + 4 * 4  # GOES 1-15, then four combinations of detectors each
TIME = np.datetime64("2017-09-10T16:00", "ns") + np.arange(60) * np.timedelta64(1, "s")


@pytest.fixture(scope="module")
def response(tmp_path_factory):
    """A response table in SolarSoft's layout, from the ratios, temperatures and emission measures of our own table."""
    rows = []
    for detector in range(DETECTORS):
        ratio, temperature, measure = xray._OLD if detector < 15 else xray._NEW
        fine = np.linspace(ratio[0], ratio[-1], 101)
        long = 1 / np.exp(np.interp(fine, ratio, np.log(measure)))
        hot = np.exp(np.interp(fine, ratio, np.log(temperature)))
        rows.append((hot, fine * long, long, fine * long, long, 49.0))
    names = ("TEMP_MK", "FSHORT_COR", "FLONG_COR", "FSHORT_PHO", "FLONG_PHO", "ALOG10EM")
    path = tmp_path_factory.mktemp("response") / "goes_chianti_response_latest.fits"
    Table(rows=rows, names=names).write(path)
    return path


@pytest.mark.parametrize(("satellite", "ratios"), [(15, (0.02, 0.42)), (16, (0.21, 0.46)), (8, (0.05, 0.4))])
def test_the_package_and_the_table_agree(response, satellite, ratios):
    long = np.geomspace(1e-6, 5e-4, 60)
    short = long * np.linspace(*ratios, 60)
    found = chianti_isothermal(TIME, short, long, satellite, response)
    np.testing.assert_allclose(found.temperature, xray.isothermal_temperature(short, long, satellite), rtol=0.01)
    # a spline through a table that is straight between its points: they part most at the cool end, where it is steep
    np.testing.assert_allclose(found.emission_measure, xray.emission_measure(short, long, satellite), rtol=0.015)


def test_faint_fluxes_have_no_temperature(response):
    short, long = np.array([1e-6, 9e-11, 1e-9]), np.array([1e-5, 1e-7, 2e-8])
    found = chianti_isothermal(TIME[:3], short, long, 15, response)
    assert np.isfinite(found.temperature).tolist() == [True, False, False]
    assert np.isnan(chianti_isothermal(TIME[:1], [9e-11], [1e-7], 15, response).emission_measure).all()


def test_two_detectors_keep_the_order_of_time(response):
    long = np.geomspace(1e-6, 5e-4, 60)
    which = np.arange(60) % 2 + 1
    mixed = chianti_isothermal(TIME, long * 0.3, long, 16, response, detectors=(which, which))
    np.testing.assert_allclose(mixed.emission_measure, xray.emission_measure(long * 0.3, long, 16), rtol=0.01)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no response table at"):
        chianti_isothermal(TIME[:1], [1e-6], [1e-5], 15, tmp_path / "none.fits")


@pytest.mark.parametrize(
    ("satellite", "file", "names"),
    [
        (15, "sci_gxrs-l2-irrad_g15_d20170910_v0-0-0_truncated.nc", ("a_flux", "b_flux")),
        (16, "sci_xrsf-l2-flx1s_g16_d20170910_v2-1-0_truncated.nc", ("xrsa_flux", "xrsb_flux")),
    ],
)
def test_the_flare_of_2017_is_that_of_the_idl_package(response, satellite, file, names):
    test_files = pytest.importorskip("sunkit_instruments.data.test")
    readsav = pytest.importorskip("scipy.io").readsav
    with xr.open_dataset(test_files.get_test_filepath(file), engine="h5netcdf", decode_times=False) as data:
        short, long = (data[name].to_numpy().astype(float) for name in names)
    published = readsav(test_files.get_test_filepath(f"goes_{satellite}_test_chianti_tem_idl.sav"))
    time = TIME[0] + np.arange(len(short)) * np.timedelta64(1, "s")
    found = chianti_isothermal(time, short, long, satellite, response)
    flare = np.isfinite(xray.isothermal_temperature(short, long, satellite)) & (long > 1e-5)
    assert flare.sum() > 1000
    np.testing.assert_allclose(found.temperature[flare], published["temperature"][flare], rtol=0.01)
