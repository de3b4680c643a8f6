import numpy as np
import pytest

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.images import group as module
from sunproof.pipeline.ingest.images.clock import schedule
from sunproof.pipeline.ingest.images.config import ImagesConfig
from sunproof.pipeline.ingest.images.group import ImageGroup
from tests.pipeline.ingest.images.test_clock import frame

RECORD = {
    "reject_reason": "",
    "t_tai": np.datetime64("NaT", "ns"),
    "exposure_time": 2.0,
    "quality": 0,
    "quality_flags": "",
    "observer_latitude": 1.0,
    "observer_longitude": 0.0,
    "observer_distance": 0.99,
    "apparent_radius": 970.0,
}


def group_of(*frames) -> ImageGroup:
    return ImageGroup(
        "aia_171", "aia", frames, schedule(frames, 720, 60), ImagesConfig(size=512).product("aia_171"), "float16"
    )


def test_blocks_hold_their_frames_and_empty_ones_are_left_out():
    group = group_of(frame(0), frame(720), frame(720 * 300))
    assert {block: [slot for slot, _ in frames] for block, frames in group.blocks().items()} == {
        0: [0, 1],
        2: [300 - 2 * 128],
    }


def test_what_is_missing_says_so_in_every_variable():
    found = group_of(frame(0, record=RECORD), frame(1440, record=RECORD)).variables()
    assert np.isnat(found["time_observed"]).tolist() == [False, True, False]
    assert np.isnan(found["exposure_time"]).tolist() == [False, True, False]
    assert found["quality"].tolist() == [0, -1, 0]
    assert found["receipt"].tolist() == [0, -1, 1]
    assert found["missing_reason"].tolist() == ["", "no file", ""]


def test_a_group_without_any_good_frame_is_all_missing():
    found = group_of(frame(0, rejected="eclipse"), frame(720, rejected="eclipse")).variables()
    assert found["missing_reason"].tolist() == ["rejected: eclipse"] * 2
    assert np.isnan(found["exposure_time"]).all()
    assert found["quality_flags"].tolist() == ["", ""]


def test_two_quantities_in_one_group_are_an_error():
    group = group_of(frame(0), frame(720, quantity="radiance"))
    with pytest.raises(ArchiveError, match=r"a group holds one quantity; got \['intensity', 'radiance'\]"):
        group.quantity  # noqa: B018


def test_a_file_system_without_links_gets_copies(tmp_path, monkeypatch):
    def no_links(*_):
        raise OSError("links are not supported")

    monkeypatch.setattr(module.os, "link", no_links)
    (tmp_path / "block").write_bytes(b"pixels")
    module._link(tmp_path / "block", tmp_path / "c/0/0/0")
    assert (tmp_path / "c/0/0/0").read_bytes() == b"pixels"
