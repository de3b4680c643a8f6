from itertools import chain

import pytest
import torch
from torch.utils.data import Dataset

from sunproof.pipeline.training.batches import BatchLoader, BatchOrder


class Rows(Dataset):
    def __getitem__(self, rows):
        return rows


def batches(order: BatchOrder) -> list[list[int]]:
    return [batch.tolist() for batch in order]


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("rows", [23, 24, 30, 31])
def test_processes_share_every_batch_of_one_process_evenly(rows: int, size: int):
    alone = batches(BatchOrder(rows - rows % size, 6, None))
    shares = [batches(BatchOrder(rows, 6, None, rank, size)) for rank in range(size)]
    assert [sorted(chain(*parts)) for parts in zip(*shares, strict=True)] == alone
    for parts in zip(*shares, strict=True):
        assert len({len(part) for part in parts}) == 1


def test_shuffled_shares_are_disjoint_and_made_again_alike():
    def shares(epoch: int) -> list[list[list[int]]]:
        orders = [BatchOrder(31, 6, 5, rank, 2) for rank in range(2)]
        for order in orders:
            order.set_epoch(epoch)
        return [batches(order) for order in orders]

    rows = [*chain(*chain(*shares(0)))]
    assert len(rows) == len(set(rows)) == 30
    assert shares(0) == shares(0) != shares(1)


@pytest.mark.parametrize("rows", [3, 7, 8, 12, 13, 14, 15])
def test_validation_leaves_no_row_out(rows: int):
    shares = [batches(BatchOrder(rows, 6, None, rank, 3, even=False)) for rank in range(3)]
    assert len({len(share) for share in shares}) == 1
    assert sorted(chain(*chain(*shares))) == list(range(rows))
    assert all(batch for share in shares for batch in share)


def test_the_length_counts_the_batches():
    for rows in range(40):
        for size in (1, 2, 3):
            order = BatchOrder(rows, 6, None, 0, size)
            assert len(order) == len(batches(order))


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_goes_on_where_its_state_was_taken(workers: int):
    def fresh() -> BatchLoader:
        return BatchLoader(Rows(), BatchOrder(25, 4, 3), num_workers=workers)

    whole = fresh()
    whole.order.set_epoch(2)
    expected = [batch.tolist() for batch in whole]
    begun = fresh()
    begun.order.set_epoch(2)
    iterator = iter(begun)
    first = [next(iterator).tolist() for _ in range(3)]
    state = begun.state_dict()
    resumed = fresh()
    resumed.load_state_dict(state)
    rest = [batch.tolist() for batch in resumed]
    assert first + rest == expected
    # the epoch after it begins at its beginning
    resumed.order.set_epoch(3)
    whole.order.set_epoch(3)
    assert [batch.tolist() for batch in resumed] == [batch.tolist() for batch in whole]


def test_the_state_at_an_epochs_end_is_the_next_ones_beginning():
    loader = BatchLoader(Rows(), BatchOrder(25, 4, 3))
    list(loader)
    resumed = BatchLoader(Rows(), BatchOrder(25, 4, 3))
    resumed.load_state_dict(loader.state_dict())
    loader.order.set_epoch(1)
    assert torch.equal(torch.cat(list(resumed)), torch.cat(list(loader)))
