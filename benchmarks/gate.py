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
from pathlib import Path

import numpy as np

from gate_stream import (
    ANSWERED,
    EVENTS,
    LEADERS,
    RULES,
    Row,
    Stream,
    area,
    harm,
    joined,
    least_log_score,
    measure,
    ranks,
    read,
    settings,
)
from hindcasts import FOLDS, audit
from skill import command, write_between

_SCORES = ("BSS", "log skill", "log score", "served")
TITLES = {
    "level": "What the level of suspicion costs",
    "K3 drops": "What the share of the hindcasts costs that K3 asks to review",
}
MARKS = ("<!-- tables: benchmarks/gate.py -->", "<!-- end of tables -->")


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
        lines += [f"#### >= {name} within 24 h, {events} events", "", *_kept(rows)]
        for leader in LEADERS:
            lines += ["", *_gains(rows, leader)]
        lines += ["", _bound(least_log_score(stream, name)), ""]
    return "\n".join([*lines, *_reasons(stream), "", *_areas(stream), ""])


def _kept(rows: list[Row]) -> list[str]:
    """Say what is answered and served by each rule."""
    lines = [
        "| kept by | share | flares answered | quiet answered | ratio | BSS | log skill | log score | served |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        values = [f"{row['27-day blocks'][score][0]:.4f}" for score in _SCORES]
        share = row["answered"]
        shares = [f"{share.share:.3f}", f"{share.flares:.3f}", f"{share.quiet:.3f}", f"{share.ratio:.2f}"]
        lines.append(f"| {RULES[row['rule']]} | {' | '.join(shares + values)} |")
    return lines


def _gains(rows: list[Row], leader: str) -> list[str]:
    """Say what a rule has over each of the others, with intervals."""
    lines = [f"What {RULES[leader]} has over each rule; above 0 it is better:", ""]
    lines += ["| against | score | difference | 27-day blocks | by region |", "|---|---|---|---|---|"]
    for row, score in itertools.product(rows, _SCORES):
        if row["rule"] not in LEADERS:
            gain = [row[leader, kind][score] for kind in ("27-day blocks", "regions")]
            ends = [f"{one.low:+.4f} to {one.high:+.4f}" for one in gain]
            lines.append(f"| {row['rule']} | {score} | {gain[0].value:+.4f} | {' | '.join(ends)} |")
    return lines


def _bound(row: Row) -> str:
    """Say what log score the floor of flares leaves within reach."""
    told = (
        f"Of all choices by the probability alone that expect to answer {ANSWERED:.0%} of the flares, the one of least "
        f"expected log score has {row['value']:.4f}"
    )
    if row["worse"][0].value == 0:
        return f"{told}: it is confidence alone."
    ends = " and ".join(f"[{one.low:+.4f}, {one.high:+.4f}]" for one in row["worse"])
    return (
        f"{told} (it answers {row['flares']:.3f}); confidence alone is better by {row['worse'][0].value:+.4f} {ends} "
        "(27-day blocks, regions)."
    )


def _reasons(stream: Stream) -> list[str]:
    lines = [
        "#### What each reason code does",
        "",
        "Change of the BSS of the kept, were the code the only reason not to accept; above 0 it helps.",
        "",
        "| code | flagged | BSS C1.0 | BSS M1.0 | of the C flares | of the M flares |",
        "|---|---|---|---|---|---|",
    ]
    for row in harm(stream):
        shares = [f"{row[f'flares {name}']:.4f}" for name in EVENTS]
        gains = [f"{row[name]:+.4f}" for name in EVENTS]
        lines.append(f"| {row['code']} | {row['flagged']:.4f} | {' | '.join(gains + shares)} |")
    return lines


def _areas(stream: Stream) -> list[str]:
    areas = {rule: [f"{1e3 * area(stream, rule, place):.2f}" for place in range(len(EVENTS))] for rule in RULES}
    return [
        "#### Area under the generalised risk-coverage curve (Brier loss, times 1000)",
        "",
        "| ranked by | C1.0 | M1.0 |",
        "|---|---|---|",
        *(f"| {RULES[rule]} | {' | '.join(values)} |" for rule, values in areas.items()),
    ]


def setting_tables(stream: Stream) -> str:
    """Write `settings` as Markdown."""
    pairs = list(itertools.product(EVENTS, ("random", "confidence")))
    lines: list[str] = []
    for kind, rows in itertools.groupby(settings(stream), lambda row: str(row["kind"])):
        lines += [f"#### {TITLES[kind]}", ""]
        lines += ["Gain of BSS over each rule at the same share; in brackets the lower end of its 95 % interval.", ""]
        lines += [f"| {kind} | accepted | " + " | ".join(f"{event}, {rule}" for event, rule in pairs)]
        lines[-1] += " | C, M flares answered |"
        lines += ["|---" * (len(pairs) + 3) + "|"]
        for row in rows:
            gains = [f"{row[pair][0].value:+.4f} ({min(one.low for one in row[pair]):+.4f})" for pair in pairs]
            flares = ", ".join(f"{row[name, 'flares']:.2f}" for name in EVENTS)
            lines.append(f"| {row['value']:g} | {row['share']:.3f} | {' | '.join(gains)} | {flares} |")
        lines.append("")
    return "\n".join(lines)


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
        axes[2, column].axhline(ANSWERED, color="k", lw=0.6, ls="--")
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
        found[f"{name}_flares_answered"] = _figure(gate.flares, ANSWERED, gate.flares >= ANSWERED)
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
    # chosen on the hindcasts; the others are shown of the test block, too, for nobody to ask what they would have said
    text += "\n" + setting_tables(stream)
    print(text)
    if options.docs:
        write_between(options.docs, MARKS, text)
        plot(stream, options.docs.with_suffix(".png"))
    print(json.dumps(figures(measured)))


if __name__ == "__main__":
    main()
