import numpy as np

from sunproof.pipeline.verification.baselines.goes_flux import BASELINE, columns
from sunproof.pipeline.verification.cases import make_cases


def test_columns_are_latest_mean_extremes(samples):
    flux = np.full((720, 3, 2), np.nan)
    flux[5] = [[-8, -6], [-7, -5], [np.nan, np.nan]]
    found = columns(make_cases(samples, {"xrs": flux}, {"xrs": ("xrsa", "xrsb")}))
    np.testing.assert_allclose(found[5], [-7, -5, -7.5, -5.5, -8, -6, -7, -5])
    assert np.isnan(found[6]).all()


def test_without_x_ray_flux_there_is_no_probability(samples):
    cases = make_cases(samples)
    assert np.isnan(BASELINE.fit(cases).predict(cases)).all()


def test_a_bright_sun_flares_more(samples):
    rng = np.random.default_rng(0)
    flared = np.nan_to_num(samples["event"].to_numpy()[:, 0, 0])
    flux = rng.normal(-7 + flared[:, None, None], 0.3, (720, 3, 2))
    cases = make_cases(samples, {"xrs": flux}, {"xrs": ("xrsa", "xrsb")})
    found = BASELINE.fit(cases).predict(cases)[:, 0, 0]
    assert found[flared == 1].mean() > found[flared == 0].mean() + 0.3
