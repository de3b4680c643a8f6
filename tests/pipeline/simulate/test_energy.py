import numpy as np
import pytest

from sunproof.pipeline.simulate.energy import (
    ENERGY_OF_X1,
    LARGEST_SHARE,
    SMALLEST,
    Energetics,
    State,
    largest_flux,
    potential_energy,
)

PROCESS = Energetics(size_index=2.0, flare_rate=1.0, step=1.0)


def test_potential_energy_is_anchored_on_noaa_11158():
    assert potential_energy(np.array([2.7e22]))[0] == pytest.approx(9e32)


def test_the_largest_flare_takes_sixty_percent_of_the_free_energy():
    flux = largest_flux(np.array([1e32]))
    assert flux[0] / 1e-4 * ENERGY_OF_X1 == pytest.approx(LARGEST_SHARE * 1e32)


def test_no_flare_above_what_the_energy_allows():
    free = np.array([1e32])
    assert PROCESS.rate(free, np.ones(1), largest_flux(free) * 1.001)[0] == 0.0
    assert PROCESS.rate(free, np.ones(1), largest_flux(free) * 0.999)[0] > 0.0


def test_rates_follow_the_power_law_far_below_the_limit():
    rate = PROCESS.rate(np.full(2, 1e33), np.ones(2), np.array([1e-6, 1e-5]))
    assert rate[0] / rate[1] == pytest.approx(10.0, rel=0.01)


def test_flares_take_exactly_their_energy():
    state = State(np.full(500, 3e32), np.zeros(500))
    after, releases = PROCESS.flared(state, np.ones(500), np.random.default_rng(1))
    spent = np.bincount(releases.region, weights=releases.flux, minlength=500) / 1e-4 * ENERGY_OF_X1
    assert len(releases.flux) > 100
    assert state.free - after.free == pytest.approx(spent)
    assert np.all(after.free > 0.0)


def test_sizes_have_the_configured_index():
    state = State(np.full(200_000, 1e35), np.zeros(200_000))
    quiet = Energetics(size_index=2.0, flare_rate=1e-3, step=1.0)
    _, releases = quiet.flared(state, np.ones(200_000), np.random.default_rng(2))
    index = 1.0 + len(releases.flux) / np.log(releases.flux / SMALLEST).sum()
    assert index == pytest.approx(2.0, abs=4.0 / np.sqrt(len(releases.flux)))


def test_a_ceiling_leaves_larger_flares_out():
    state = State(np.full(2000, 1e33), np.zeros(2000))
    _, releases = PROCESS.flared(state, np.ones(2000), np.random.default_rng(3), ceiling=1e-6)
    assert releases.flux.max() < 1e-6
    assert len(releases.flux) > 0


def test_storage_settles_below_saturation():
    rng = np.random.default_rng(4)
    flux, shear = np.full(400, 1e22), np.ones(400)
    state = PROCESS.settled(flux, shear, rng)
    for _ in range(400):
        state = PROCESS.stored(state, flux, np.zeros(400), shear, rng)
    share = state.free / potential_energy(flux)
    assert 0.03 < np.median(share) < 0.15
    assert share.max() <= 0.5
