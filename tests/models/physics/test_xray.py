"""Isothermal temperature and emission measure."""

import numpy as np
import pytest
import xarray as xr

from sunproof.models.physics.xray import emission_measure, isothermal_temperature


@pytest.mark.parametrize(("ratio", "old", "new"), [(0.25, 16.0, 15.2), (0.40, 20.7, 19.7), (0.05, 7.9, np.nan)])
def test_tabulated_temperatures(ratio, old, new):
    found = isothermal_temperature([ratio * 1e-4] * 2, [1e-4] * 2, [15, 16])
    np.testing.assert_allclose(found, [old, new], atol=0.05)


def test_a_missed_scale_raises_the_temperature():
    true = isothermal_temperature(2.5e-5, 1e-4)
    scaled = isothermal_temperature(2.5e-5 * 0.85, 1e-4 * 0.70)
    assert scaled - true == pytest.approx(1.5, abs=0.2)


def test_outside_the_table_and_below_the_limits_there_is_no_temperature():
    short, long = [5e-5, 1e-7, 9e-11, 1e-8, np.nan], [1e-4, 1e-4, 1e-7, 2e-8, 1e-4]
    assert np.isnan(isothermal_temperature(short, long)).all()
    assert np.isnan(emission_measure(short, long)).all()


def test_emission_measure_scales_with_the_flux():
    assert emission_measure(2e-5, 1e-4) == pytest.approx(3.7e49, rel=0.01)
    assert emission_measure(2e-6, 1e-5) == pytest.approx(3.7e48, rel=0.01)


@pytest.mark.parametrize(
    ("satellite", "file", "names"),
    [
        (15, "sci_gxrs-l2-irrad_g15_d20170910_v0-0-0_truncated.nc", ("a_flux", "b_flux")),
        (16, "sci_xrsf-l2-flx1s_g16_d20170910_v2-1-0_truncated.nc", ("xrsa_flux", "xrsb_flux")),
    ],
)
def test_the_x8_flare_of_2017_is_as_hot_as_the_idl_package_says(satellite, file, names):
    test_files = pytest.importorskip("sunkit_instruments.data.test")
    readsav = pytest.importorskip("scipy.io").readsav
    with xr.open_dataset(test_files.get_test_filepath(file), engine="h5netcdf", decode_times=False) as data:
        short, long = (data[name].to_numpy().astype(float) for name in names)
    published = readsav(test_files.get_test_filepath(f"goes_{satellite}_test_chianti_tem_idl.sav"))
    found = isothermal_temperature(short, long, satellite)
    flare = np.isfinite(found) & (long > 1e-5)
    assert flare.sum() > 1000
    np.testing.assert_allclose(found[flare], published["temperature"][flare], rtol=0.01)
    measure = emission_measure(short, long, satellite)[flare] / 1e49
    np.testing.assert_allclose(measure, published["emissions_measure"][flare], rtol=0.01)
