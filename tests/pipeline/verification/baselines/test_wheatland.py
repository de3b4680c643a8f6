import numpy as np

from sunproof.pipeline.verification.baselines.wheatland import BASELINE
from sunproof.pipeline.verification.cases import make_cases


def test_it_gives_what_the_evidence_holds(samples):
    values = np.random.default_rng(0).random((720, 2, 2))
    cases = make_cases(samples, {"probability_wheatland": values})
    np.testing.assert_array_equal(BASELINE.fit(cases).predict(cases), values)


def test_without_a_flare_list_there_is_no_probability(samples):
    assert np.isnan(BASELINE.predict(make_cases(samples))).all()
