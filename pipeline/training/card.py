"""The model card: one page that says what a model saw, how good it was on validation, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["write_card"]

_PAGE = """# Model card

{simulated}Flare probabilities per active region: at least one flare of class {thresholds} within
{windows} h of the issue time.

## What it saw

| block | samples | issue times |
|---|---|---|
{blocks}

Inputs: {modalities}. Labels: {catalogue}, {goes_scale} GOES scale, unassigned flares: {unassigned}.

## On the validation block (calibrated there too, so not a test)

| threshold | window, h | base rate in training | base rate in validation | Brier skill over the training base rate |
|---|---|---|---|---|
{scores}

## How it decides

{decides}
Thresholds registered before any test: the training base rates above.

## Where it ends

It knows one part of one solar cycle. It sees photospheric summaries, not the corona. Flares from unlisted regions enter
full-disk forecasts only, at their average rate. Probabilities of classes beyond the trained thresholds are
extrapolations of the power law.
"""

_PROCESS = """A marked Poisson process: a rate of flares >= C1.0 and the index of a power law of peak fluxes, truncated
at what the region's magnetic energy allows. {members} member(s), seeds {seeds}; log rates and indices are averaged,
then calibrated by log rate' = {rate[0]:.3f} + {rate[1]:.3f} log rate and
log(index - 1)' = {index[0]:.3f} + {index[1]:.3f} log(index - 1)."""
_FOREIGN = """By a module that was not trained here ({model}): what it saw is not known beyond what its makers say.
The medians of its inputs, which attributions start from, are those of the block train."""


def write_card(facts: Mapping[str, Any]) -> str:
    """Write ``card.md`` from the facts in ``training.json``.

    Parameters
    ----------
    facts : mapping
        See `sunproof.pipeline.training.train.run`.

    Returns
    -------
    str
        Markdown.
    """
    blocks = "\n".join(
        f"| {name} | {block['samples']} | {block['first']} to {block['last']} |"
        for name, block in facts["blocks"].items()
    )
    scores = "\n".join(
        f"| {row['threshold']} | {row['window']:g} | {_number(row['base_rate'])} | {_number(row['validation_rate'])} |"
        f" {_number(row['brier_skill'])} |"
        for row in facts["scores"]
    )
    return _PAGE.format(
        simulated="**Trained on a simulated Sun; of no use for the real one.** " if facts["simulated"] else "",
        thresholds=", ".join(facts["thresholds"]),
        windows=", ".join(f"{window:g}" for window in facts["windows"]),
        blocks=blocks,
        modalities=", ".join(facts["modalities"]),
        scores=scores,
        decides=_decides(facts),
        **{name: facts["labels"].get(name, "unknown") for name in ("catalogue", "goes_scale", "unassigned")},
    )


def _decides(facts: Mapping[str, Any]) -> str:
    if "calibration" not in facts:
        return _FOREIGN.format(model=facts["model"])
    seeds = ", ".join(map(str, facts["seeds"]))
    return _PROCESS.format(members=len(facts["seeds"]), seeds=seeds, **facts["calibration"])


def _number(value: float | None) -> str:
    return "unknown" if value is None or value != value else f"{value:.4f}"
