import threading
import time

import pytest
import torch
from torch.utils.data import Dataset

from sunproof.pipeline.training.batches import BatchLoader, BatchOrder
from sunproof.pipeline.training.prefetch import Prefetching


class Slow(Dataset):
    def __init__(self, seconds=0.0, broken=None):
        self.seconds, self.broken, self.threads = seconds, broken, set()

    def __len__(self):
        return 6

    def __getitem__(self, index):
        self.threads.add(threading.current_thread().name)
        index = int(index)
        if index == self.broken:
            raise OSError("no such frame")
        time.sleep(self.seconds)
        return torch.tensor([index])


def made(data, kind=Prefetching):
    return kind(data, BatchOrder(len(data), 1, None))


def test_batches_come_in_order_from_another_thread():
    data = Slow()
    assert [int(batch) for batch in made(data)] == list(range(6))
    assert data.threads == {"batches"}


def test_reading_goes_on_while_the_model_computes():
    loader = made(Slow(0.03))
    for _ in loader:
        time.sleep(0.06)
    # only the first batch is waited for
    assert loader.waited < 0.5 * loader.served
    starved = made(Slow(0.03))
    assert len(list(starved)) == 6
    assert starved.waited > 0.5 * starved.served


def test_a_failed_read_stops_the_model():
    with pytest.raises(OSError, match="no such frame"):
        list(made(Slow(broken=3)))


def test_a_pass_may_end_early():
    before = threading.active_count()
    for _ in made(Slow()):
        break
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_random_numbers_of_the_model_are_not_touched_by_reading():
    torch.manual_seed(0)
    drawn = [float(torch.rand(())) for _ in made(Slow())]
    torch.manual_seed(0)
    again = [float(torch.rand(())) for _ in made(Slow(), BatchLoader)]
    assert drawn == again


def test_its_place_in_the_epoch_counts_what_was_given_away():
    loader = made(Slow())
    for number, _ in enumerate(loader):
        if number == 1:
            state = loader.state_dict()
            break
    again = made(Slow())
    again.load_state_dict(state)
    assert [int(batch) for batch in again] == [2, 3, 4, 5]


def test_several_threads_keep_the_order_and_read_side_by_side():
    data = Slow(0.05)
    loader = Prefetching(data, BatchOrder(len(data), 1, None), readers=3)
    assert [int(batch) for batch in loader] == list(range(6))
    assert len(data.threads) > 1
    assert loader.state_dict()["batches"] == 6


def test_several_threads_pass_on_a_failed_read_and_end_with_the_pass():
    data = Slow(broken=3)
    with pytest.raises(OSError, match="no such frame"):
        list(Prefetching(data, BatchOrder(len(data), 1, None), readers=2))
    before = threading.active_count()
    for _ in Prefetching(Slow(), BatchOrder(6, 1, None), readers=2):
        break
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
