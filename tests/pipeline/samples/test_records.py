"""Whose keywords enter: the series, values computed from patches, or the series with its gaps filled."""

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.samples import records
from sunproof.pipeline.samples.config import InputConfig, LabelConfig
from sunproof.pipeline.samples.evidence import evidence
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.samples.reading import remembering
from sunproof.pipeline.samples.records import MIXED, RECOMPUTED, SERIES, has_records, sharp_records
from sunproof.pipeline.samples.regions import load_regions
from sunproof.pipeline.samples.slots import make_slots
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.pipeline.samples.conftest import Maker

DAY = "2011-02-15T0"
USFLUX, R_VALUE = SHARP_KEYWORDS.index("usflux"), SHARP_KEYWORDS.index("r_value")


def both_groups(make):
    """The series lacks R_VALUE at 1:00 and the record of 3:00, which the patches have, and one after the cut-off."""
    make.sharp(
        [377, 377], [DAY + "1:00", DAY + "2:00"],
        usflux=np.array([1e22, 2e22], np.float32), r_value=np.array([np.nan, 4.0], np.float32),
    )  # fmt: skip
    times, size = [DAY + "1:00", DAY + "3:00", DAY + "5:00"], 3
    columns = {name: np.full(size, 7.0, np.float32) for name in SHARP_KEYWORDS}
    columns |= {"usflux": np.array([1.1e22, 3e22, 9e22], np.float32), "latitude": np.full(size, -20.0)}
    columns |= {"longitude": np.full(size, 12.0), "quality": np.zeros(size, np.int64)}
    columns |= {"noaa_ar": np.full(size, 11158), "harpnum": np.full(size, 377)}
    make.write("sharp_recomputed", "record", {"time": np.array(times, "datetime64[ns]"), **columns})
    return make.flares([("2011-02-15T02:00", 5e-5, 11158)]).path


@pytest.fixture
def archive(make):
    return both_groups(make)


@pytest.fixture
def keys():
    columns = {
        "harpnum": [377],
        "noaa_ar": [11158],
        "entity": np.array(["region"], object),
        "data_cutoff": np.array(["2011-02-15T04:00"], "datetime64[ns]"),
    }
    return xr.Dataset({name: ("forecast", values) for name, values in columns.items()})


def config(source):
    return InputConfig(modalities=("keywords", "region"), history_hours=4, step_hours=1, keyword_source=source)


def test_gaps_of_the_series_are_filled_and_marked(archive):
    found = sharp_records(archive, "both")
    order = np.argsort(found.time.values)
    assert found.keyword_source.values[order].tolist() == [MIXED, SERIES, RECOMPUTED, RECOMPUTED]
    np.testing.assert_array_equal(found.usflux.values[order], np.array([1e22, 2e22, 3e22, 9e22], np.float32))
    np.testing.assert_array_equal(found.r_value.values[order], [7, 4, 7, 7])


@pytest.mark.parametrize(
    ("source", "usflux", "r_value", "told"),
    [
        ("series", [1e22, 2e22, np.nan], [np.nan, 4, np.nan], SERIES),
        ("recomputed", [1.1e22, np.nan, 3e22], [7, np.nan, 7], RECOMPUTED),
        ("both", [1e22, 2e22, 3e22], [7, 4, 7], RECOMPUTED),
    ],
)
def test_features_and_evidence_follow_the_choice(archive, keys, source, usflux, r_value, told):
    inputs = build(archive, keys, config(source))
    values, mask = inputs.modalities["keywords"]
    seen = np.where(mask, values, np.nan)[0]
    np.testing.assert_array_equal(seen[:3, USFLUX], np.array(usflux, np.float32))
    np.testing.assert_array_equal(seen[:3, R_VALUE], r_value)
    # nothing later than the cut-off, whichever group it stands in
    assert inputs.latest["keywords"][0] <= keys.data_cutoff.values[0]
    assert not mask[0, 3].any()
    assert evidence(archive, keys, config(source), inputs)["keyword_source"].tolist() == [told]


def test_patches_alone_are_labelled_too(make):
    path = both_groups(make)
    settings = LabelConfig(
        archive=path, output=path, cadence_hours=1, tolerance_hours=0.5, full_disk=False, keyword_source="recomputed"
    )
    slots = make_slots(path, settings, load_regions(path))
    assert slots.issue_time.values.astype("datetime64[h]").astype(str).tolist() == [
        f"2011-02-15T0{h}" for h in (1, 3, 5)
    ]
    assert slots.noaa_ar.values.tolist() == [11158] * 3


def test_a_group_that_is_asked_for_must_be_there(make):
    make.sharp([377], [DAY + "1:00"])
    for source in ("recomputed", "both"):
        with pytest.raises(ArchiveError, match="sharp_recomputed"):
            sharp_records(make.path, source)


def test_parts_that_share_a_memory_join_the_records_once(archive, keys, monkeypatch):
    joined, join = [], records._joined
    monkeypatch.setattr(records, "_joined", lambda *given: joined.append(1) or join(*given))
    memory = {}
    with remembering(memory):
        first, again = (build(archive, keys, config("both")).modalities for _ in range(2))
    assert len(joined) == 1
    alone = build(archive, keys, config("both")).modalities
    for name, parts in alone.items():
        for place, values in enumerate(parts):
            np.testing.assert_array_equal(first[name][place], values)
            np.testing.assert_array_equal(again[name][place], values)


def test_records_are_there_where_all_groups_of_their_source_are(tmp_path):
    (maker := Maker(tmp_path / "archive.zarr")).sharp([1], ["2014-01-01"])
    assert has_records(maker.path, "series")
    assert not has_records(maker.path, "recomputed")
    assert not has_records(maker.path, "both")
    (maker.path / "sharp").rename(maker.path / "sharp_recomputed")
    assert [has_records(maker.path, source) for source in ("series", "recomputed", "both")] == [False, True, False]
