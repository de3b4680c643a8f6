import numpy as np

from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.parity import apart, same_function

LIMIT = load_limits().of("K5")["logit"]


def probability(logit):
    return 1 / (1 + np.exp(-np.asarray(logit)))


def test_an_answer_within_the_limit_of_k5_is_the_issued_one():
    logit = np.array([-9.0, -1.0, 0.0, 3.0])
    np.testing.assert_allclose(apart(logit + 0.5, probability(logit)), 0.5)
    assert same_function(logit + 0.9 * LIMIT, probability(logit)).all()
    assert not same_function(logit + 1.1 * LIMIT, probability(logit)).any()


def test_what_was_never_issued_is_another_function():
    assert not same_function([np.nan, 0.0, 50.0, -50.0], [0.5, np.nan, 1.0, 0.0]).any()
