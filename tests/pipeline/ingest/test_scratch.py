from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sunproof.pipeline.ingest.scratch import read_bytes, scratch


def test_the_same_purpose_is_given_the_same_memory():
    first = scratch("one", (4, 8), np.float32)
    assert first.shape == (4, 8)
    assert np.shares_memory(first, scratch("one", (3, 5), np.int16))
    assert not np.shares_memory(first, scratch("two", (4, 8), np.float32))


def test_more_is_given_where_more_is_asked_for():
    small = scratch("grows", (2,), np.uint8)
    large = scratch("grows", (200,), np.int64)
    assert large.nbytes == 1600
    assert not np.shares_memory(small, large)


def test_threads_share_nothing():
    own = scratch("one", (16,), np.uint8)
    with ThreadPoolExecutor(1) as pool:
        assert not np.shares_memory(own, pool.submit(scratch, "one", (16,), np.uint8).result())


def test_a_file_is_read_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"first and long")
    (tmp_path / "b").write_bytes(b"second")
    assert bytes(read_bytes(tmp_path / "a")) == b"first and long"
    assert bytes(read_bytes(tmp_path / "b")) == b"second"


def test_an_empty_file_has_no_bytes(tmp_path):
    (tmp_path / "a").touch()
    assert bytes(read_bytes(tmp_path / "a")) == b""
