"""Small nets on one thread: two wait for each other longer than they compute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["one_thread", "threads_of"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread, and what it used before afterwards.

    Measured on two cores that others used too: the linear path of 22,769 samples in 9 s on one thread, and not within
    340 s on two.
    """
    with threads_of(1):
        yield


@contextmanager
def threads_of(number: int) -> Iterator[None]:
    """Let torch use so many threads, and what it used before afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
