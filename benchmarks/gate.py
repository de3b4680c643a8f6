"""Does the gate help? Accepted forecasts of the test block against confidence alone and against chance.

    python benchmarks/gate.py WORK [--docs docs/gate.md] [--hindcasts FOLDER]

WORK is what benchmarks/skill.py left (archive.zarr, samples.nc, bundle); forecasts with all baselines and their audit
are made below WORK/gate. ``--hindcasts`` measures the folds of benchmarks/hindcasts.py in place of the test block: what
the gate was developed on. docs/gate.md says what is compared and why. The last line printed is JSON: figure -> value,
target, ok.
"""

from __future__ import annotations

import argparse
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from hindcasts import FOLDS, audit
from skill import command, write_between
from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.verification.bootstrap import Blocks, interval, make_blocks
from sunproof.pipeline.verification.cases import region_key
from sunproof.pipeline.verification.matching import match
from sunproof.pipeline.verification.selective import (
    answered,
    generalised_risk,
    keep_share,
    kept_log_skill,
    kept_skill,
    log_losses,
)

MARKS = ("<!-- tables: benchmarks/gate.py -->", "<!-- end of tables -->")
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
        *_rank(findings, rows),
        region_key(forecasts)[rows],
        time.astype(np.int64) // ROTATION.astype(np.int64),
    )


def _rank(findings: xr.Dataset, rows: NDArray[np.int64]) -> tuple[Array, Array]:
    """Order cases by the gravest objection of a check other than K3, then by what K3 measures."""
    outcome, names = findings["outcome"].values[:, rows], findings["check"].values.tolist()
    place = names.index("K3")
    others = np.delete(outcome, place, axis=0).max(axis=0)
    informative = np.nan_to_num(findings["value"].values[place, rows], nan=0.0)
    steps = np.where(others >= Outcome.IMPLAUSIBLE, -2e3, np.where(others >= Outcome.REVIEW, -1e3, 0.0))
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


def tables(stream: Stream, measured: dict[str, list[Row]], title: str) -> str:
    """Write what was measured as Markdown."""
    counts = {name: int((stream.verdict == name).sum()) for name in ("ACCEPT", "REVIEW", "REJECT")}
    told = ", ".join(f"{name} {number}" for name, number in counts.items())
    lines = [
        f"### {title}",
        "",
        f"{len(stream.rank)} forecasts of {len(np.unique(stream.region))} regions: {told}.",
        "",
    ]
    for name, rows in measured.items():
        events = int(stream.event[:, EVENTS.index(name)].sum())
        lines += [f"#### >= {name} within 24 h, {events} events", ""]
        lines += [
            "| kept by | share | flares answered | quiet answered | ratio | BSS | log skill | log score | served |"
        ]
        lines += ["|---|---|---|---|---|---|---|---|---|"]
        for row in rows:
            values = [f"{row['27-day blocks'][score][0]:.4f}" for score in ("BSS", "log skill", "log score", "served")]
            share = row["answered"]
            shares = [f"{share.share:.3f}", f"{share.flares:.3f}", f"{share.quiet:.3f}", f"{share.ratio:.2f}"]
            lines.append(f"| {RULES[row['rule']]} | {' | '.join(shares + values)} |")
        for leader in LEADERS:
            lines += [
                "",
                f"What {RULES[leader]} has over each rule; above 0 it is better:",
                "",
            ]
            lines += ["| against | score | difference | 27-day blocks | by region |", "|---|---|---|---|---|"]
            for row, score in itertools.product(rows, ("BSS", "log skill", "log score", "served")):
                if row["rule"] not in LEADERS:
                    gain = [row[leader, kind][score] for kind in ("27-day blocks", "regions")]
                    ends = [f"{one.low:+.4f} to {one.high:+.4f}" for one in gain]
                    lines.append(f"| {row['rule']} | {score} | {gain[0].value:+.4f} | {' | '.join(ends)} |")
        lines.append("")
    lines += ["#### What each reason code does", ""]
    lines += ["Change of the BSS of the kept, were the code the only reason not to accept; above 0 it helps.", ""]
    lines += [
        "| code | flagged | BSS C1.0 | BSS M1.0 | of the C flares | of the M flares |",
        "|---|---|---|---|---|---|",
    ]
    for row in harm(stream):
        shares = [f"{row[f'flares {name}']:.4f}" for name in EVENTS]
        gains = [f"{row[name]:+.4f}" for name in EVENTS]
        lines.append(f"| {row['code']} | {row['flagged']:.4f} | {' | '.join(gains + shares)} |")
    lines += ["", "#### Area under the generalised risk-coverage curve (Brier loss, times 1000)", ""]
    lines += ["| ranked by | C1.0 | M1.0 |", "|---|---|---|"]
    areas = {rule: [f"{1e3 * area(stream, rule, place):.2f}" for place in range(len(EVENTS))] for rule in RULES}
    lines += [f"| {RULES[rule]} | {' | '.join(values)} |" for rule, values in areas.items()]
    return "\n".join([*lines, ""])


