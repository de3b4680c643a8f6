"""Batches read ahead by a thread, so that the model does not wait for the disk; and how long it waited all the same."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset

from sunproof.pipeline.training.batches import BatchLoader, BatchOrder

__all__ = ["Prefetching"]

# Batches that are ready at most: enough to bridge one slow read, and little memory.
_AHEAD = 3
# Seconds after which a thread looks whether anybody still wants its batch.
_LOOK = 0.1


class Prefetching(BatchLoader):
    """A `BatchLoader` whose batches are made by threads beside the model, in the same order.

    Reading maps files and copies pixels, which sets Python's lock free; another process would have to send every batch
    through a pipe. The place in the epoch counts the batches that were given away, not those that were read.

    Parameters
    ----------
    dataset, order, **options
        See `BatchLoader`.
    readers : int
        Threads. A GPU takes batches faster than one thread copies them.

    Attributes
    ----------
    waited : float
        Seconds that the model waited for batches, over all passes.
    served : float
        Seconds from the first batch asked for to the last, over all passes: ``waited / served`` is the share of the
        time in which the model starves.
    """

    waited: float = 0.0
    served: float = 0.0

    def __init__(self, dataset: Dataset[Any], order: BatchOrder, readers: int = 1, **options: Any) -> None:
        super().__init__(dataset, order, **options)
        self.readers = readers

    def _count(self, batches: Iterator[Any]) -> Iterator[Any]:
        # the iterator was made by the caller's thread: making it draws from the caller's random numbers
        return super()._count(self._ahead(batches) if self.readers == 1 else self._side_by_side())

    def _side_by_side(self) -> Iterator[Any]:
        """Make several batches at a time; what comes first is given first."""
        rows, waiting = iter(self.order), deque[Future[Any]]()
        began = time.perf_counter()
        with ThreadPoolExecutor(self.readers, "batches") as pool:
            try:
                for some in itertools.islice(rows, self.readers + _AHEAD):
                    waiting.append(pool.submit(self._make, some))
                while waiting:
                    asked = time.perf_counter()
                    batch = waiting.popleft().result()
                    self._clock(waited=time.perf_counter() - asked)
                    waiting.extend(pool.submit(self._make, some) for some in itertools.islice(rows, 1))
                    yield batch
            finally:
                self._clock(served=time.perf_counter() - began)
                for future in waiting:
                    future.cancel()

    def _make(self, rows: Tensor) -> Any:
        batch = self.dataset[rows]
        return tuple(part.pin_memory() for part in batch) if self.pin_memory else batch

    def _ahead(self, batches: Iterator[Any]) -> Iterator[Any]:
        queue: Queue[tuple[str, Any]] = Queue(_AHEAD)
        stop = Event()
        thread = Thread(target=_work, args=(batches, queue, stop), name="batches", daemon=True)
        thread.start()
        began = time.perf_counter()
        try:
            while True:
                asked = time.perf_counter()
                kind, content = queue.get()
                self._clock(waited=time.perf_counter() - asked)
                if kind == "end":
                    return
                if kind == "error":
                    raise content
                yield content
        finally:
            self._clock(served=time.perf_counter() - began)
            stop.set()
            while thread.is_alive():
                try:
                    queue.get(timeout=_LOOK)
                except Empty:
                    continue
            thread.join()

    def _clock(self, waited: float = 0.0, served: float = 0.0) -> None:
        # a DataLoader refuses that some of its attributes are set; these are ours
        self.__dict__["waited"] = self.waited + waited
        self.__dict__["served"] = self.served + served


def _work(batches: Iterator[Any], queue: Queue[tuple[str, Any]], stop: Event) -> None:
    try:
        for batch in batches:
            if not _put(queue, ("batch", batch), stop):
                return
        _put(queue, ("end", None), stop)
    # whatever it is, it is the model's thread that must hear of it
    except BaseException as error:
        _put(queue, ("error", error), stop)


def _put(queue: Queue[tuple[str, Any]], item: tuple[str, Any], stop: Event) -> bool:
    while not stop.is_set():
        try:
            queue.put(item, timeout=_LOOK)
        except Full:
            continue
        return True
    return False
