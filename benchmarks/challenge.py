"""The challenge on real data: what the audit finds of what is planted, and how many good forecasts it takes for faults.

    SUNPROOF_CHALLENGE_SEED=<private> python benchmarks/challenge.py [--work FOLDER] [--docs PAGE] [--small]

Works on the archive, samples and bundle that benchmarks/skill.py leaves in its folder (``--work``, by default
work/skill). ``--small`` holds 100 forecasts against 8 plants, with the models of a run before. The tables go to the
work folder, and with ``--docs`` between the marks of that page. The last line printed is JSON: figure -> value,
target, ok. Targets: detection at 5 % false alarms at least 0.90 on input, leak and random families and 0.60 on
every family, none of which any limit or rule was fitted to; at most 10 % alarms on hard but good cases; a random-
weights twin withheld in 99 %; every shortcut that looks excellent in validation exposed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.report import markdown
from sunproof.pipeline.challenge.run import run
from sunproof.pipeline.errors import SunproofError

ROOT = Path(__file__).resolve().parent.parent
MARKS = ("<!-- tables: benchmarks/challenge.py -->", "<!-- end of tables -->")
SMALL = {
    "plants": (
        "units",
        "gain",
        "another region",
        "wrong number",
        "zeros",
        "padding leak",
        "dealt weights",
        "map of another region",
    ),
    "each": 100,
    "good": 200,
    "question": {"above": 0.02, "most": 40, "probes": 15, "twins": 2, "fillings": 3},
}

Row = dict[str, Any]


def figures(result: Row) -> dict[str, Row]:
    """Name every figure with its value and target."""
    found: dict[str, Row] = {}
    for name, group in result["groups"].items():
        if group["plants"]:
            found[f"detection_{name}"] = _least(group["at_5"], 0.90)
    for name, family in result["families"].items():
        found[f"detection_family_{name.replace(' ', '_')}"] = _least(family["at_5"], 0.60)
    false = result["false"]
    found["false_alarms"] = _most(false["at_5"], 0.05)
    if false["hard_at_5"] is not None:
        found["false_alarms_hard_but_good"] = _most(false["hard_at_5"], 0.10)
    rows = {row["plant"]: row for row in result["rows"]}
    for name in ("dealt weights", "random weights"):
        if name in rows:
            found[f"{name.replace(' ', '_')}_withheld"] = _least(rows[name]["rejected_all"], 0.99)
    leaks = [row for row in rows.values() if row["family"] == "leak"]
    if leaks:
        # a model is exposed if next to none of its forecasts is accepted
        found["shortcuts_exposed"] = _least(sum(row["found_all"] >= 0.99 for row in leaks) / len(leaks), 1.0)
    if result["worst"]:
        found["worst_plant"] = {"value": result["worst"], "target": "named", "ok": True}
    return found


def _least(value: float, target: float) -> Row:
    return {"value": value, "target": target, "ok": bool(value >= target)}


def _most(value: float, target: float) -> Row:
    return {"value": value, "target": target, "ok": bool(value <= target)}


def write_docs(page: Path, text: str) -> None:
    """Put the tables between the marks of a page."""
    before, rest = page.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    page.write_text(f"{before}{MARKS[0]}\n\n{text}\n{MARKS[1]}{after}", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Hold the challenge, print tables and one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=ROOT / "work" / "skill", help="archive.zarr, samples.nc, bundle")
    parser.add_argument("--output", type=Path, help="folder for the report (default: WORK/challenge)")
    parser.add_argument("--docs", type=Path, help="page whose tables are replaced")
    parser.add_argument("--small", action="store_true", help="100 forecasts, 8 plants")
    options = parser.parse_args(arguments)
    work = options.work
    paths = {"archive": work / "archive.zarr", "samples": work / "samples.nc", "bundle": work / "bundle"}
    missing = [str(path) for path in paths.values() if not path.exists()]
    if missing:
        sys.exit(f"{', '.join(missing)}: not there; run benchmarks/skill.py first, or name its folder with --work")
    begun = time.process_time()
    try:
        output = options.output or work / "challenge"
        path = run(ChallengeConfig(**paths, output=output, **(SMALL if options.small else {})))
    except SunproofError as error:
        sys.exit(f"error: {error}")
    result = json.loads(path.read_text(encoding="utf-8"))
    text = markdown(result)
    if options.docs:
        write_docs(options.docs, text)
    print(text)
    print(f"{time.process_time() - begun:.0f} s of one core")
    print(json.dumps(figures(result)))


if __name__ == "__main__":
    main(sys.argv[1:])
