"""``sunproof challenge``: plant, audit, count, report."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sunproof.pipeline import receipts
from sunproof.pipeline.challenge.arena import Arena, Entry
from sunproof.pipeline.challenge.cases import NoCase
from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.report import write_report
from sunproof.pipeline.challenge.summary import summarise
from sunproof.pipeline.challenge.trials import kept
from sunproof.pipeline.console import say, track
from sunproof.pipeline.errors import ConfigError, Problem

__all__ = ["run"]

_VARIABLE = "SUNPROOF_CHALLENGE_SEED"


def run(config: ChallengeConfig) -> Path:
    """Hold the challenge and write its report.

    Every plant's trial is kept below ``output/trials``; an interrupted run goes on after the last one.

    Parameters
    ----------
    config : ChallengeConfig

    Returns
    -------
    Path
        ``challenge.json``; beside it ``challenge.md``, ``report.html`` and ``separation.png``.

    Raises
    ------
    ConfigError
        If there is no private seed, or a wanted plant does not exist.
    InputError
        If archive, samples or bundle cannot be used.
    """
    seed = _seed(config)
    arena = Arena(config, seed)
    wanted = _wanted(list(arena.entries()), config)
    entries = [entry for entry in wanted if not entry.lacking]
    if idle := [entry for entry in wanted if entry.lacking]:
        reasons = ", ".join(sorted({entry.lacking for entry in idle}))
        say(f"{len(idle)} plants do not apply and do not count: {reasons}")
    aside = [{"plant": entry.name, "family": entry.family, "reason": entry.lacking} for entry in idle]
    trials = {}
    for entry in track(entries, "planting", len(entries)):
        try:
            trials[entry.name] = kept(arena.folder / f"{_slug(entry.name)}.nc", entry.make)
        except NoCase as reason:
            aside.append({"plant": entry.name, "family": entry.family, "reason": str(reason)})
    entries = [entry for entry in entries if entry.name in trials]
    good = kept(arena.folder / "_good_learnt_from.nc", arena.learnt_from)
    result = summarise(entries, trials, good, config)
    result |= {"not_applicable": aside}
    result |= {"seed_digest": _digest(seed), "bundle": arena.workshop.reference.digest, "code": receipts.code_version()}
    path = config.output / "challenge.json"
    with receipts.replacing(path) as partial:
        partial.write_text(json.dumps(result, indent=1, sort_keys=True, allow_nan=False) + "\n", encoding="utf-8")
    inputs = {"bundle": arena.workshop.reference.digest, "samples": receipts.digest_file(config.samples)}
    # The report must not tell the seed: who knows it could prepare for the plants.
    told = config.model_dump(mode="json", exclude={"seed"}) | {"seed_digest": _digest(seed)}
    receipts.write_receipt(path, "challenge", told, inputs)
    write_report(config.output, result)
    say(f"challenge: {config.output / 'report.html'}")
    return path


def _seed(config: ChallengeConfig) -> str:
    seed = config.seed or os.environ.get(_VARIABLE, "")
    if not seed:
        todo = f"Set `seed`, or the environment variable {_VARIABLE}, to a text nobody else knows."
        raise ConfigError(Problem("no private seed", "challenge: seed", seed, "a text", todo))
    return seed


def _digest(seed: str) -> str:
    return receipts.digest_bytes(seed.encode())


def _wanted(entries: list[Entry], config: ChallengeConfig) -> list[Entry]:
    known = {entry.name for entry in entries} | {entry.family for entry in entries}
    missing = [name for name in config.plants if name not in known]
    if missing:
        raise ConfigError(
            Problem("no such plant or family", "challenge: plants", missing, f"some of {', '.join(sorted(known))}")
        )
    # what comes as it is, is never left out: without it no false reject is counted
    return [
        entry for entry in entries if not config.plants or {entry.name, entry.family} & {*config.plants, "as they come"}
    ]


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
