"""A chain of commands that goes on where it stopped."""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sunproof.pipeline.cli import COMMANDS
from sunproof.pipeline.console import say
from sunproof.pipeline.receipts import canonical, code_version, digest_json, environment, replacing

if TYPE_CHECKING:
    from sunproof.pipeline.config import Config

__all__ = ["Chain", "Stage"]


class Stage(NamedTuple):
    """One command of a chain.

    Parameters
    ----------
    title : str
        Unique within the chain; what a person reads.
    command : str
        A row of the command line.
    config : Config
        Its configuration.
    output : Path
        What it writes; without it the stage is run again.
    """

    title: str
    command: str
    config: Config
    output: Path


class Chain:
    """Runs stages in order and remembers which are done.

    A stage is skipped where its configuration, the code, the installed packages and everything before it are as they
    were when it was last done.

    Parameters
    ----------
    memory : Path
        JSON file that keeps what was done.
    """

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self.done: dict[str, str] = json.loads(memory.read_text()) if memory.exists() else {}
        self.key = digest_json({"code": code_version(), "environment": environment()})
        self.seconds: dict[str, float] = {}

    def run(self, stage: Stage) -> bool:
        """Run a stage, or skip it.

        Parameters
        ----------
        stage : Stage

        Returns
        -------
        bool
            Whether it was run.
        """
        # Each key holds the one before it: a changed stage has all that follow it done again.
        self.key = digest_json([self.key, stage.title, stage.command, stage.config.model_dump(mode="json")])
        # A checkout with uncommitted changes cannot tell whether the code is still the same.
        known = self.done.get(stage.title) == self.key and stage.output.exists()
        if known and not code_version().endswith("dirty"):
            say(": done before", bold=f"\n{stage.title}")
            return False
        say(f" (sunproof {stage.command})", bold=f"\n{stage.title}")
        started = time.monotonic()
        module, name = COMMANDS[stage.command].run.split(":")
        getattr(importlib.import_module(f"sunproof.pipeline.{module}"), name)(stage.config)
        self.seconds[stage.title] = time.monotonic() - started
        self._remember(stage.title)
        return True

    def _remember(self, title: str) -> None:
        self.done[title] = self.key
        with replacing(self.memory) as partial:
            partial.write_bytes(canonical(self.done) + b"\n")
