from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest import merge as module
from sunproof.pipeline.ingest.merge import Merge
from sunproof.pipeline.ingest.parts import Column, Part
from sunproof.pipeline.sources.base import Layout

LAYOUT = Layout("table", "record", ("harpnum", "time"))


class Held(Part):
    """A part whose columns are in memory."""

    def column(self, name):
        return self.facts["columns"][name]


def part(path: str, **columns) -> Part:
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    described = {name: Column(array.dtype.str, (), array.shape[1:]) for name, array in arrays.items()}
    rows = len(next(iter(arrays.values())))
    return Held(path, "sha256:0", 1, "x@1", Path(path), "x", rows, described, {"columns": arrays})


def times(*days) -> np.ndarray:
    return np.array([np.datetime64("2011-02-01", "ns") + np.timedelta64(day, "D") for day in days])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), max_size=8, unique=True), min_size=1, max_size=5
    ),
    st.randoms(use_true_random=False),
)
def test_a_merge_is_the_last_file_to_speak_for_each_key(files, random):
    parts, believed = [], {}
    for number, keys in enumerate(files):
        keys = sorted(keys)
        columns = {
            "harpnum": np.array([harp for harp, _ in keys], np.int32),
            "time": times(*(day for _, day in keys)).astype("datetime64[ns]"),
            "usflux": np.full(len(keys), float(number)),
        }
        parts.append(part(f"{number}.csv", **columns))
        believed.update(dict.fromkeys(keys, float(number)))
    random.shuffle(parts)
    merge = Merge.of("x", LAYOUT, parts)
    harps, fluxes = (merge.gather(name, merge.rows) for name in ("harpnum", "usflux"))
    days = (merge.gather("time", merge.rows) - np.datetime64("2011-02-01")) // np.timedelta64(1, "D")
    assert dict(zip(zip(harps.tolist(), days.tolist(), strict=True), fluxes.tolist(), strict=True)) == believed
    assert list(zip(harps, days, strict=True)) == sorted(believed)
    duplicates, conflicts, _ = merge.contradictions()
    assert duplicates == 0  # values differ from file to file
    assert conflicts == sum(map(len, files)) - len(believed)


def test_equal_missing_values_are_no_conflict():
    one = part("a", harpnum=[1], time=times(0), usflux=[np.nan], end_time=np.array(["NaT"], "datetime64[ns]"))
    two = part("b", harpnum=[1], time=times(0), usflux=[np.nan], end_time=np.array(["NaT"], "datetime64[ns]"))
    assert Merge.of("x", LAYOUT, [one, two]).contradictions() == (1, 0, [])


def test_missing_keys_are_equal_keys():
    layout = Layout("table", "event", ("start_time", "peak_time"))
    one, two = (part(name, start_time=times(0), peak_time=np.array(["NaT"], "datetime64[ns]")) for name in "ab")
    assert len(Merge.of("x", layout, [one, two]).rows) == 1


def test_blocks_give_the_same_as_all_at_once(monkeypatch):
    parts = [part(str(n), harpnum=[n], time=times(n), usflux=[float(n)]) for n in range(10)]
    merge = Merge.of("x", LAYOUT, parts)
    monkeypatch.setattr(module, "_BLOCK_BYTES", 40)
    blocks = list(merge.blocks("usflux", merge.rows, 2))
    assert [first for first, _ in blocks] == [0, 4, 8]
    np.testing.assert_array_equal(np.concatenate([values for _, values in blocks]), np.arange(10.0))


def test_files_that_disagree_about_a_type_are_an_error():
    one = part("a", harpnum=[1], time=times(0), usflux=["much"])
    two = part("b", harpnum=[2], time=times(0), usflux=[1.0])
    with pytest.raises(ArchiveError, match=r"group x: usflux: files disagree about a variable's type; got .*<U4.*<f8"):
        Merge.of("x", LAYOUT, [one, two])


def test_files_that_disagree_about_a_shape_are_an_error():
    one = part("a", harpnum=[1], time=times(0), usflux=[[1.0, 2.0]])
    two = part("b", harpnum=[2], time=times(0), usflux=[1.0])
    with pytest.raises(ArchiveError, match=r"usflux: files disagree about a variable's shape; got .*2"):
        Merge.of("x", LAYOUT, [one, two])


def test_an_empty_file_says_nothing_about_types():
    one = part("a", harpnum=np.zeros(0), time=np.zeros(0), usflux=np.zeros(0, "U1"))
    two = part("b", harpnum=[2], time=times(0), usflux=[1.0])
    merge = Merge.of("x", LAYOUT, [one, two])
    assert merge.gather("usflux", merge.rows).tolist() == [1.0]
    assert merge.receipt(merge.rows).tolist() == [1]
