import time
from types import SimpleNamespace

import pytest
import torch

from sunproof.pipeline.training.keeping import Keeper, Randomness, Shown
from sunproof.pipeline.training.ranks import Ranks
from sunproof.pipeline.training.stop import StopFlag
from tests.pipeline.training.small_net import settings


class Trainer(SimpleNamespace):
    """What a callback sees of Lightning's, ten batches an epoch."""

    def __init__(self, **values):
        given = {"accumulate_grad_batches": 1, "num_training_batches": 10, "global_step": 0, "current_epoch": 0}
        super().__init__(**{**given, **values})
        self.kept = []

    def save_checkpoint(self, path):
        path.write_text("state")
        self.kept.append(self.global_step)


def one_epoch(keeper: Keeper, trainer: Trainer) -> list[int]:
    keeper.on_train_start(trainer, None)
    for index in range(trainer.num_training_batches):
        trainer.global_step += (index + 1) % trainer.accumulate_grad_batches == 0
        keeper.on_train_batch_end(trainer, None, None, None, index)
    return trainer.kept


@pytest.mark.parametrize(
    ("every", "accumulate", "kept"),
    [(None, 1, []), (3, 1, [3, 6, 9]), (4, 1, [4, 8]), (2, 2, [2, 4]), (1, 3, [1, 2, 3])],
)
def test_the_state_is_kept_every_so_many_steps(tmp_path, every, accumulate, kept):
    chosen = settings(checkpoint_every_steps=every, checkpoint_every_minutes=None)
    keeper = Keeper(tmp_path, chosen, Ranks(), StopFlag())
    assert one_epoch(keeper, Trainer(accumulate_grad_batches=accumulate)) == kept
    assert [path.name for path in tmp_path.iterdir()] == (["last.ckpt"] if kept else [])


def test_the_state_is_kept_every_so_many_minutes(tmp_path, monkeypatch):
    clock = iter(range(0, 1000, 20))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    keeper = Keeper(tmp_path, settings(checkpoint_every_minutes=1), Ranks(), StopFlag())
    # a look at the clock is 20 s later than the one before, and keeping looks, too
    assert one_epoch(keeper, Trainer()) == [3, 6, 9]


def test_dropout_is_drawn_from_the_place_alone():
    def draw(seed: int, epoch: int, index: int, rank: int) -> float:
        trainer = SimpleNamespace(current_epoch=epoch)
        Randomness(seed, Ranks(rank, 4)).on_train_batch_start(trainer, None, None, index)
        return float(torch.rand(()))

    places = [
        (seed, epoch, index, rank) for seed in (0, 1, 7) for epoch in (0, 3) for index in (0, 9) for rank in (0, 1)
    ]
    drawn = [draw(*place) for place in places]
    assert drawn == [draw(*place) for place in places]
    assert len(set(drawn)) == len(places)


def test_a_bar_counts_batches_and_is_full_in_the_end():
    seen = []
    bars = SimpleNamespace(add_task=lambda label, total: 1, update=lambda task, **values: seen.append(values))
    shown = Shown(bars, "training", 4)
    trainer = Trainer()
    shown.on_train_start(trainer, None)
    trainer.current_epoch = 1
    shown.on_train_batch_end(trainer, None, None, None, 4)
    trainer.current_epoch = 2
    shown.on_fit_end(trainer, None)
    assert seen == [{"total": 40}, {"completed": 15}, {"total": 20, "completed": 20}]
