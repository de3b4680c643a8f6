import shutil

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.evidence import evidence
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY

CONFIG = InputConfig(history_hours=4, step_hours=1)


@pytest.fixture(scope="module")
def keys():
    columns = {
        "harpnum": [377, -1, 999],
        "noaa_ar": [11158, -1, -1],
        "entity": np.array(["region", "full_disk", "region"], object),
        "data_cutoff": np.array(["2011-02-15T04:00"] * 3, "datetime64[ns]"),
    }
    return xr.Dataset({name: ("forecast", values) for name, values in columns.items()})


@pytest.fixture(scope="module")
def archive(make_once):
    day = "2011-02-15T0"
    make_once.sharp(
        [377, 377], [day + "1:00", day + "3:30"], usflux=np.array([1e21, 2e21], np.float32), quality=[0, 0x400],
        latitude=[-20.0, np.nan], longitude=[12.0, np.nan],
    )  # fmt: skip
    make_once.harp_noaa([(377, 11158)])
    make_once.flares(
        [("2011-02-13T00:00", 2e-6, 11158), ("2011-02-15T02:00", 5e-5, 11158), (day + "5:00", 1e-4, 11158)]
    )
    make_once.srs([("2011-02-15T00:30", 11158, "I", -21, 10, 600, "Ekc", "Beta-Gamma-Delta")])
    make_once.xrs([day + "1:00", day + "2:00", day + "3:00"], [1e-6, 2e-6, 1e-5], [1, 1, 1])
    return make_once.path


@pytest.fixture(scope="module")
def found(archive, keys):
    return evidence(archive, keys, CONFIG)


def test_every_name_is_in_the_vocabulary(found):
    assert set(found) <= set(VOCABULARY)
    assert set(SHARP_KEYWORDS) <= set(found)


def test_keywords_are_those_of_the_latest_record(found):
    np.testing.assert_array_equal(found["usflux"], [np.float32(2e21), np.nan, np.nan])
    assert found["quality"].tolist() == [0x400, -1, -1]
    np.testing.assert_array_equal(found["input_age"], [0.5, np.nan, np.nan])
    assert found["nan_fraction"].tolist() == [0.5, 1, 1]


def test_without_records_in_the_archive_all_else_is_told(archive, keys, found, tmp_path):
    bare = shutil.copytree(archive, tmp_path / "archive.zarr")
    shutil.rmtree(bare / "sharp")
    told = evidence(bare, keys, CONFIG)
    assert set(told) == set(found)
    for name in (*SHARP_KEYWORDS, "input_age", "nan_fraction", "usflux_rate"):
        assert np.isnan(told[name]).all(), name
    assert told["quality"].tolist() == [-1] * 3
    assert np.isnat(told["keyword_time"]).all()
    for name in ("flares_24h", "srs_area", "xrsb", "longitude"):
        np.testing.assert_array_equal(told[name], found[name])
    assert {name: values.dtype for name, values in told.items()} == {name: v.dtype for name, v in found.items()}


def test_flares_are_counted_up_to_the_cutoff(found):
    assert found["flares_24h"].tolist() == [1, 1, 0]
    assert found["largest_24h"].tolist() == [5e-5, 5e-5, 0]
    assert found["history_events"].tolist() == [2, 2, 0]


def test_flares_of_hours_that_the_list_is_declared_to_lack_are_unknown(archive, keys, make):
    shutil.copytree(archive, make.path)
    rows = [("2011-02-12T00:00", 2e-6, 11158), ("2011-02-15T02:00", 5e-5, 11158), ("2011-02-15T03:00", 1e-6, 11158)]
    for day, known in (("2011-02-14", []), ("2011-02-13", ["flares_24h", "largest_24h"])):
        following = str(np.datetime64(day) + 1)
        make.flares(rows, missing=[[day, following]])
        told = evidence(make.path, keys, CONFIG)
        for name in ("flares_24h", "largest_24h", "history_events"):
            assert np.isfinite(told[name][:2]).all() == (name in known), (day, name)


def test_the_summary_fills_the_place_that_the_record_lacks(found):
    assert (found["srs_area"][0], found["mcintosh"][0], found["hale"][0]) == (600, "Ekc", "Beta-Gamma-Delta")
    assert found["latitude"][0] == -21
    assert found["longitude"][0] == pytest.approx(10 + 13.03 * 3.5 / 24, abs=0.02)
    assert np.isnat(found["srs_time"]).tolist() == [False, True, True]


def test_a_summary_says_whose_it_is_and_of_how_many(found):
    assert found["summary_region"].tolist() == found["position_region"].tolist() == [11158, -1, -1]
    np.testing.assert_array_equal(found["summary_regions"], [1, np.nan, np.nan])


def test_a_patch_of_two_regions_gets_the_classes_of_the_larger_and_says_so(make, keys):
    make.sharp([377], ["2011-02-15T03:30"], latitude=[-20.0], longitude=[12.0])
    make.harp_noaa([(377, 11158), (377, 11159)])
    make.srs(
        [
            ("2011-02-15T00:30", 11158, "I", -21, 10, 100, "Cso", "Beta"),
            ("2011-02-15T00:30", 11159, "I", -19, 20, 600, "Ekc", "Beta-Gamma-Delta"),
        ]
    )
    make.flares([])
    found = evidence(make.path, keys, CONFIG)
    assert (found["summary_region"][0], found["summary_regions"][0], found["mcintosh"][0]) == (11159, 2, "Ekc")
    # the place is the record's: the patch as a whole has it
    assert (found["srs_area"][0], found["latitude"][0], found["position_region"][0]) == (700, -20, -1)


def test_the_place_has_the_time_at_which_it_was_taken(found):
    # The record's longitude is missing, so the summary's is used, turned to the cut-off.
    assert found["position_time"][0] == np.datetime64("2011-02-15T04:00")


def test_the_flux_has_no_trend_before_four_records_are_there(found):
    assert np.isnan(found["usflux_rate"]).all()


def test_both_channels_of_the_latest_hour_are_given(found):
    # the flux of 3:00 is a tenth in the short channel, as the archive of this test has it
    assert found["xrsb"][0] == pytest.approx(1e-5, rel=1e-3)
    assert found["xrsa"][0] == pytest.approx(1e-6, rel=1e-3)


def test_the_background_is_that_between_flares(found):
    assert found["xrs_background"] == pytest.approx([1e-6] * 3)


def test_evidence_taken_from_inputs_is_the_same(archive, keys, found):
    taken = evidence(archive, keys, CONFIG, build(archive, keys, CONFIG))
    for name, values in found.items():
        np.testing.assert_array_equal(taken[name], values, err_msg=name)
