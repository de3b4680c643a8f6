import numpy as np
import pytest

from sunproof.models.attribution.groups import partition
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.models.toy import architecture


def tree(**modalities):
    blocks = {name: {"features": list(features), "steps": steps} for name, (features, steps) in modalities.items()}
    return {"modalities": blocks}


@pytest.mark.parametrize("by", ["modality", "physics", "lag"])
def test_every_element_is_in_exactly_one_group(by):
    found = partition(architecture(), by)
    assert found.index.shape == (6 * 3 + 6 * 2 + 2,)
    assert (found.members.sum(axis=0) == 1).all()
    assert (found.members.sum(axis=1) > 0).all()


def test_every_sharp_keyword_has_a_family():
    found = partition(tree(keywords=(SHARP_KEYWORDS, 1)), "physics")
    assert set(found.names) == {"size", "gradient", "current", "helicity", "shear", "inversion line"}
    alone = [SHARP_KEYWORDS[place] for place in np.flatnonzero(found.index == found.names.index("inversion line"))]
    assert alone == ["r_value"]


@pytest.mark.parametrize(
    ("feature", "group"),
    [
        ("flares_m_24h", "flares of the region"),
        ("hours_since_c", "flares of the region"),
        ("flare_index_72h", "flares of the region"),
        ("disk_flares_c_24h", "flares of the disk"),
        ("disk_hours_since_m", "flares of the disk"),
        ("longitude", "place"),
        ("longitude_extent", "region summary"),
        ("limb_distance", "place"),
        ("region_age", "time"),
        ("hale_delta", "region summary"),
    ],
)
def test_a_scalar_of_the_region_belongs_to_what_it_measures(feature, group):
    assert partition(tree(region=([feature], None)), "physics").names == (group,)


def test_the_history_of_flares_is_told_apart_from_that_of_the_disk():
    names = ("flares_region", "log_largest_region", "flares_disk", "log_largest_disk")
    found = partition(tree(history=(names, 2)), "physics")
    assert found.names == ("flares of the region", "flares of the disk")
    assert found.index.tolist() == [0, 0, 1, 1] * 2


def test_lags_count_back_from_the_cut_off():
    found = partition(tree(keywords=(["usflux"], 3), region=(["srs_area"], None)), "lag")
    assert found.names == ("lag 2", "lag 1", "lag 0", "summary")


def test_sums_and_observation_follow_the_groups():
    found = partition(tree(keywords=(["usflux", "r_value"], 2)), "physics")
    np.testing.assert_array_equal(found.sums(np.array([[1.0, 2.0, 3.0, 4.0]])), [[4, 6]])
    np.testing.assert_array_equal(found.observed(np.array([[False, False, True, False]])), [[True, False]])
