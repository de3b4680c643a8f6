"""What models of many satellites are worth on simulated Suns: the measures of benchmarks/multimodal.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import xarray as xr

from sunproof.pipeline.registry import members
from sunproof.pipeline.samples.features import Inputs, build
from sunproof.pipeline.simulate.plan import Plan
from sunproof.pipeline.training.bundle import Bundle
from sunproof.pipeline.training.threads import one_thread
from sunproof.pipeline.verification.bootstrap import Blocks, bootstrap_skill, interval, make_blocks
from sunproof.pipeline.verification.knowledge import load_cases

EVENTS = {"C1.0": 0, "M1.0": 1}
ROTATION = 27  # days
RESAMPLES = 2000
# More than any Sun has rotations: blocks of different Suns are never the same.
SUN_APART = 100_000

Row = dict[str, Any]
Array = np.ndarray[Any, Any]


def answers(bundle: Bundle, inputs: Inputs) -> Array:
    """Probabilities of C1.0 and M1.0 within 24 h, shape (case, 2)."""
    found = []
    with torch.inference_mode(), one_thread():
        for start in range(0, len(inputs), 512):
            process = bundle.ensemble(inputs.read_shared(slice(start, start + 512))).double()
            found.append(process.probabilities(bundle.ensemble.fluxes.double())[:, :2, 0].numpy())
    return np.concatenate(found)


class Blind:
    """Images of which some channels are never seen."""

    def __init__(self, images: Any, lost: Array) -> None:
        self.images, self.lost = images, lost
        self.names, self.shape, self.signed = images.names, images.shape, images.signed
        self.latest, self.share, self.found = images.latest, images.share, images.found & ~lost

    def read(self, rows: Array) -> tuple[Array, Array]:
        """Read, and hide the lost channels."""
        values, mask = self.images.read(rows)
        return values, mask & ~self.lost[:, None, None]


def without(inputs: Inputs, lost: str) -> Inputs:
    """Take one instrument away: its images, or the tables that come from it."""
    tables = {
        "SHARP (HMI keywords)": ("keywords",),
        "GOES XRS": ("xrs",),
        "flare list and summaries": ("history", "region"),
    }
    if lost in tables:
        hidden = {
            name: (values, np.zeros_like(mask) if name in tables[lost] else mask)
            for name, (values, mask) in inputs.modalities.items()
        }
        return replace(inputs, modalities=hidden)
    lazy = {}
    for name, images in inputs.lazy.items():
        gone = np.array([lost == "all images" or channel.startswith(lost) for channel in images.names])
        # the angle of view comes with the patch's first channel
        lazy[name] = Blind(images, np.where(np.array(images.names) == "mu", gone[0], gone))
    return replace(inputs, lazy=lazy)


IMAGES = ("aia", "hmi", "suvi16", "euvi_a", "euvi_b", "sharp_b")
LOST = ("all images", "GOES XRS", "flare list and summaries", "SHARP (HMI keywords)")


def lost_of(inputs: Inputs) -> list[str]:
    """Name what a model sees and may lose: vector magnetograms are the groups ``sharp_b...``."""
    channels = [channel for images in inputs.lazy.values() for channel in images.names]
    there = [name for name in IMAGES if any(channel.startswith(name) for channel in channels)]
    return [*there, *LOST]


@dataclass(frozen=True, eq=False)
class Scored:
    """Forecasts of regions in test blocks, with what happened, 24 h; arrays have shape (case, threshold).

    ``found`` are forecasters, ``degraded`` is the full model without what is named; ``climate`` is the base rate of
    each Sun's own training block, and ``rotation`` (case,) numbers blocks of 27 days, apart for every Sun.
    """

    event: Array
    climate: Array
    rotation: Array
    found: dict[str, Array]
    degraded: dict[str, Array]


def score(plan: Plan, bundles: dict[str, Bundle]) -> Scored:
    """Forecast the test block of one Sun with every model and every baseline, and once without each instrument."""
    samples = xr.load_dataset(plan.samples, engine="h5netcdf")
    history = load_cases(samples, plan.archive, bundles["without images"].inputs)
    known = np.isfinite(history.event[:, :2, 0]).all(axis=1) & (history.entity == "region")
    test = np.flatnonzero((history.block == "test") & known)
    cases, rows = history.pick(test), samples.isel(sample=test)
    base = np.nanmean(history.event[(history.block == "train") & known], axis=0)[:2, 0]
    inputs = {name: build(plan.archive, rows, bundle.inputs) for name, bundle in bundles.items()}
    found = {name: answers(bundle, inputs[name]) for name, bundle in bundles.items()}
    for name, baseline in members("sunproof.pipeline.verification.baselines", "BASELINE").items():
        probability = np.asarray(baseline.fit(history).predict(cases), float)[:, :2, 0]
        if np.isfinite(probability).all():
            found[f"baseline: {name}"] = probability
    full = inputs["full"]
    return Scored(
        event=cases.event[:, :2, 0],
        climate=np.broadcast_to(base, (len(test), 2)),
        rotation=(cases.issue_time.astype("datetime64[D]").astype(int) // ROTATION).astype(np.int64),
        found=found,
        degraded={lost: answers(bundles["full"], without(full, lost)) for lost in lost_of(full)},
    )


def pool(suns: Iterable[Scored]) -> Scored:
    """Put the test blocks of several Suns together: each keeps its own models, base rates and rotations."""
    several = list(suns)

    def joined(of: str) -> dict[str, Array]:
        first, *others = (getattr(sun, of) for sun in several)
        # a baseline that one Sun does not allow is none of all
        common = [name for name in first if all(name in other for other in others)]
        return {name: np.concatenate([getattr(sun, of)[name] for sun in several]) for name in common}

    return Scored(
        event=np.concatenate([sun.event for sun in several]),
        climate=np.concatenate([sun.climate for sun in several]),
        rotation=np.concatenate([sun.rotation + place * SUN_APART for place, sun in enumerate(several)]),
        found=joined("found"),
        degraded=joined("degraded"),
    )


def measure(scored: Scored) -> Row:
    """Score everything beside the full model, in pairs."""
    blocks = make_blocks(scored.rotation, RESAMPLES, 0)
    return {
        "cases": len(scored.event),
        "events": {name: int(scored.event[:, place].sum()) for name, place in EVENTS.items()},
        "blocks": blocks.weights.shape[1],
        "scores": _scores(scored, scored.found, blocks, "full"),
        "degraded": _scores(scored, {"nothing": scored.found["full"], **scored.degraded}, blocks, "nothing"),
        "finite": {lost: bool(np.isfinite(values).all()) for lost, values in scored.degraded.items()},
    }


def _scores(scored: Scored, found: dict[str, Array], blocks: Blocks, against: str) -> list[Row]:
    rows = []
    for event, place in EVENTS.items():
        skills = {
            name: bootstrap_skill(blocks, values[:, place], scored.climate[:, place], scored.event[:, place])
            for name, values in found.items()
        }
        for name, theirs in skills.items():
            own, gain = interval(theirs), interval(skills[against] - theirs)
            rows.append({"event": event, "name": name, "bss": own.value, "low": own.low, "high": own.high,
                         "gain": gain.value, "gain_low": gain.low, "gain_high": gain.high})  # fmt: skip
    return rows


def by_sun(found: dict[int, Row]) -> list[str]:
    """Lay the full model's gains on each Sun beside one another."""
    lines = [
        "| Sun | slots, C1.0, M1.0 | event | full | minus keywords | minus the best baseline | minus without images |",
        "|---|---|---|---|---|---|---|",
    ]
    for seed, row in found.items():
        counts = ", ".join(str(count) for count in (row["cases"], *row["events"].values()))
        for event in EVENTS:
            own = {line["name"]: line for line in row["scores"] if line["event"] == event}
            others = (own["keywords"], _best(own), own["without images"])
            lines.append(
                f"| {seed} | {counts} | {event} | {own['full']['bss']:.4f} | {' | '.join(map(_gain, others))} |"
            )
    return [*lines, ""]


