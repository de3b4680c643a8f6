"""Scores of what is kept of a stream some of whose forecasts are faulty: the measures of benchmarks/gate_faults.py."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate_stream import EVENTS, RESAMPLES, SEED, Array, Row, Stream, joined, ranks
from sunproof.pipeline.verification.bootstrap import Blocks, interval, make_blocks
from sunproof.pipeline.verification.selective import keep_share, log_losses

SCORES = ("BSS", "log skill", "log score")
# What keeps as many as the gate; chance needs no order.
BESIDE = ("confidence", "referee", "K3 alone")


@dataclass(frozen=True, eq=False)
class Planted:
    """Forecasts from faulty inputs, dimension case first: those that are still issued.

    ``harmed``: moved by the fault; ``plant``: its name; ``silenced``: share of all that have no forecast any more.
    """

    stream: Stream
    harmed: NDArray[np.bool_]
    plant: NDArray[np.object_]
    silenced: float


@dataclass(frozen=True, eq=False)
class Mix:
    """Forecasts without faults, then those with: the latter ``faulty``, and ``harmed`` where the fault moved them."""

    stream: Stream
    faulty: NDArray[np.bool_]
    harmed: NDArray[np.bool_]
    blocks: dict[str, Blocks]

    @classmethod
    def of(cls, clean: Stream, planted: Planted) -> Mix:
        """Put the two together."""
        stream, size = joined([clean, planted.stream]), len(clean.rank)
        faulty = np.arange(len(stream.rank)) >= size
        harmed = np.concatenate([np.zeros(size, bool), planted.harmed])
        keys = {"27-day blocks": stream.rotation, "regions": stream.region}
        return cls(stream, faulty, harmed, {kind: make_blocks(key, RESAMPLES, SEED) for kind, key in keys.items()})

    def weights(self, share: float) -> Array:
        """Count every forecast so that the faulty are a share of the stream, which is as long as without them."""
        clean, planted = (~self.faulty).sum(), self.faulty.sum()
        return np.where(self.faulty, share * clean / planted, 1 - share)


def measure(mix: Mix, share: float, name: str) -> list[Row]:
    """Score every rule at the share that the gate accepts of a stream with so many faults, each against the gate.

    Parameters
    ----------
    mix : Mix
    share : float
        Of the stream that is faulty.
    name : str
        Event.

    Returns
    -------
    list of dict
        A row a rule: ``kept``, ``harmed served`` (share of the harmed forecasts that are kept), ``flares answered``, by
        kind of block the scores in each resample, and under ``gate`` what the gate has over it: above 0 it is better.
    """
    event, weight = EVENTS.index(name), mix.weights(share)
    flared = mix.stream.event[:, event] == 1
    kept = {rule: keep * weight for rule, keep in _kept(mix.stream, weight, event).items()}
    rows: list[Row] = []
    for rule, counted in kept.items():
        row: Row = {"rule": rule, "event": name, "kept": counted.sum() / weight.sum()}
        for told, among in (("harmed served", mix.harmed), ("flares answered", flared)):
            row[told] = counted[among].sum() / weight[among].sum() if weight[among].any() else float("nan")
        row |= {kind: _scores(blocks, counted, mix.stream, event) for kind, blocks in mix.blocks.items()}
        rows.append(row)
    for row, kind in itertools.product(rows, mix.blocks):
        # of log scores less is better
        gains = {
            score: (rows[0][kind][score] - row[kind][score]) * (-1 if score == "log score" else 1) for score in SCORES
        }
        row.setdefault("gate", {})[kind] = {score: interval(values) for score, values in gains.items()}
    return rows


def _kept(stream: Stream, weight: Array, event: int) -> dict[str, Array]:
    """How much of each forecast every rule keeps, the gate first; chance keeps a part of all."""
    accepted = stream.accepted.astype(float)
    share = float((accepted * weight).sum() / weight.sum())
    order = {rule: rank for rule, rank in ranks(stream, event).items() if rule in BESIDE}
    kept = {rule: keep_share(rank, share, weight).astype(float) for rule, rank in order.items()}
    return {"gate": accepted, "random": np.full(len(weight), share)} | kept


def _scores(blocks: Blocks, counted: Array, stream: Stream, event: int) -> dict[str, Array]:
    p, o, r = stream.probability[:, event], stream.event[:, event], stream.rate[:, event]
    own, theirs = log_losses(p, o), log_losses(r, o)
    sums = blocks.sums(np.stack([(p - o) ** 2, (r - o) ** 2, own, theirs, np.ones(len(p))], axis=1) * counted[:, None])
    return {
        "BSS": 1 - sums[:, 0] / sums[:, 1],
        "log skill": 1 - sums[:, 2] / sums[:, 3],
        "log score": sums[:, 2] / sums[:, 4],
    }
