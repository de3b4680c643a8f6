"""``sunproof demo``: the whole flow once, on the synthetic Sun, with planted faults that the audit has to find."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.simulate.pictures import picture_strip
from sunproof.pipeline.simulate.plan import Plan
from sunproof.pipeline.simulate.planted import FOREIGN_MODEL, planted_frames, planted_records
from sunproof.pipeline.simulate.stages import Chain

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.config import DemoConfig

__all__ = ["run"]


def run(config: DemoConfig) -> None:
    """Simulate, ingest, label, train, forecast, audit and evaluate; then show the verdicts.

    Parameters
    ----------
    config : DemoConfig
        The same configuration gives the same verdicts. Stages that are done already are not done again.
    """
    started = time.monotonic()
    plan = Plan(config)
    chain = Chain(config.output / "stages.json")
    say("", bold="Everything in this demo is simulated: nothing was observed on the Sun.")
    stages = plan.stages()
    for stage in stages[:5]:
        chain.run(stage)
    plan.write_foreign()
    for stage in stages[5:]:
        chain.run(stage)
    if chain.seconds:
        rows = [(title, f"{seconds:.1f} s") for title, seconds in chain.seconds.items()]
        show_table("Time (stages done before are left out)", ("stage", "took"), rows)
    _show_skill(plan)
    _show_verdicts(plan)
    say(f" {(plan.audit / 'report' / 'index.html').resolve()}", bold="Report of the simulated forecasts:")
    if picture_strip(plan.archive, plan.pictures):
        say(f"Pictures of the simulated Sun: {plan.pictures.resolve()}")
    say(f"Scores: {(plan.scores / 'scores.md').resolve()}")
    say(f"The demo took {time.monotonic() - started:.0f} s.")


def _show_skill(plan: Plan) -> None:
    """Print the model's skill beside that of the simulator's own probabilities."""
    import xarray as xr

    from sunproof.pipeline.simulate.ceiling import skill_ceiling

    paths = (plan.forecasts, plan.samples, f"{plan.raw}_truth/truth.nc")
    forecasts, samples, truth = (xr.load_dataset(path, engine="h5netcdf", decode_timedelta=False) for path in paths)
    show_table(
        "Brier skill of regions, 24 h (SIMULATED DATA): the model, and what could be known",
        ("event", "slots", "events", "model", "truth"),
        [
            (row.threshold, row.cases, row.events, f"{row.model:.3f}", f"{row.truth:.3f}")
            for row in skill_ceiling(forecasts, samples, truth)
        ],
    )


def _show_verdicts(plan: Plan) -> None:
    """Print what was rejected and why, and whether every planted fault was found."""
    import pandas as pd

    rows = []
    for name, folder in (("own model", plan.audit), (FOREIGN_MODEL, plan.foreign_audit)):
        table = pd.read_csv(folder / "verdicts.csv", keep_default_na=False)
        for verdict, group in table.groupby("verdict", sort=True):
            example = str(group["why"].iloc[0]).split("; ")[0] if verdict != "ACCEPT" else ""
            rows.append((name, verdict, len(group), example))
    show_table("Verdicts (SIMULATED DATA)", ("forecasts of", "verdict", "number", "for example"), rows)
    faults = [*_planted_records(plan), *_planted_frames(plan), *_planted_rows(plan)]
    show_table("Planted faults", ("where", "planted", "rejected"), faults)


def _planted_records(plan: Plan) -> list[tuple[str, int, int]]:
    """Forecasts whose latest SHARP record was corrupted."""
    import pandas as pd

    table = pd.read_csv(plan.audit / "verdicts.csv", keep_default_na=False)
    issue = pd.to_datetime(table["issue_time"].str.removesuffix("Z"))
    rows = []
    for fault in planted_records(plan.raw / "sharp").to_dict("records"):
        hit = (table["harpnum"] == fault["harpnum"]) & (issue > fault["start"]) & (issue <= fault["end"])
        rejected = int((hit & (table["verdict"] == "REJECT")).sum())
        rows.append((str(fault["what"]), int(hit.sum()), rejected))
    return rows


def _planted_frames(plan: Plan) -> list[tuple[str, int, int]]:
    """Images that ingestion had to set aside, by fault."""
    # Of a file and its copy, ingestion may set aside either, and names the other.
    aside = Path(f"{plan.archive}.quarantine.json").read_text(encoding="utf-8")
    frames = planted_frames(plan.raw)
    return [
        (
            f"image: {fault}",
            sum(found == fault for found in frames.values()),
            sum(found == fault and path in aside for path, found in frames.items()),
        )
        for fault in sorted(set(frames.values()))
    ]


def _planted_rows(plan: Plan) -> list[tuple[str, int, int]]:
    """Rows of the fictitious service's table, by fault; the last line is its rows without one."""
    import pandas as pd

    faults = pd.read_csv(plan.foreign, comment="#", keep_default_na=False)["planted"]
    verdicts = pd.read_csv(plan.foreign_audit / "verdicts.csv", keep_default_na=False)["verdict"]
    return [
        (
            f"{FOREIGN_MODEL}: {fault or 'nothing planted'}",
            int(len(group) if fault else 0),
            int((group == "REJECT").sum()),
        )
        for fault, group in verdicts.groupby(faults.to_numpy(), sort=False)
    ]