def _best(rows: dict[str, Row]) -> Row:
    return max((row for name, row in rows.items() if name.startswith("baseline")), key=lambda row: row["bss"])


def tables(found: Row) -> str:
    """Write what was measured as Markdown."""
    events = ", ".join(f"{count} of {name}" for name, count in found["events"].items())
    lines = [
        f"{found['cases']} slots of regions in the test block ({events}), {found['blocks']} blocks of {ROTATION} days.",
        "",
    ]
    lines += [
        "| event | forecaster | BSS over the training base rate | full model minus it, paired |",
        "|---|---|---|---|",
    ]
    lines += [_line(row, row["name"] == "full") for row in found["scores"]]
    lines += ["", "Lost at service, the same full model:", ""]
    lines += ["| event | lost | BSS | cost, paired |", "|---|---|---|---|"]
    return "\n".join([*lines, *(_line(row, row["name"] == "nothing") for row in found["degraded"]), ""])


def _line(row: Row, own: bool) -> str:
    gain = "" if own else _gain(row)
    return f"| {row['event']} | {row['name']} | {row['bss']:.4f} [{row['low']:.4f}, {row['high']:.4f}] | {gain} |"


def _gain(row: Row) -> str:
    return f"{row['gain']:+.4f} [{row['gain_low']:+.4f}, {row['gain_high']:+.4f}]"


def figures(found: Row) -> dict[str, Row]:
    """Name every figure with its value and target."""
    result: dict[str, Row] = {}
    for event in EVENTS:
        rows = {row["name"]: row for row in found["scores"] if row["event"] == event}
        for label, row in {
            "keywords": rows["keywords"],
            "best_baseline": _best(rows),
            "no_images": rows["without images"],
        }.items():
            low = row["gain_low"]
            result[f"gain_{event}_over_{label}_low"] = {"value": round(low, 4), "target": 0.0, "ok": bool(low > 0)}
    broken = sum(not good for good in found["finite"].values())
    return {**result, "instruments_that_break_it": {"value": broken, "target": 0, "ok": broken == 0}}
