import numpy as np
import pytest

from sunproof.pipeline.verification.cases import make_cases
from sunproof.pipeline.verification.config import BootstrapConfig
from sunproof.pipeline.verification.subsets import blocks_of, subsets, training_rates


@pytest.fixture
def cases(samples, inputs, names):
    return make_cases(samples, inputs, names)


def test_first_flares_come_after_a_quiet_day_of_that_class(cases):
    found = dict(subsets(cases, "M1.0", per_year=True, first_flare=True))
    assert list(found) == ["all", "first flare", "2013"]
    assert (cases.recent_flares("M1.0")[found["first flare"]] == 0).all()
    assert 0 < found["first flare"].sum() < len(cases)


def test_subsets_can_be_turned_off(cases):
    assert [name for name, _ in subsets(cases, "M1.0", per_year=False, first_flare=False)] == ["all"]


def test_nobody_is_quiet_where_the_past_is_unknown(samples):
    assert "first flare" not in dict(subsets(make_cases(samples), "M1.0", per_year=False, first_flare=True))


def test_time_blocks_are_as_long_as_asked_and_shared_by_regions(cases):
    blocks = blocks_of(cases.pick(cases.entity == "region"), BootstrapConfig(days=10))
    assert len(blocks["rotation"].weights[0]) == 13  # 120 days cut at multiples of 10 since 1970
    assert len(blocks["region"].weights[0]) == 2


def test_the_disk_is_not_resampled_by_region(cases):
    assert list(blocks_of(cases.pick(cases.entity == "full_disk"), BootstrapConfig())) == ["rotation"]


def test_training_rates_see_the_training_block_alone(cases):
    rows = (cases.block == "train") & (cases.entity == "region")
    np.testing.assert_allclose(training_rates(cases, "region"), np.nanmean(cases.event[rows], axis=0))
    assert np.isnan(training_rates(cases.pick(cases.block == "test"), "region")).all()