def area(stream: Stream, rule: str, event: int) -> float:
    """AUGRC of a rule; of chance, half the mean loss."""
    loss = (stream.probability[:, event] - stream.event[:, event]) ** 2
    return float(loss.mean() / 2) if rule == "random" else generalised_risk(ranks(stream, event)[rule], loss)[2]


def plot(stream: Stream, path: Path) -> None:
    """Draw skill and flares answered at every coverage, a column an event."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(3, 2, figsize=(9, 9), sharex=True, layout="constrained")
    for column, name in enumerate(EVENTS):
        p, o, r = (values[:, column] for values in (stream.probability, stream.event, stream.rate))
        own, theirs = (p - o) ** 2, (r - o) ** 2
        for rule, rank in ranks(stream, column).items():
            order = np.argsort(-rank, kind="stable")
            coverage = np.arange(1, len(order) + 1) / len(order)
            shown = coverage > 0.3
            curves = (
                1 - np.cumsum(own[order]) / np.cumsum(theirs[order]),
                np.cumsum(own[order]) / len(own),
                np.cumsum(o[order]) / o.sum(),
            )
            for row, curve in enumerate(curves):
                axes[row, column].plot(coverage[shown], curve[shown], label=rule, lw=1.3)
        axes[0, column].axhline(1 - own.sum() / theirs.sum(), color="0.6", lw=0.8, ls=":")
        axes[2, column].plot([0.3, 1], [0.3, 1], color="0.6", lw=0.8, ls=":")
        axes[2, column].axhline(0.75, color="k", lw=0.6, ls="--")
        axes[0, column].set_title(f">= {name}, 24 h")
        axes[2, column].set_xlabel("share of the forecasts accepted")
        for row in range(3):
            axes[row, column].axvline(stream.accepted.mean(), color="k", lw=0.6)
    for row, label in enumerate(("BSS of the accepted", "generalised risk (Brier)", "share of the flares answered")):
        axes[row, 0].set_ylabel(label)
    axes[0, 0].legend(fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def figures(measured: dict[str, list[Row]]) -> dict[str, Row]:
    """Name every figure with its value and target: lower ends of the paired intervals, and the floors of answers."""
    found: dict[str, Row] = {}
    for name, rows in measured.items():
        gate = rows[0]["answered"]
        for row in rows[1:4]:
            for score in ("BSS", "log skill", "log score"):
                low = min(row["gate", kind][score].low for kind in ("27-day blocks", "regions"))
                key = f"{name} {score} gain low against {row['rule']}".replace(" ", "_")
                found[key] = _figure(low, 0.0, low > 0)
        found[f"{name}_flares_answered"] = _figure(gate.flares, 0.75, gate.flares >= 0.75)
        found[f"{name}_quiet_answered"] = _figure(gate.quiet, 0.85, gate.quiet >= 0.85)
        found[f"{name}_abstention_ratio"] = _figure(gate.ratio, 3.0, gate.ratio <= 3)
    return found


def _figure(value: float, target: float, ok: bool) -> Row:
    return {"value": round(float(value), 4), "target": target, "ok": bool(ok)}


def test_block(work: Path, audited: bool) -> Stream:
    """Forecast and audit the test block, and read it."""
    folder = work / "gate"
    if audited:
        return read(folder, work / "samples.nc")
    folder.mkdir(exist_ok=True)
    if not (folder / "bundle").exists():
        (folder / "bundle").symlink_to(work / "bundle")
    paths = (f"archive={work / 'archive.zarr'}", f"samples={work / 'samples.nc'}", f"bundle={folder / 'bundle'}")
    if not (folder / "forecasts.nc").exists():
        command("forecast", *paths, "blocks=[test]", f"output={folder / 'forecasts.nc'}")
    audit(folder, work / "archive.zarr", work / "samples.nc", 500)
    return read(folder, work / "samples.nc")


def main() -> None:
    """Measure, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path, help="what benchmarks/skill.py left")
    parser.add_argument("--audited", action="store_true", help="measure the audit that is there")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced, with the plot beside it")
    parser.add_argument("--hindcasts", type=Path, help="measure the folds of benchmarks/hindcasts.py instead")
    options = parser.parse_args()
    if options.hindcasts:
        folds = [options.hindcasts / f"fold{number}" for number in range(FOLDS)]
        stream = joined([read(fold, fold / "samples.nc") for fold in folds])
        title = "Hindcasts 2010-05 to 2014-09"
    else:
        stream, title = test_block(options.work.resolve(), options.audited), "Test block, 2014-10-15 to 2019-05-18"
    measured = {name: measure(stream, name) for name in EVENTS}
    text = tables(stream, measured, title)
    print(text)
    if options.docs:
        write_between(options.docs, MARKS, text)
        plot(stream, options.docs.with_suffix(".png"))
    print(json.dumps(figures(measured)))


if __name__ == "__main__":
    main()
