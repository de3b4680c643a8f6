"""Warnings caught by one thread at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

__all__ = ["caught"]

_TURN = RLock()


@contextmanager
def caught(*, record: bool = False) -> Iterator[list[warnings.WarningMessage]]:
    """Let the block have filters of its own, as `warnings.catch_warnings` does, while no other thread has.

    Filters, and where warnings go, belong to the process: where two threads catch at once, the first to end puts back
    what the other still needs, whose warning of a truncated file is then lost, or fails a file that is whole.

    Parameters
    ----------
    record : bool
        Whether warnings are kept for the caller instead of shown.

    Yields
    ------
    list of WarningMessage
        What was recorded; empty where nothing is.
    """
    with _TURN, warnings.catch_warnings(record=record) as notes:
        yield [] if notes is None else notes
