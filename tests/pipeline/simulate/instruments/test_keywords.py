import numpy as np
import pytest

from sunproof.pipeline.simulate.instruments.keywords import (
    PIXEL_AREA,
    PIXEL_METRES,
    TRAITS,
    Records,
    pixel_arcsec,
    synthesise,
)
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY


@pytest.fixture(scope="module")
def records() -> Records:
    rng = np.random.default_rng(1)
    count = 5000
    flux = 10.0 ** rng.uniform(20.9, 23.0, count)
    return Records(
        flux=flux,
        free=flux**1.5 * 3e-2 * 10.0 ** rng.uniform(-3.0, 0.0, count),
        cosine=rng.uniform(0.17, 1.0, count),
        hours=np.arange(count, dtype=float),
        distance=1.0 + 0.0167 * rng.uniform(-1.0, 1.0, count),
        handedness=rng.choice([-1.0, 1.0], count),
        traits=rng.standard_normal((count, TRAITS)),
    )


@pytest.fixture(scope="module")
def keywords(records):
    return synthesise(records, np.random.default_rng(2))


def test_all_seventeen_keywords_are_in_their_valid_ranges(keywords):
    assert set(keywords) == set(SHARP_KEYWORDS)
    for name, values in keywords.items():
        assert np.all(np.isfinite(values)), name
        assert values.min() >= VOCABULARY[name].low, name
        assert values.max() <= VOCABULARY[name].high, name


def test_a_pixel_is_half_an_arcsecond():
    assert pixel_arcsec(np.array([1.0]))[0] == pytest.approx(0.5025, abs=1e-3)
    assert pytest.approx(364.42e3, rel=1e-4) == PIXEL_METRES
    assert pytest.approx(1.3280e15, rel=1e-4) == PIXEL_AREA


def test_net_quantities_never_exceed_unsigned_ones(keywords, records):
    assert np.all(keywords["absnjzh"] <= keywords["totusjh"])
    assert np.all(keywords["savncpp"] * pixel_arcsec(records.distance) ** 2 <= keywords["totusjz"])


def test_totals_are_means_times_the_pixels(keywords):
    pixels = keywords["totpot"] / keywords["meanpot"] / PIXEL_AREA
    assert pixels == pytest.approx(np.round(pixels), rel=1e-9)
    assert np.abs(keywords["meanjzh"]) * pixels == pytest.approx(keywords["absnjzh"], rel=1e-9)
    assert np.all(np.abs(keywords["meanjzd"]) * 1e-3 * pixels * PIXEL_METRES**2 <= keywords["totusjz"])
    mean_field = keywords["usflux"] / pixels / PIXEL_AREA
    assert mean_field.min() > 250.0
    assert mean_field.max() < 800.0


def test_the_mean_shear_keeps_markovs_bounds(keywords):
    share = keywords["shrgt45"] / 100.0
    assert np.all(45.0 * share <= keywords["meanshr"] + 1e-9)
    assert np.all(keywords["meanshr"] <= 45.0 + 135.0 * share + 1e-9)


def test_stored_energy_shows_in_twist_and_inversion_lines(keywords, records):
    residual = np.log10(records.free) - np.polyval(
        np.polyfit(np.log10(records.flux), np.log10(records.free), 1), np.log10(records.flux)
    )
    for name in ("meanshr", "r_value", "meanpot"):
        assert np.corrcoef(residual, keywords[name])[0, 1] > 0.3, name


def test_the_orbit_shows_in_the_flux_every_twelve_and_twenty_four_hours():
    count = 24 * 40
    still = Records(
        flux=np.full(count, 1e22),
        free=np.full(count, 1e31),
        cosine=np.ones(count),
        hours=np.arange(count, dtype=float),
        distance=np.ones(count),
        handedness=np.ones(count),
        traits=np.zeros((count, TRAITS)),
    )
    flux = synthesise(still, np.random.default_rng(3))["usflux"]
    power = np.abs(np.fft.rfft(flux / flux.mean() - 1.0)) * 2.0 / count
    assert power[40] == pytest.approx(0.02, abs=0.002)
    assert power[80] == pytest.approx(0.01, abs=0.002)
