import numpy as np
import pytest

from sunproof.pipeline.verification.baselines.persistence import ConditionalPersistence
from sunproof.pipeline.verification.cases import make_cases


@pytest.fixture
def cases(samples, inputs, names):
    return make_cases(samples, inputs, names)


def test_it_is_two_training_frequencies(cases):
    found = ConditionalPersistence().fit(cases).predict(cases)
    train = (cases.block == "train") & (cases.entity == "region")
    flared = train & (cases.recent_flares("M1.0") > 0)
    row = np.flatnonzero((cases.block == "test") & (cases.entity == "region") & (cases.recent_flares("M1.0") > 0))[0]
    assert found[row, 1, 0] == pytest.approx(np.nanmean(cases.event[flared, 1, 0]))
    region = found[cases.entity == "region"]
    assert [len(np.unique(region[:, threshold, 0])) for threshold in (0, 1)] == [2, 2]


def test_an_unknown_yesterday_gives_no_probability(cases, samples):
    blind = make_cases(samples)
    assert np.isnan(ConditionalPersistence().fit(cases).predict(blind)).all()


def test_labels_outside_the_training_block_do_not_count(cases, samples, inputs, names):
    samples["event"][300:] = 1
    other = make_cases(samples, inputs, names)
    ours, theirs = (ConditionalPersistence().fit(history).predict(cases) for history in (cases, other))
    np.testing.assert_array_equal(ours, theirs)
