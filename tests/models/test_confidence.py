import numpy as np
import pytest
from crepes import ConformalClassifier

from sunproof.models.confidence import Confidence


def world(regions, seed=0, windows=1, rate=0.2):
    """Calibrated forecasts: (probability, event, region), some windows a region that share its probability."""
    random = np.random.default_rng(seed)
    probability = np.repeat(random.beta(rate * 3, (1 - rate) * 3, regions), windows)
    event = np.repeat(random.random(regions) < probability[::windows], windows).astype(float)
    return probability, event, np.repeat(np.arange(regions), windows)


def test_intervals_hold_the_probability_of_a_calibrated_forecaster_and_shrink_with_regions():
    asked = np.linspace(0.05, 0.9, 30)
    widths = []
    for regions in (100, 3000):
        low, high = Confidence.fit(*world(regions), seed=0).interval(asked)
        assert (low <= high).all()
        widths.append((high - low).mean())
    assert widths[1] < widths[0] / 3
    assert np.abs((low + high) / 2 - asked).max() < 0.12


def test_more_windows_of_the_same_regions_are_no_more_evidence():
    asked = np.linspace(0.05, 0.9, 30)
    low, high = Confidence.fit(*world(100), seed=0).interval(asked)
    many_low, many_high = Confidence.fit(*world(100, windows=20), seed=0).interval(asked)
    np.testing.assert_allclose(many_low, low)
    np.testing.assert_allclose(many_high, high)


@pytest.mark.parametrize("kind", [1, 0])
def test_p_values_are_those_of_a_mondrian_classifier(kind):
    probability, event, regions = world(300)
    asked = np.linspace(0.001, 0.999, 50)
    alphas = np.where(event == 1, 1 - probability, probability)
    theirs = ConformalClassifier().fit(alphas, bins=event)
    nonconformity = 1 - asked if kind else asked
    wanted = theirs.predict_p(nonconformity, bins=np.full(50, float(kind)), smoothing=False)
    np.testing.assert_allclose(Confidence.fit(probability, event, regions, 0).credibility(asked, kind), wanted)


def test_sets_hold_flaring_and_quiet_regions_alike():
    fitted = Confidence.fit(*world(1000), seed=0)
    probability, event, _ = world(20000, seed=1)
    for kind in (1, 0):
        covered = (fitted.credibility(probability, kind) > 0.1)[event == kind].mean()
        assert covered == pytest.approx(0.9, abs=0.04), kind


def test_few_flaring_regions_allow_no_claim():
    probability, event, regions = world(100, rate=0.1)
    assert event.sum() < 30
    assert np.isnan(Confidence.fit(probability, event, regions, 0).credibility(probability, 1)).all()


def test_without_any_flare_nothing_is_told():
    probability, _, regions = world(50)
    fitted = Confidence.fit(probability, np.zeros(50), regions, 0)
    assert np.isnan(fitted.interval(probability)[0]).all()


def test_what_is_missing_is_left_out_and_stays_missing():
    probability, event, regions = world(200)
    holes = probability.copy()
    holes[::7] = np.nan
    low, _ = Confidence.fit(holes, event, regions, 0).interval(holes)
    np.testing.assert_array_equal(np.isnan(low), np.isnan(holes))


def test_numpy_keeps_its_warnings():
    Confidence.fit(*world(200), seed=0)
    assert np.geterr()["divide"] == "warn"
