"""What an audit costs a forecast, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sunproof.pipeline.console import show_table

__all__ = ["Cost"]


class Cost:
    """Seconds a stage; shown, never written: the same audit gives the same bytes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Time a stage; one inside another does not count twice."""
        begun, before = time.perf_counter(), sum(self.seconds.values())
        try:
            yield
        finally:
            inside = sum(self.seconds.values()) - before
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begun - inside

    def show(self, forecasts: int) -> None:
        """Print seconds a stage, and milliseconds a forecast."""
        stages = {**self.seconds, "all": sum(self.seconds.values())}
        rows = [(stage, f"{spent:.1f}", f"{1e3 * spent / max(1, forecasts):.2f}") for stage, spent in stages.items()]
        show_table(f"Cost of {forecasts} forecasts", ("stage", "seconds", "ms a forecast"), rows)
