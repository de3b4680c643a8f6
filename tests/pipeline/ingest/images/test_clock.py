from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from sunproof.pipeline.ingest.images.clock import NO_FILE, schedule
from sunproof.pipeline.ingest.images.part import FramePart

MIDNIGHT = np.datetime64("2011-02-15T00:00:00", "ns")


def frame(seconds: float, name: str = "", rejected: str = "", **changes) -> FramePart:
    path = name or f"{seconds}.fits"
    time = MIDNIGHT + np.timedelta64(round(seconds * 1000), "ms")
    part = FramePart(
        path=path,
        digest=f"sha256:{path}",
        size=1,
        reader="aia@1",
        store=Path(path),
        group="aia_171",
        quantity="intensity",
        time=time,
        pixels=path,
        record={"reject_reason": rejected},
        facts={},
    )
    return replace(part, **changes)


def names(frames, slots):
    return [frames[index].path if index >= 0 else None for index in slots.chosen]


def test_slots_run_from_the_first_frame_to_the_last_on_the_clock():
    slots = schedule([frame(3), frame(2161)], 720, 60)
    assert slots.times.tolist() == (MIDNIGHT + np.arange(4) * np.timedelta64(720, "s")).tolist()
    assert slots.reasons == ["", NO_FILE, NO_FILE, ""]


def test_the_nearest_frame_takes_the_slot_before_or_after_it():
    frames = [frame(730), frame(715), frame(700)]
    slots = schedule(frames, 720, 60)
    assert names(frames, slots) == ["715.fits"]
    assert slots.unused == [0, 2]


def test_of_two_equally_near_frames_the_earlier_is_taken():
    frames = [frame(725), frame(715)]
    assert names(frames, schedule(frames, 720, 60)) == ["715.fits"]


def test_a_frame_beyond_the_tolerance_is_never_taken():
    slots = schedule([frame(0), frame(781)], 720, 60)
    assert slots.chosen.tolist() == [0, -1]
    assert slots.reasons[1] == NO_FILE
    assert schedule([frame(0), frame(780)], 720, 60).chosen.tolist() == [0, 1]


def test_a_slot_tells_why_the_frame_nearest_to_it_was_refused():
    frames = [frame(0), frame(721, rejected="eclipse"), frame(1440)]
    slots = schedule(frames, 720, 60)
    assert slots.reasons == ["", "rejected: eclipse", ""]
    assert slots.refused == {1: "rejected: eclipse"}


def test_a_good_frame_farther_off_stands_in_for_a_rejected_one():
    frames = [frame(1, rejected="eclipse"), frame(30)]
    assert names(frames, schedule(frames, 720, 60)) == ["30.fits"]


def test_a_copy_under_another_name_is_found():
    slots = schedule([frame(0, "a.fits", digest="same"), frame(0, "b.fits", digest="same")], 720, 60)
    assert slots.refused == {0: "byte-identical copy of b.fits"}


def test_old_pixels_under_a_new_time_are_stale():
    frames = [frame(1440, pixels="p"), frame(0, pixels="p"), frame(720)]
    slots = schedule(frames, 720, 60)
    assert slots.refused == {0: "stale: the pixels of 0.fits"}
    assert slots.reasons == ["", "", "stale: the pixels of 0.fits"][: len(slots.reasons)]


def test_of_two_files_of_one_time_the_later_processed_is_believed():
    frames = [frame(0, "z.fits", facts={"DATE": "2011-02-16"}), frame(0, "a.fits", facts={"DATE": "2012-10-12"})]
    slots = schedule(frames, 720, 60)
    assert names(frames, slots) == ["a.fits"]
    assert slots.refused == {0: "superseded by a.fits"}


def test_the_order_of_the_frames_changes_nothing():
    rng = np.random.default_rng(0)
    frames = [frame(float(second), pixels=str(second % 37)) for second in range(0, 7000, 55)]
    expected = names(frames, schedule(frames, 720, 60))
    for _ in range(5):
        mixed = [frames[index] for index in rng.permutation(len(frames))]
        assert names(mixed, schedule(mixed, 720, 60)) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2011-02-15T00:00", "2011-02-15T00:36", [0, 1, -1]),
        ("2011-02-15T00:00:01", "2011-02-15T00:24:01", [1, -1]),
        ("2011-02-16", "2011-02-15T00:24", []),
    ],
)
def test_an_interval_fixes_the_slots(start, end, expected):
    slots = schedule(
        [frame(0), frame(720), frame(99999)], 720, 60, datetime.fromisoformat(start), datetime.fromisoformat(end)
    )
    assert slots.chosen.tolist() == expected


def test_cadences_below_a_minute_work():
    slots = schedule([frame(0.3), frame(12.4), frame(35.8)], 12, 0.5)
    assert slots.chosen.tolist() == [0, 1, -1, 2]
