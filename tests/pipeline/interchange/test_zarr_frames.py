import numpy as np
import pytest
import zarr

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.zarr_frames import open_frames
from tests.pipeline.interchange.build import write_channel, write_plain

TIMES = [f"2011-02-15T00:{minute}:00Z" for minute in ("00", "06", "12", "18", "24")]


def test_a_chunk_that_is_not_stored_is_missing_not_dark(tmp_path):
    path = write_channel(tmp_path / "171A", TIMES)
    (path / "0.0.0").unlink()  # frames 0, 1, 2
    assert float(zarr.open_array(path, mode="r", zarr_format=2)[0, 0, 0]) == 0
    frames = open_frames(path)
    np.testing.assert_array_equal(frames.pixels[:, 0, 0].compute(), [np.nan, np.nan, np.nan, 3, 4])
    assert frames.absent.tolist() == [True, True, True, False, False]


def test_nothing_is_read_before_it_is_asked_for(tmp_path):
    path = write_channel(tmp_path / "171A", TIMES)
    frames = open_frames(path)
    (path / "1.0.0").write_bytes(b"damaged")
    assert frames.pixels[:3, 0, 0].compute().tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 4, 4), np.int16), r"wrong type of pixels; got 'int16'; wanted float32"),
        (np.zeros((2, 4), np.float32), r"not an array of frames; got \(2, 4\); wanted \(frame, y, x\)"),
    ],
)
def test_an_array_that_holds_no_frames_is_refused(tmp_path, values, message):
    write_plain(tmp_path / "171A", values)
    with pytest.raises(InputError, match=message):
        open_frames(tmp_path / "171A")


def test_a_damaged_array_is_refused(tmp_path):
    write_channel(tmp_path / "171A", TIMES)
    (tmp_path / "171A/.zarray").write_text("{")
    with pytest.raises(InputError, match=r"171A: not a Zarr v2 array; got '.*JSONDecodeError"):
        open_frames(tmp_path / "171A")
