"""GOES X-ray fluxes."""

import gzip

import h5netcdf
import numpy as np
import pytest

from sunproof.models.physics.goes_class import flux_to_class
from sunproof.models.physics.xray import isothermal_temperature
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.goes_xrs import SOURCE

from .examples import write_avg1m, write_xrs

IRRAD = "sci_gxrs-l2-irrad_g15_d20140128_v0-0-0.nc"
AVG1M = "sci_xrsf-l2-avg1m_g16_d20210101_v2-1-0.nc"


def test_two_second_fluxes_count_from_1970(tmp_path):
    data = SOURCE.read(write_xrs(tmp_path / IRRAD))
    assert data.time.values[1] == np.datetime64("2014-01-28T00:00:02")
    np.testing.assert_allclose(data.xrsb.values, [1e-6, 2e-6, np.nan, 3e-6], rtol=1e-6)
    np.testing.assert_allclose(data.xrsa.values, [1e-7, 2e-7, np.nan, 3e-7], rtol=1e-6)


def test_averages_count_from_2000(tmp_path):
    data = SOURCE.read(write_avg1m(tmp_path / AVG1M))
    assert data.time.values[1] == np.datetime64("2021-01-01T00:01:00")


def test_group_is_that_of_the_satellite(tmp_path):
    assert SOURCE.read(write_xrs(tmp_path / IRRAD)).attrs["group"] == "goes15_xrs"
    assert SOURCE.read(write_avg1m(tmp_path / AVG1M)).attrs["group"] == "goes16_xrs"
    assert SOURCE.read(write_xrs(tmp_path / IRRAD.replace("g15", "g08"))).attrs["group"] == "goes08_xrs"


def test_flux_without_a_good_word_is_not_good(tmp_path):
    data = SOURCE.read(write_xrs(tmp_path / IRRAD))
    # good; spike; missing flux; missing word
    assert data.xrsb_good.values.tolist() == [True, False, False, False]
    assert data.xrsb_flag.values.tolist() == [0, 64, 0, -1]


def test_electrons_spoil_a_and_not_b(tmp_path):
    data = SOURCE.read(write_avg1m(tmp_path / AVG1M))
    assert data.xrsa_good.values.tolist() == [True, False, False]
    assert data.xrsb_good.values.tolist() == [True, True, False]


def test_noise_below_zero_is_kept_but_not_good(tmp_path):
    data = SOURCE.read(write_xrs(tmp_path / IRRAD, flux=(-1e-8, 1e-8), words=(0, 0)))
    assert data.xrsb.values[0] < 0
    assert data.xrsb_good.values.tolist() == [False, True]


def test_one_second_product_is_read(tmp_path):
    name = AVG1M.replace("avg1m", "flx1s")
    data = SOURCE.read(write_avg1m(tmp_path / name, names=("xrs{}_flux", "xrs{}_flags"), times=(0.5, 1.5, 2.5)))
    assert data.time.values[0] == np.datetime64("2021-01-01T00:00:00.500")


def test_gzipped_file_is_read(tmp_path):
    plain = write_xrs(tmp_path / IRRAD)
    packed = tmp_path / f"{IRRAD}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert SOURCE.read(packed).identical(SOURCE.read(plain))


def test_operational_fluxes_are_divided_by_their_factors(tmp_path):
    attrs = {"goes_scale": "operational"}
    data = SOURCE.read(write_xrs(tmp_path / IRRAD, attrs=attrs, flux=(7e-6,), words=(0,)))
    np.testing.assert_allclose([data.xrsb[0], data.xrsa[0]], [7e-6 / 0.70, 7e-7 / 0.85], rtol=1e-6)
    assert data.attrs["processing"] == "operational"
    assert data.attrs["goes_scale"] == "science"


def test_operational_fluxes_of_goes_16_are_true_already(tmp_path):
    data = SOURCE.read(write_avg1m(tmp_path / AVG1M, attrs={"platform": "g16", "goes_scale": "operational"}))
    np.testing.assert_allclose(data.xrsb[0], 1e-6, rtol=1e-6)


def test_undeclared_scale_is_refused_with_what_to_declare(tmp_path):
    with pytest.raises(
        InputError, match=r"of GOES-15 differ by 0.7; got 'nothing'; wanted science or operational. Decl"
    ):
        SOURCE.read(write_xrs(tmp_path / IRRAD, attrs={"title": "XRS"}))


def test_unknown_scale_is_refused(tmp_path):
    with pytest.raises(InputError, match="attribute goes_scale: unknown scale; got 'true'; wanted science or"):
        SOURCE.read(write_xrs(tmp_path / IRRAD, attrs={"goes_scale": "true"}))


def test_file_without_a_satellite_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no satellite named; got \['flux'\]; wanted one, as in _g15_"):
        SOURCE.read(write_xrs(tmp_path / "flux.nc"))


def test_file_of_two_satellites_is_refused(tmp_path):
    with pytest.raises(InputError, match="names of several satellites; got "):
        SOURCE.read(write_avg1m(tmp_path / AVG1M.replace("g16", "g17")))


def test_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / IRRAD).write_bytes(b"PK\x03\x04" + b"0" * 100)
    with pytest.raises(InputError, match="neither netCDF nor FITS; got b'PK"):
        SOURCE.read(tmp_path / IRRAD)


def test_simulated_file_says_so(tmp_path):
    attrs = {"platform": "g16", "simulated": 1}
    assert SOURCE.read(write_avg1m(tmp_path / AVG1M, attrs=attrs)).attrs["simulated"] == 1


