from dataclasses import replace

import numpy as np
import pytest

from sunproof.pipeline.ingest import building, merge
from sunproof.pipeline.ingest.building import build_group
from sunproof.pipeline.ingest.merge import Merge
from sunproof.pipeline.receipts import digest_tree
from sunproof.pipeline.sources.base import Layout
from tests.pipeline.ingest.test_merge import part, times

HOURS = 9


@pytest.fixture
def light(monkeypatch):
    """A light curve that is written in pieces of two records."""
    monkeypatch.setattr(building, "chunk_rows", lambda shape: 2)
    monkeypatch.setattr(merge, "_BLOCK_BYTES", 1)
    parts = [part("a", time=times(*range(HOURS)), xrsb=np.arange(HOURS, dtype=np.float32))]
    return Merge.of("light", Layout("series", "time"), parts)


def build(folder, light, **attrs):
    build_group(folder, light, light.rows, {"archive_format": 1, **attrs})


def stop_after(monkeypatch, pieces):
    """Let writing fail after so many pieces, as a killed process would."""
    write, count = building.write_rows, []

    def failing(array, first, values):
        if len(count) == pieces:
            raise KeyboardInterrupt
        write(array, first, values)
        count.append(first)

    monkeypatch.setattr(building, "write_rows", failing)
    return count


@pytest.mark.parametrize("pieces", range(11))
def test_a_group_stopped_after_any_piece_ends_with_the_same_bytes(tmp_path, light, monkeypatch, pieces):
    build(tmp_path / "whole", light)
    with monkeypatch.context() as patch:
        stop_after(patch, pieces)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "stopped", light)
    left = stop_after(monkeypatch, 100)
    build(tmp_path / "stopped", light)
    assert len(left) == 11 - pieces  # five pieces a variable, one for the receipts; nothing is written twice
    assert digest_tree(tmp_path / "stopped") == digest_tree(tmp_path / "whole")
    assert not (tmp_path / "stopped.json").exists()


def test_what_was_begun_from_other_files_is_not_continued(tmp_path, light, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 4)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "group", light, note="old")
    (tmp_path / "group" / "xrsb").mkdir(exist_ok=True)
    (tmp_path / "group" / "xrsb" / "stale").write_text("from another plan")
    build(tmp_path / "group", light)
    build(tmp_path / "whole", light)
    assert digest_tree(tmp_path / "group") == digest_tree(tmp_path / "whole")


def test_what_was_begun_from_the_same_files_read_otherwise_is_not_continued(tmp_path, light, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 7)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "group", light)
    # the same receipts, but a part that other settings made: its name says so
    again = replace(light.parts[0], store=light.parts[0].store.with_name("other settings"))
    columns = {**again.facts["columns"], "xrsb": np.arange(HOURS, dtype=np.float32) + 1}
    other = Merge.of("light", light.layout, [replace(again, facts={"columns": columns})])
    build(tmp_path / "group", other)
    build(tmp_path / "whole", other)
    assert digest_tree(tmp_path / "group") == digest_tree(tmp_path / "whole")


def test_half_a_chunk_of_a_killed_process_is_swept_away(tmp_path, light, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "group", light)
    (tmp_path / "group/time/c/3.0a1b.partial").write_bytes(b"half")
    build(tmp_path / "group", light)
    assert not list((tmp_path / "group").rglob("*.partial"))


def test_a_mark_that_a_power_failure_left_half_is_no_mark(tmp_path, light):
    (tmp_path / "group.json").write_text('{"plan": "sha')
    build(tmp_path / "group", light)
    assert (tmp_path / "group/zarr.json").exists()
