"""X-ray flux held against the flare list, another satellite, and itself."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.samples.catalogue import Catalogue, load_catalogue
from sunproof.pipeline.samples.config import CatalogueConfig
from sunproof.pipeline.samples.regions import RegionMap
from sunproof.pipeline.samples.silences import Silence
from sunproof.pipeline.samples.timeline import microseconds
from sunproof.pipeline.samples.xray_evidence import xray_evidence

NOBODY = RegionMap(np.zeros(0), np.zeros(0))
START = np.datetime64("2014-01-01", "us")
MINUTE = np.timedelta64(60_000_000, "us")
FLARES = ((600, 1e-5), (1300, 4e-6))


def light(flares=FLARES, seed=0):
    """Two days of background at 1e-6 with flares (minute of the second day, peak) that rise fast and decay slowly."""
    minutes = np.arange(2880)
    flux = np.full(2880, 1e-6)
    for minute, peak in flares:
        after = minutes - 1440 - minute
        flux = np.maximum(flux, peak * np.where(after >= 0, np.exp(-after / 60), np.exp(after / 4)))
    return flux * np.random.default_rng(seed).uniform(0.995, 1.005, 2880)


def told(tmp_path, *satellites, flares=FLARES, unsized=(), end=START + 2880 * MINUTE, missing=()):
    path = tmp_path / "archive.zarr"
    for number, flux in enumerate(satellites, start=13):
        columns = {
            "time": (START + np.arange(2880) * MINUTE).astype("datetime64[ns]"),
            "xrsb": flux.astype(np.float32),
            "xrsb_good": np.ones(2880, np.int8),
        }
        made = xr.Dataset({name: ("time", values) for name, values in columns.items()})
        made.to_zarr(path, group=f"goes{number}_xrs", mode="a", zarr_format=3, consolidated=False)
    times = START + np.array([1440 + minute for minute, _ in flares]) * MINUTE
    true = np.array([np.nan if place in unsized else peak for place, (_, peak) in enumerate(flares)], float)
    start = START - 1440 * MINUTE
    catalogue = Catalogue(
        times, true, true, true, np.full(len(true), -1), NOBODY, "operational", "flares_swpc", start, end, {}, missing
    )
    keys = SimpleNamespace(cutoff=np.repeat(START + 2879 * MINUTE, 2))
    found = xray_evidence(path, catalogue, keys)
    assert all(values.shape == (2,) and (values[0] == values[1] or np.isnan(values[0])) for values in found.values())
    return {name: values[0] for name, values in found.items()}


def test_an_honest_flux_fits(tmp_path):
    found = told(tmp_path, light(), light(seed=1))
    assert abs(found["xrs_listed_ratio"]) < 0.02
    assert abs(found["xrs_satellite_ratio"]) < 0.01
    assert found["xrs_frozen"] == 0
    assert found["xrs_unlisted"] < 0.1


def test_a_scale_undone_twice_shows_at_the_listed_peaks(tmp_path):
    assert told(tmp_path, light() / 0.7)["xrs_listed_ratio"] == pytest.approx(0.155, abs=0.02)


def test_a_shifted_flux_has_no_flare_at_the_listed_peaks(tmp_path):
    assert told(tmp_path, np.roll(light(), 300))["xrs_listed_ratio"] < -0.5


def test_another_level_of_one_satellite_shows_in_the_quarter_in_which_it_is(tmp_path):
    other = light()
    other[-360:] *= 2
    assert abs(told(tmp_path, light(), other)["xrs_satellite_ratio"]) == pytest.approx(0.301, abs=0.01)


def test_a_stuck_flux_repeats_itself(tmp_path):
    flux = light()
    flux[-90:] = flux[-90]
    assert told(tmp_path, flux)["xrs_frozen"] == 89


def test_light_without_a_listed_flare_is_told(tmp_path):
    bright = light()
    bright[-60:] *= 10
    assert told(tmp_path, bright)["xrs_unlisted"] > 0.3
    # the same light is a flare's if it is listed
    assert told(tmp_path, light((*FLARES, (900, 1e-4))), flares=(*FLARES, (900, 1e-4)))["xrs_unlisted"] < 0.1


def test_a_list_that_ends_before_the_flux_says_nothing_of_a_flare_it_lacks(tmp_path):
    bright = light()
    bright[-60:] *= 10
    assert np.isnan(told(tmp_path, bright, end=START + 2000 * MINUTE)["xrs_unlisted"])
    # the day begins at minute 1440, and flares of the six hours before it still shine in it
    for first, known in ((1000, True), (1070, False)):
        hole = Silence(*microseconds(START + np.array([first, first + 60]) * MINUTE).tolist())
        assert np.isfinite(told(tmp_path, bright, missing=(hole,))["xrs_unlisted"]) == known


def test_the_light_of_a_listed_flare_of_unknown_size_is_no_light_without_a_flare(tmp_path):
    flares = (*FLARES[:1], (900, 1e-4), FLARES[1])
    flux = light(((600, 1e-5), (900, 1e-4), (1300, 4e-6)))
    assert told(tmp_path, flux)["xrs_unlisted"] > 0.8
    assert told(tmp_path, flux, flares=flares, unsized=(1,))["xrs_unlisted"] < 0.1


def test_what_cannot_be_compared_is_missing(tmp_path):
    found = told(tmp_path, light(()), flares=())
    assert np.isnan(found["xrs_listed_ratio"])
    assert np.isnan(found["xrs_satellite_ratio"])
    assert found["xrs_frozen"] == 0


@pytest.mark.parametrize("satellite", [15, 18])
def test_a_list_on_the_operational_scale_fits_the_flux_of_its_own_satellite(make, satellite):
    """SWPC's list of GOES-18 is on the true scale, which since then is the operational one."""
    minutes = START + np.arange(2880) * MINUTE
    make.xrs(minutes, light(), np.ones(2880), satellite)
    operational = 0.7 if satellite == 15 else 1.0
    rows = [(START + (1440 + minute) * MINUTE, peak * operational, -1) for minute, peak in FLARES]
    make.flares(rows, goes_scale=["operational"] * 2, satellite=[satellite] * 2)
    catalogue = load_catalogue(make.path, CatalogueConfig(), NOBODY)
    found = xray_evidence(make.path, catalogue, SimpleNamespace(cutoff=minutes[-1:]))
    assert abs(found["xrs_listed_ratio"][0]) < 0.02
