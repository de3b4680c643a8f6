"""Does the gate help where some inputs are faulty? It, confidence and the referee on a stream with planted faults.

    SUNPROOF_CHALLENGE_SEED=<private> python benchmarks/gate_faults.py WORK [--faults 0.02 0.05 0.1] [--validation]
        [--each 400] [--docs docs/gate.md]

WORK is what benchmarks/skill.py, gate.py and challenge.py left. Every plant in inputs that the challenge there found
potent is planted into as many forecasts of the test block, drawn as they come; model, referee and audit see the faulty
inputs, what happened stays. ``--validation``: of the validation block, where this was developed.

A stream of which a share f is faulty is not drawn but weighed: if each of N forecasts were replaced with probability f
by one with a plant drawn at random, the expectation of any sum over the stream would be (1 - f) times the sum over the
N as they are, plus f times the sum over all N with a random plant, which the n planted ones estimate as N/n of theirs.
So a forecast without fault counts 1 - f, a planted one f N/n, in the share that is kept, in the scores, and in the
order behind the rules beside the gate, which keep the same share of the same stream. All scores are ratios of such
sums. Blocks of 27 days, or regions, are resampled with all their forecasts, planted or not; the gate's gains are
paired. The verdict of a forecast is its own: no share needs a new audit.

The last line printed is JSON: figure -> value, target, ok. Targets: gains over confidence and over chance above 0 at
the lower end of the 95 % interval.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from pathlib import Path

from gate import test_block
from gate_mixed import SCORES, Mix, Planted, measure
from gate_planted import planted
from gate_stream import EVENTS, RULES, Row, Stream, read
from hindcasts import audit
from skill import command, write_between
from sunproof.pipeline.verification.bootstrap import Interval

MARKS = ("<!-- tables: benchmarks/gate_faults.py -->", "<!-- end of tables of faults -->")
SEED = "SUNPROOF_CHALLENGE_SEED"
# Of the test block without faults, the model was asked about so many.
ASKED = {"test": 500, "validation": 142}


def audited(work: Path, block: str) -> tuple[Path, Stream]:
    """Forecast and audit a block without faults, unless that is done."""
    if block == "test":
        return work / "gate", test_block(work, (work / "gate" / "audit" / "verdicts.csv").exists())
    folder = work / "gate_validation"
    folder.mkdir(exist_ok=True)
    if not (folder / "bundle").exists():
        (folder / "bundle").symlink_to(work / "bundle")
    if not (folder / "audit" / "verdicts.csv").exists():
        paths = (f"archive={work / 'archive.zarr'}", f"samples={work / 'samples.nc'}", f"bundle={folder / 'bundle'}")
        command("forecast", *paths, "blocks=[validation]", f"output={folder / 'forecasts.nc'}")
        audit(folder, work / "archive.zarr", work / "samples.nc", ASKED[block])
    return folder, read(folder, work / "samples.nc")


def worst(gains: dict[str, dict[str, Interval]], score: str) -> Interval:
    """Take the wider of the two intervals at each end."""
    ends = [gains[kind][score] for kind in gains]
    return Interval(ends[0].value, min(one.low for one in ends), max(one.high for one in ends))


def plant_table(faulty: Planted) -> list[str]:
    """Write what each plant does, and what the gate makes of it."""
    lines = ["| plant | forecasts | harmed | accepted | of the harmed accepted |", "|---|---|---|---|---|"]
    for name in sorted(set(faulty.plant)):
        own = faulty.plant == name
        bad = own & faulty.harmed
        accepted = faulty.stream.accepted
        shares = f"{faulty.harmed[own].mean():.2f} | {accepted[own].mean():.2f} | {accepted[bad].mean():.2f}"
        lines.append(f"| {name} | {own.sum()} | {shares} |")
    return lines


def mixed_table(mixes: dict[float, list[Row]]) -> list[str]:
    """Write what every rule keeps at every share of faults, and what the gate has over it."""
    names = ["faults", "event", "kept by", "kept", "harmed served", "flares answered"]
    names += [name for score in SCORES for name in (score, "the gate is better by")]
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    for share, rows in mixes.items():
        for row in rows:
            cells = [f"{share:.2f}", row["event"], RULES[row["rule"]]]
            cells += [f"{row[name]:.3f}" for name in ("kept", "harmed served", "flares answered")]
            for score in SCORES:
                gain = worst(row["gate"], score)
                told = f"{gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]" if row["rule"] != "gate" else ""
                cells += [f"{row['27-day blocks'][score][0]:.4f}", told]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def figures(mixes: dict[float, list[Row]]) -> dict[str, Row]:
    """Name every figure with its value and target."""
    found: dict[str, Row] = {}
    for (share, rows), rule in itertools.product(mixes.items(), ("confidence", "random")):
        for row in rows:
            if row["rule"] == rule:
                for score in SCORES:
                    low = worst(row["gate"], score).low
                    key = f"{row['event']}_{score}_gain_low_against_{rule}_at_{share:g}_faults".replace(" ", "_")
                    found[key] = {"value": round(low, 4), "target": 0.0, "ok": bool(low > 0)}
    return found


def main() -> None:
    """Measure, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path, help="what benchmarks/skill.py, gate.py and challenge.py left")
    parser.add_argument("--faults", type=float, nargs="+", default=[0.02, 0.05, 0.1], help="shares of the stream")
    parser.add_argument("--each", type=int, default=400, help="forecasts a plant")
    parser.add_argument("--validation", action="store_true", help="the validation block, while developing")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    options = parser.parse_args()
    if not os.environ.get(SEED):
        sys.exit(f"{SEED} is not set: plants are drawn with a text that nobody else knows")
    block = "validation" if options.validation else "test"
    work = options.work.resolve()
    folder, clean = audited(work, block)
    faulty = planted(work, block, folder, options.each, ASKED[block], os.environ[SEED])
    mix = Mix.of(clean, faulty)
    mixes = {share: [row for name in EVENTS for row in measure(mix, share, name)] for share in options.faults}
    told = f"{len(faulty.harmed)} forecasts with faults ({faulty.silenced:.1%} more are not issued any more)"
    lines = [
        f"### {block.capitalize()} block with faults",
        "",
        f"{len(clean.rank)} forecasts without faults, {told}.",
        "",
    ]
    text = "\n".join([*lines, *plant_table(faulty), "", *mixed_table(mixes), ""])
    print(text)
    if options.docs:
        write_between(options.docs, MARKS, text)
    print(json.dumps(figures(mixes)))


if __name__ == "__main__":
    main()
