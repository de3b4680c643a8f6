"""``sunproof drift``: a stream of forecasts held against a reference, with a table and a plot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sunproof.pipeline import receipts
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.errors import ConfigError, InputError, Problem, ProblemList
from sunproof.pipeline.monitoring.config import DriftConfig
from sunproof.pipeline.monitoring.detector import Detector
from sunproof.pipeline.monitoring.stream import read_stream

__all__ = ["run"]


def run(config: DriftConfig) -> None:
    """Watch a stream; write ``drift.csv``, ``drift.json`` and ``drift.png`` with one receipt.

    Parameters
    ----------
    config : DriftConfig

    Raises
    ------
    ConfigError
        If only one side has verdicts or outcomes, or their number is wrong.
    InputError
        If a file cannot be used, some are simulated and others not, or the reference is too short.
    """
    from sunproof.pipeline.monitoring.plot import plot

    _check(config)
    inputs = {str(path): receipts.digest_file(path) for path in _paths(config)}
    _one_sun(config)
    reference = read_stream(config.reference, config.reference_samples, config.reference_verdicts)
    stream = read_stream(config.forecasts, config.samples, config.verdicts)
    say(f"reference: {len(reference)} forecasts of regions; watched: {len(stream)}")
    detector = Detector.fit(reference, config)
    watched = detector.normals.keys() & stream.quantities.keys()
    if left := sorted((reference.quantities.keys() | stream.quantities.keys()) - watched):
        say(f"not watched, because one side does not have it, or hardly: {', '.join(left)}")
    if strange := detector.strange(stream):
        say(f"{strange} of {len(stream)} forecasts are not watched: the reference has none with as much known of them")
    table = detector.watch(stream)
    summary = summarise(table, config)
    with receipts.replacing(config.output) as partial:
        partial.mkdir()
        table.to_csv(partial / "drift.csv", index=False, float_format="%.6g", lineterminator="\n")
        text = json.dumps(summary, indent=1, sort_keys=True)
        (partial / "drift.json").write_text(text + "\n", encoding="utf-8")
        plot(table, partial / "drift.png")
    receipts.write_receipt(config.output, "drift", config.model_dump(mode="json"), inputs)
    _show(table, summary)
    say(f"drift: {config.output / 'drift.csv'}")


def summarise(table: pd.DataFrame, config: DriftConfig) -> dict[str, Any]:
    """Count windows and alarms, a length and a quantity.

    Parameters
    ----------
    table : pandas.DataFrame
        As `Detector.watch` returns it.
    config : DriftConfig

    Returns
    -------
    dict
        ``budget`` (false alarms a quarter), ``quarters`` watched, ``alarms_a_quarter``, and under ``lengths`` windows,
        windows with an alarm, the first of them, and alarms by quantity.
    """
    lengths: dict[str, Any] = {}
    total = 0
    for length, rows in table.groupby("length"):
        # several quantities of one window see the same regions: they are one alarm
        alarmed = rows.groupby("window")["alarm"].any()
        raised = rows[rows["alarm"]]
        total += int(alarmed.sum())
        lengths[str(length)] = {
            "windows": len(alarmed),
            "alarmed": int(alarmed.sum()),
            "first": str(raised["end"].min()) if len(raised) else None,
            "quantities": {str(name): int(count) for name, count in raised["quantity"].value_counts().items()},
        }
    days = float((table["end"].max() - table["start"].min()) / np.timedelta64(1, "D")) if len(table) else 0.0
    quarters = days / 91.3
    return {
        "budget": config.budget,
        "quarters": quarters,
        "alarms_a_quarter": total / quarters if quarters else None,
        "lengths": lengths,
    }


def _check(config: DriftConfig) -> None:
    problems = ProblemList("configuration", ConfigError)
    if (config.samples is None) != (config.reference_samples is None):
        got = f"samples {config.samples}, reference_samples {config.reference_samples}"
        problems.add("outcomes of one side alone", "samples", got, "both or none")
    for name, files in (("verdicts", config.forecasts), ("reference_verdicts", config.reference)):
        given = getattr(config, name)
        if len(given) not in (0, len(files)):
            problems.add("not one verdicts.csv a file", name, len(given), f"{len(files)}, or none")
    if bool(config.verdicts) != bool(config.reference_verdicts):
        got = f"{len(config.verdicts)} and {len(config.reference_verdicts)}"
        problems.add("verdicts of one side alone", "verdicts, reference_verdicts", got, "both or none")
    problems.check()


def _one_sun(config: DriftConfig) -> None:
    """Refuse to hold a simulated Sun against the real one: everything would drift."""
    paths = (*config.reference, *config.forecasts)
    simulated = {str(path): bool(open_netcdf(path).attrs.get("simulated", 0)) for path in paths}
    if len(set(simulated.values())) > 1:
        told = {path: "simulated" if value else "real" for path, value in simulated.items()}
        raise InputError(Problem("forecasts of the real and of a simulated Sun", "configuration", told, "one Sun"))


def _paths(config: DriftConfig) -> list[Path]:
    several = (*config.reference, *config.forecasts, *config.reference_verdicts, *config.verdicts)
    # a missing file is told by its reader, with the step that writes it
    wanted = [*several, *(path for path in (config.reference_samples, config.samples) if path is not None)]
    return [path for path in wanted if path.is_file()]


def _show(table: pd.DataFrame, summary: dict[str, Any]) -> None:
    rows = [
        (length, told["windows"], told["alarmed"], told["first"] or "", ", ".join(told["quantities"]))
        for length, told in summary["lengths"].items()
    ]
    show_table(
        f"Drift; {summary['budget']:g} false alarms a quarter allowed",
        ("window", "windows", "with an alarm", "first at", "quantities"),
        rows,
    )
    raised = table[table["alarm"]].sort_values("score", ascending=False).head(8)
    if len(raised):
        gravest = [
            (f"{row.end:%Y-%m-%d %H:%M}", row.length, row.quantity, f"{row.score:.1f}", f"{row.limit:.1f}")
            for row in raised.itertuples()
        ]
        show_table("Gravest", ("window ends", "length", "quantity", "score", "limit"), gravest)