@pytest.mark.data
@pytest.mark.parametrize(
    ("pattern", "group", "count", "peak"),
    [
        ("*/sci_gxrs-l2-irrad_g15_d20170910*", "goes15_xrs", 3517, 1.1909e-3),
        ("*/sci_xrsf-l2-flx1s_g16_d20170910*", "goes16_xrs", 7200, 1.2971e-3),
        ("*/sci_xrsf-l2-flx1s_g18_d20250328*", "goes18_xrs", 4001, 1.1224e-4),
        ("*/sci_xrsf-l2-avg1m_g14_d20100612*", "goes14_xrs", 1440, 2.8790e-5),
        ("*/sci_xrsf-l2-avg1m_g13_d20140128*", "goes13_xrs", 1440, 8.2448e-5),
        ("*/sci_gxrs-l2-irrad_g13_d20170901*", "goes13_xrs", 601, 3.2731e-7),
        ("*/sci_xrsf-l2-avg1m_g16_d20210101*", "goes16_xrs", 100, 7.0677e-8),
        ("*/go1520110607.fits.gz", "goes15_xrs", 42177, 2.5554e-5 / 0.7),
    ],
)
def test_real_files_read(data_root, pattern, group, count, peak):
    data = SOURCE.read(next((data_root / "multi_satellite").glob(pattern)))
    assert (data.attrs["group"], data.sizes["time"]) == (group, count)
    assert float(data.xrsb.max()) == pytest.approx(peak, rel=1e-4)
    assert float(data.xrsb_good.mean()) > 0.97


@pytest.mark.data
def test_two_satellites_see_the_same_flare_on_the_science_scale(data_root):
    """2017-09-10: without undoing the scale they would differ by 0.7."""
    folder = data_root / "multi_satellite" / "sunkit_instruments"
    old, new = (SOURCE.read(next(folder.glob(f"*_g{number}_d20170910*"))) for number in (15, 16))
    minutes = [data.xrsb.where(data.xrsb_good).resample(time="1min").mean() for data in (old, new)]
    ratio = (minutes[0] / minutes[1]).median().item()
    assert 0.85 < ratio < 1.0


@pytest.mark.data
def test_operational_and_science_files_agree_after_undoing_the_scale(data_root):
    """GOES-15 of 2011-06-07 in operation, and SWPC's class of its flare, M2.5, on the operational scale."""
    data = SOURCE.read(data_root / "multi_satellite" / "sunpy_history" / "go1520110607.fits.gz")
    assert data.attrs["processing"] == "operational"
    assert float(data.xrsb.max()) * 0.7 == pytest.approx(2.5e-5, rel=0.03)


def test_leap_second_leaves_times_in_order(tmp_path):
    from sunpy.data.test import get_test_filepath

    # sunpy's file of 2015-06-30 has a name without its satellite
    path = tmp_path / "sci_gxrs-l2-irrad_g13_d20150630_v0-0-0.nc"
    with open(get_test_filepath("goes_13_leap_second.nc"), "rb") as stream:
        path.write_bytes(stream.read())
    data = SOURCE.read(path)
    assert data.time.to_index().is_monotonic_increasing
    assert data.time.values[-1] == np.datetime64("2015-06-30T23:59:59.965")


def _minutes(folder, satellite):
    data = SOURCE.read(next(folder.glob(f"*_g{satellite}_d20170910*")))
    good = data[["xrsa", "xrsb"]].where(data.xrsa_good & data.xrsb_good)
    return good.resample(time="1min").mean()


@pytest.mark.data
def test_class_and_temperature_of_one_flare_agree_between_satellites(data_root):
    """SOL2017-09-10: X8.2 on the operational scale by GOES-15; T within 5 % wherever both see more than X1."""
    old, new = (_minutes(data_root / "multi_satellite" / "sunkit_instruments", number) for number in (15, 16))
    peaks = [float(data.xrsb.max()) for data in (old, new)]
    assert [flux_to_class(peak) for peak in peaks] == ["X11.8", "X12.9"]
    # Both round to the catalogue's class once the operational factor is put back.
    assert flux_to_class(peaks[0] * 0.7) == "X8.3"
    assert peaks[1] / peaks[0] == pytest.approx(1.09, abs=0.01)
    old, new = (data.sel(time=np.intersect1d(old.time, new.time)) for data in (old, new))
    hot = [isothermal_temperature(data.xrsa, data.xrsb, number) for data, number in ((old, 15), (new, 16))]
    bright = np.isfinite(hot[0] + hot[1]) & (new.xrsb.values > 1e-4)
    assert bright.sum() > 40
    np.testing.assert_allclose(hot[0][bright], hot[1][bright], rtol=0.05)
    # Left on the operational scale, GOES-15 would be 9 % hotter than itself, beyond that tolerance.
    scaled = isothermal_temperature(old.xrsa * 0.85, old.xrsb * 0.70, 15)[bright]
    assert np.nanmedian(scaled / hot[1][bright]) > 1.05


@pytest.mark.data
def test_a_real_file_whose_scale_flag_was_removed_is_refused(data_root, tmp_path):
    (real,) = (data_root / "multi_satellite" / "sunkit_instruments").glob("*_g15_d20170910*")
    path = tmp_path / real.name
    path.write_bytes(real.read_bytes())
    with h5netcdf.File(path, "a") as file:
        file.attrs["summary"] = "The X-ray flux product"
    with pytest.raises(InputError, match=r"does not say on which scale its fluxes are, and those of GOES-15"):
        SOURCE.read(path)
