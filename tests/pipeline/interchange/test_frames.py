import dask.array as da
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sunproof.pipeline.interchange.frames import frame_dataset


def dataset_of(hours, chunk=3):
    times = np.array(["NaT" if hour is None else f"2011-01-01T{hour:02}" for hour in hours], "datetime64[ns]")
    pixels = da.from_array(np.arange(len(hours), dtype=np.float32)[:, None, None], chunks=(chunk, 1, 1))
    return frame_dataset("intensity", pixels, times, {"quality": np.arange(len(hours))}, {})


@given(st.lists(st.one_of(st.none(), st.integers(0, 12)), min_size=1, max_size=12))
def test_every_time_stands_once_in_order_with_the_last_frame_that_has_it(hours):
    dataset = dataset_of(hours)
    believed = {hour: index for index, hour in enumerate(hours) if hour is not None}
    expected = [believed[hour] for hour in sorted(believed)]
    assert dataset["intensity"].values[:, 0, 0].tolist() == expected
    assert dataset["quality"].values.tolist() == expected
    assert (np.diff(dataset["time"].values) > np.timedelta64(0)).all()
    dated = [hour for hour in hours if hour is not None]
    assert dataset.attrs.get("undated", 0) == len(hours) - len(dated)
    assert dataset.attrs.get("conflicts_dropped", 0) == len(dated) - len(believed)


def test_frames_in_order_are_not_cut_up():
    assert dataset_of([0, 1, 2, 3, 4, 5])["intensity"].chunks[0] == (3, 3)
    assert dataset_of([3, 4, 5, 0, 1, 2])["intensity"].chunks[0] == (3, 3)


def test_frames_that_are_missing_alike_are_duplicates():
    times = np.array(["2011-01-01", "2011-01-01"], "datetime64[ns]")
    pixels = da.full((2, 2, 2), np.float32(np.nan))
    columns = {"exposure_time": np.array([np.nan, np.nan])}
    dataset = frame_dataset("intensity", pixels, times, columns, {"array": "171A"})
    assert dataset.attrs["duplicates_dropped"] == 1
    assert dataset.attrs["array"] == "171A"
