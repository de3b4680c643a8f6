import numpy as np
import pytest

from sunproof.pipeline.verification.baselines.extent import OF_CELLS
from sunproof.pipeline.verification.baselines.logistic import BASELINE
from sunproof.pipeline.verification.cases import make_cases

# any keyword
KEYWORD = 12


@pytest.fixture
def cases(samples, inputs, names):
    # one region of the test block has a keyword as nobody had it in training
    inputs["keywords"][421, -1, KEYWORD] = 60.0
    return make_cases(samples, inputs, names)


def test_nothing_of_its_own_training_is_beyond_the_fit(cases):
    beyond, cause = BASELINE.fit(cases).outside(cases)
    train = cases.block == "train"
    assert (beyond[train] == 0).all()
    assert set(cause[train]) == {""}


def test_a_keyword_far_outside_takes_the_logit_beyond_and_is_named_with_its_range(cases):
    fitted = BASELINE.fit(cases)
    beyond, cause = fitted.outside(cases)
    train = (cases.block == "train") & (cases.entity == "region")
    assert cases.entity[421] == "region"
    assert (np.abs(beyond[421]) > 1).any()
    name = cases.names["keywords"][KEYWORD].upper()
    seen = cases.inputs["keywords"][train][..., KEYWORD]
    # the rows of which one step alone was observed have no change
    change = seen[:, -1] - np.where(np.isfinite(seen[:, 0]), seen[:, 0], seen[:, -1])
    value = 60 - cases.inputs["keywords"][421, 0, KEYWORD]
    assert cause[421] == (
        f"change of {name} {value:.4g}, in training {change.min():.4g} to {change.max():.4g}, "
        f"{value / change.max():.2g} times the largest"
    )


def test_how_far_is_the_distance_to_the_logits_of_training(cases):
    fitted = BASELINE.fit(cases)
    region = cases.entity == "region"
    with np.errstate(divide="ignore"):
        p = fitted.predict(cases)[:, 0, 0]
        logit = np.log(p) - np.log1p(-p)
    low, high = (logit[region & (cases.block == "train")].min(), logit[region & (cases.block == "train")].max())
    # C1.0 in the first window is bound by nothing: what is shown is its own regression
    found = fitted.outside(cases)[0][region, 0, 0]
    wanted = np.maximum(logit[region] - high, 0) + np.minimum(logit[region] - low, 0)
    plain = np.abs(logit[region]) < 15
    np.testing.assert_allclose(found[plain], wanted[plain], atol=1e-5)
    np.testing.assert_allclose(fitted.extents(["region"])["highest"][0, 0, 0], high, rtol=1e-6)


def test_samples_events_and_flaring_groups_are_counted(cases):
    told = BASELINE.fit(cases).extents(["full_disk", "region"])
    train = cases.pick(cases.block == "train")
    for place, entity in enumerate(("full_disk", "region")):
        own = train.pick(train.entity == entity)
        assert told["events"][place, 0, 0] == np.nansum(own.event[:, 0, 0])
        assert told["samples"][place, 0, 0] == np.isfinite(own.event[:, 0, 0]).sum()
        flared = own.event[:, 0, 0] == 1
        # two slots a day: one day of the disk, one region for ever
        group = own.region if entity == "region" else own.issue_time.astype("datetime64[D]")
        assert told["flaring"][place, 0, 0] == len(np.unique(group[flared])) < flared.sum()


def test_a_class_that_never_occurred_cannot_be_left(samples, inputs, names):
    samples["event"][:, 1] = 0
    cases = make_cases(samples, inputs, names)
    fitted = BASELINE.fit(cases)
    assert (fitted.outside(cases)[0][:, 1] == 0).all()
    told = fitted.extents(["region"])
    assert (told["events"][0, 1] == 0).all()
    assert np.isnan(told["highest"][0, 1]).all()


def test_nothing_observed_is_neither_in_nor_out(samples):
    cases = make_cases(samples)
    beyond, cause = BASELINE.fit(cases).outside(cases)
    assert np.isnan(beyond).all()
    assert set(cause) == {""}


def test_without_any_training_samples_there_is_no_extent_at_all(cases):
    nothing = BASELINE.fit(cases.pick(cases.block == "nowhere"))
    assert nothing.extents(("region", "full_disk")) == {}
    far, cause = nothing.outside(cases)
    assert np.isnan(far).all()
    assert set(cause) == {""}


def test_an_entity_without_training_samples_has_no_extent(cases):
    told = BASELINE.fit(cases.pick(cases.entity == "region")).extents(["region", "full_disk"])
    assert set(told) == set(OF_CELLS)
    assert all(np.isnan(values[1]).all() and values.shape == (2, 2, 2) for values in told.values())
