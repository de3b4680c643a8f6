"""What the gate and rules beside it keep of a batch, and what that is worth: the measures of benchmarks/gate.py."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.auditing.wording import UNPROVEN
from sunproof.pipeline.verification.bootstrap import Blocks, interval, make_blocks
from sunproof.pipeline.verification.cases import region_key
from sunproof.pipeline.verification.matching import match
from sunproof.pipeline.verification.selective import (
    answered,
    generalised_risk,
    keep_certain,
    keep_share,
    kept_log_skill,
    kept_skill,
    log_losses,
)

EVENTS = ("C1.0", "M1.0")
RULES = {
    "gate": "the gate",
    "random": "random rejection (expectation)",
    "confidence": "confidence in the event scored, max(p, 1-p)",
    "most probable class": "confidence in the whole forecast, largest of P(none), P(C), P(M), P(X)",
    "referee": "closeness to the physics referee",
    "K3 alone": "expected skill (K3) without any check",
}
# What the others are held against.
LEADERS = ("gate", "K3 alone")
# Of the flares, the least that has to be answered.
ANSWERED = 0.75
# Suspicion from which any forecast would be put to review: the least objection; two, or a rare one; no single one.
LEVELS = (0.0, 5.0, 7.0, 8.5, 10.0, 12.0)
# Share of the hindcasts that K3 asks to review -> its limit there; the one in limits.yaml stands among them.
ABSTAINED = {
    0.08: -0.614,
    0.09: -0.605,
    0.10: -0.595,
    0.11: -0.584,
    0.115: -0.579,
    0.12: -0.574,
    0.13: -0.561,
    0.15: -0.531,
}
RESAMPLES, SEED = 2000, 0
ROTATION = np.timedelta64(27, "D").astype("timedelta64[ns]")

Array = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Stream:
    """Forecasts of regions with what happened, in the first window; dimension case first.

    ``probability``, ``referee``, ``climatology``, ``event`` and ``rate`` (base rate of training) have shape (case,
    threshold); ``accepted``, ``rank`` (how far the gate trusts it) and the keys of blocks have shape (case,).
    """

    probability: Array
    referee: Array
    climatology: Array
    event: Array
    rate: Array
    accepted: NDArray[np.bool_]
    verdict: NDArray[np.object_]
    codes: NDArray[np.object_]
    suspicion: Array
    rank: Array
    expected: Array
    region: NDArray[np.int64]
    rotation: NDArray[np.int64]

    @property
    def fallback(self) -> Array:
        """What the chain serves in place of a forecast."""
        return np.where(np.isfinite(self.referee), self.referee, self.climatology)


def read(folder: Path, samples: Path) -> Stream:
    """Join forecasts, outcomes and verdicts of one audit."""
    forecasts, labels = open_netcdf(folder / "forecasts.nc"), open_netcdf(samples)
    verdicts = pd.read_csv(folder / "audit" / "verdicts.csv", keep_default_na=False)
    findings = open_netcdf(folder / "audit" / "findings.nc")
    pairs = match(forecasts, labels, str(folder))
    rows, of = pairs.forecast, pairs.sample
    own = (forecasts["entity"].values[rows] == "region") & (forecasts["status"].values[rows] == "ISSUED")
    event = labels["event"].transpose("sample", "threshold", "window").values[of, :, 0].astype(float)
    own &= np.isfinite(event).all(axis=1)
    rows, event = rows[own], event[own]
    cubes = {
        name: forecasts[f"probability{name}"].values[rows, :, 0].astype(float)
        for name in ("", "_regression", "_climatology")
    }
    training = (labels["block"].values == "train") & (labels["entity"].values == "region")
    rate = np.nanmean(labels["event"].transpose("sample", "threshold", "window").values[training, :, 0], axis=0)
    verdict = verdicts["verdict"].to_numpy(object)[rows]
    time = forecasts["issue_time"].values[rows]
    return Stream(
        cubes[""],
        cubes["_regression"],
        cubes["_climatology"],
        event,
        np.broadcast_to(rate, event.shape),
        verdict == "ACCEPT",
        verdict,
        verdicts["codes"].to_numpy(object)[rows],
        verdicts["suspicion"].to_numpy(float)[rows],
        *rank_cases(findings, rows, verdict),
        region_key(forecasts)[rows],
        rotations(time),
    )


def rotations(time: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Count 27-day blocks."""
    return np.asarray(time.astype("datetime64[ns]").astype(np.int64) // ROTATION.astype(np.int64))


def rank_cases(findings: xr.Dataset, rows: NDArray[np.int64], verdict: NDArray[np.object_]) -> tuple[Array, Array]:
    """Order cases by what the gate says but for K3, then by what K3 measures."""
    place = findings["check"].values.tolist().index("K3")
    abstains = findings["outcome"].values[place, rows] >= Outcome.REVIEW
    informative = np.nan_to_num(findings["value"].values[place, rows], nan=0.0)
    faulty = (verdict == "REVIEW") & ~abstains
    steps = np.where(verdict == "REJECT", -2e3, np.where(faulty, -1e3, 0.0))
    return np.asarray(steps + informative, float), informative


def joined(streams: list[Stream]) -> Stream:
    """Put folds together; their regions are apart."""
    return Stream(*(np.concatenate([getattr(one, name) for one in streams]) for name in Stream.__annotations__))


def ranks(stream: Stream, event: int) -> dict[str, Array]:
    """How each rule orders the cases for an event; chance has no order."""
    p = stream.probability
    classes = np.stack([1 - p[:, 0], p[:, 0] - p[:, 1], p[:, 1] - p[:, 2], p[:, 2]], axis=1)
    return {
        "gate": stream.rank,
        "confidence": np.abs(p[:, event] - 0.5),
        "most probable class": classes.max(axis=1),
        "referee": -np.abs(p[:, event] - stream.fallback[:, event]),
        "K3 alone": stream.expected,
    }


def measure(stream: Stream, name: str) -> list[Row]:
    """Score every rule at the share that the gate accepts, each against the gate."""
    event = EVENTS.index(name)
    p, o, r = stream.probability[:, event], stream.event[:, event], stream.rate[:, event]
    own, instead = log_losses(p, o), log_losses(stream.fallback[:, event], o)
    share = float(stream.accepted.mean())
    everyone = np.ones(len(p), bool)
    kept = {"gate": stream.accepted, "random": everyone}
    kept |= {rule: keep_share(rank, share) for rule, rank in ranks(stream, event).items() if rule != "gate"}
    keys = {"27-day blocks": stream.rotation, "regions": stream.region}
    rows: list[Row] = []
    for rule, mask in kept.items():
        weight = np.full(len(p), share) if rule == "random" else mask.astype(float)
        row: Row = {"rule": rule, "event": name, "answered": answered(mask, o)}
        if rule == "random":
            row["answered"] = row["answered"]._replace(share=share, flares=share, quiet=share, ratio=1.0)
        for kind, key in keys.items():
            blocks = make_blocks(key, RESAMPLES, SEED)
            row[kind] = _scores(blocks, mask, weight, (p, o, r), (own, instead))
        rows.append(row)
    for leader in LEADERS:
        (ours,) = (row for row in rows if row["rule"] == leader)
        for row, kind in itertools.product(rows, keys):
            row[leader, kind] = {
                # of log scores less is better
                score: interval(
                    (values - row[kind][score]) * (1 if "log score" not in score and score != "served" else -1)
                )
                for score, values in ours[kind].items()
            }
    return rows


def least_log_score(stream: Stream, name: str) -> Row:
    """Tell what log score can be had at all by the probability alone, if flares are to be answered.

    Returns
    -------
    dict
        ``flares`` answered, ``value`` of the log score of what calibrated forecasts expect it to be least of, and
        ``worse``: by how much confidence alone is better, 27-day blocks and regions.
    """
    event = EVENTS.index(name)
    p, o = stream.probability[:, event], stream.event[:, event]
    share, losses = float(stream.accepted.mean()), log_losses(p, o)
    kept, sure = keep_certain(p, share, ANSWERED), keep_share(ranks(stream, event)["confidence"], share)
    worse = []
    for key in (stream.rotation, stream.region):
        blocks = make_blocks(key, RESAMPLES, SEED)
        of_kept, of_sure = (blocks.sums(mask * losses) / blocks.sums(mask.astype(float)) for mask in (kept, sure))
        worse.append(interval(of_kept - of_sure))
    return {"flares": answered(kept, o).flares, "value": float(losses[kept].mean()), "worse": worse}


def settings(stream: Stream) -> list[Row]:
    """Score the gate as it would be with other levels of suspicion, and with other limits of K3."""
    rows, limits = [], load_limits()
    least, gate = limits.of("K3")["least"], limits.gate
    proven = (stream.verdict != "REJECT") & ~np.strings.startswith(stream.codes.astype(str), UNPROVEN)
    # what the checks of faults say: an objection of K3, which decides alone, weighs as what none of the hindcasts met
    doubts = stream.suspicion - np.where(stream.expected < least, np.log(gate.forecasts + 2), 0)
    tried = [("level", level, least, level) for level in LEVELS]
    tried += [("K3 drops", share, limit, gate.level) for share, limit in ABSTAINED.items()]
    for kind, value, limit, level in tried:
        says = stream.expected - limit
        kept = proven & (says >= 0) & (doubts <= np.clip(says / gate.per_nat, 0, level))
        row: Row = {"kind": kind, "value": value, "share": float(kept.mean())}
        for name in EVENTS:
            own, *others = measure(replace(stream, accepted=kept), name)
            row[name, "flares"] = own["answered"].flares
            for other in others:
                if other["rule"] in ("random", "confidence"):
                    row[name, other["rule"]] = [other["gate", kind]["BSS"] for kind in ("27-day blocks", "regions")]
        rows.append(row)
    return rows


def _scores(
    blocks: Blocks, mask: NDArray[np.bool_], weight: Array, cases: tuple[Array, ...], losses: tuple[Array, Array]
) -> dict[str, Array]:
    own, instead = losses
    size, number = blocks.sums(np.ones(len(own))), blocks.sums(weight)
    return {
        "BSS": kept_skill(blocks, mask, *cases),
        "log skill": kept_log_skill(blocks, mask, *cases),
        "log score": blocks.sums(weight * own) / number,
        "served": blocks.sums(weight * own + (1 - weight) * instead) / size,
    }


def harm(stream: Stream) -> list[Row]:
    """Tell what each reason code does to the skill of the accepted, were it the only one: positive helps."""
    found = []
    codes = sorted({code for text in stream.codes for code in text.split(",") if code})
    for code in codes:
        flagged = np.array([code in text.split(",") for text in stream.codes])
        row: Row = {"code": code, "flagged": float(flagged.mean())}
        for place, name in enumerate(EVENTS):
            p, o, r = stream.probability[:, place], stream.event[:, place], stream.rate[:, place]
            own, theirs = (p - o) ** 2, (r - o) ** 2
            row[name] = own.sum() / theirs.sum() - own[~flagged].sum() / theirs[~flagged].sum()
            row[f"flares {name}"] = float(flagged[o == 1].mean())
        found.append(row)
    return found


def area(stream: Stream, rule: str, event: int) -> float:
    """AUGRC of a rule; of chance, half the mean loss."""
    loss = (stream.probability[:, event] - stream.event[:, event]) ** 2
    return float(loss.mean() / 2) if rule == "random" else generalised_risk(ranks(stream, event)[rule], loss)[2]
