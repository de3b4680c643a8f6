"""The processes that train together: who is first, what they agree on, how they share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import distributed, nn

if TYPE_CHECKING:
    from sunproof.pipeline.training.config import TrainerConfig

__all__ = ["Ranks", "joined"]

# The others wait while the first one fits the linear path, or reads a slow disk.
_PATIENCE = timedelta(hours=2)

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """One process among those that train together; by default it is alone.

    Parameters
    ----------
    rank : int
        Number of this process.
    size : int
        How many there are.
    environment : object
        What tells Lightning of the others, a ``ClusterEnvironment``; None for a single process.
    group : object
        Process group on the CPU, for words between processes.
    """

    rank: int = 0
    size: int = 1
    environment: Any = None
    group: Any = None

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def share(self, value: T) -> T:
        """Give every process the first one's value, which must pickle."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, 0, group=self.group)
        return box[0]

    def share_weights(self, module: nn.Module) -> None:
        """Give every process the first one's weights, in place; on the CPU."""
        if self.size > 1:
            for tensor in module.state_dict().values():
                distributed.broadcast(tensor, 0, group=self.group)

    def largest(self, number: float) -> float:
        """Agree on the largest of the processes' numbers."""
        return self._reduce(number, distributed.ReduceOp.MAX) if self.size > 1 else number

    def total(self, number: float) -> float:
        """Agree on the sum of the processes' numbers."""
        return self._reduce(number, distributed.ReduceOp.SUM) if self.size > 1 else number

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            distributed.barrier(group=self.group)

    def _reduce(self, number: float, operation: Any) -> float:
        box = torch.tensor([number], dtype=torch.float64)
        distributed.all_reduce(box, operation, group=self.group)
        return float(box)


@contextmanager
def joined(settings: TrainerConfig, environment: Any) -> Iterator[Ranks]:
    """Join the other processes for the time of a ``with`` block.

    Parameters
    ----------
    settings : TrainerConfig
    environment : ClusterEnvironment
        Lightning's, for what started the processes; it knows their numbers and where the first one listens.

    Yields
    ------
    Ranks
    """
    rank, size = environment.global_rank(), environment.world_size()
    gpu = torch.cuda.is_available() and settings.accelerator != "cpu"
    if gpu:
        torch.cuda.set_device(environment.local_rank())
    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = environment.main_address, str(environment.main_port)
    distributed.init_process_group("nccl" if gpu else "gloo", rank=rank, world_size=size, timeout=_PATIENCE)
    # NCCL moves tensors of GPUs alone
    group = distributed.new_group(backend="gloo", timeout=_PATIENCE) if gpu else distributed.group.WORLD
    try:
        yield Ranks(rank, size, environment, group)
    finally:
        distributed.destroy_process_group()
