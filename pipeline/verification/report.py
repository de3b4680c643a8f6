"""An evaluation as Markdown, and its headline for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from sunproof.pipeline.verification.bootstrap import Interval
from sunproof.pipeline.verification.evaluate import Evaluation
from sunproof.pipeline.verification.reliability import reliability
from sunproof.pipeline.verification.scores import pair

__all__ = ["headline", "markdown"]

Row = dict[str, Any]
_COLUMNS = {
    "BSS": "bss",
    "BSS vs climatology": "bss_climatology",
    "BSS vs persistence": "bss_persistence",
    "AUC": "auc",
    "TSS": "tss",
    "best TSS": "tss_best",
    "HSS": "hss",
    "ApSS": "apss",
    "slope": "slope",
    "log score": "log_score",
}
_HEADLINE = {"BSS": "bss", "AUC": "auc", "TSS": "tss", "best TSS": "tss_best", "HSS": "hss", "slope": "slope"}
_KINDS = {"rotation": "27-day blocks", "region": "by region"}


def headline(found: Evaluation) -> list[tuple[str, list[str], list[list[str]]]]:
    """Title, columns and rows of the tables that end the command: the shortest window of each entity."""
    tables = []
    window = found.cases.windows[0]
    for entity in found.rates:
        rows = [
            [row["threshold"], found.titles[row["forecaster"]], str(row["cases"]), str(row["events"])]
            + [_number(row.get(key)) for key in _HEADLINE.values()]
            for row in _chosen(found.scores, entity=entity, subset="all", window=window)
        ]
        title = f"{_entity(entity)}, {window:g} h" + (" (SIMULATED)" if found.population["simulated"] else "")
        tables.append((title, ["event", "forecaster", "cases", "events", *_HEADLINE], rows))
    return tables


def markdown(found: Evaluation) -> str:
    """Write the whole evaluation.

    Parameters
    ----------
    found : Evaluation

    Returns
    -------
    str
        Markdown; scores as in `sunproof.pipeline.verification.scores` and `categorical`.
    """
    parts = [*_opening(found)]
    for entity in found.rates:
        for window in found.cases.windows:
            parts += [f"## {_entity(entity)}, {window:g} h", ""]
            parts += _scores(found, entity=entity, subset="all", window=window)
            parts += _differences(found, entity=entity, subset="all", window=window)
        first = found.cases.windows[0]
        parts += [f"## {_entity(entity)}, {first:g} h, first flare after 24 h of quiet", ""]
        parts += _scores(found, entity=entity, subset="first flare", window=first)
        parts += _differences(found, entity=entity, subset="first flare", window=first)
        parts += _years(found, entity, first)
        parts += _reliability(found, entity, first)
    return "\n".join(parts).rstrip() + "\n"


def _opening(found: Evaluation) -> Iterator[str]:
    population = found.population
    first, last = (population[f"{name}_issue"][:16] for name in ("first", "last"))
    yield f"# Scores of {found.titles['model']}"
    yield ""
    if population["simulated"]:
        yield "**Simulated data: these numbers say nothing about the Sun.**"
        yield ""
    yield (
        f"{population['slots']} slots of {population['regions']} regions, issued {first} to {last} UTC. "
        f"Negatives: {population['negatives']}. "
        f"Left out: {population['outside_the_blocks']} slots of other blocks, {population['short_history']} with "
        f"a short history, {population['forecasts_without_a_sample']} forecasts that no sample answers; "
        f"{population['no_forecast']} slots had no forecast. "
        "Cases whose label is unknown are left out of each score and counted in `scores.json`."
    )
    yield ""
    yield (
        "BSS is against the training block's base rate, which is also the probability threshold of TSS, HSS and ApSS; "
        "best TSS is at the threshold chosen with the outcomes known, an upper bound. Intervals: bootstrap of whole "
        "blocks, 95 % unless configured otherwise."
    )
    yield ""


def _scores(found: Evaluation, **where: Any) -> list[str]:
    rows = [
        [row["threshold"], found.titles[row["forecaster"]], row["cases"], row["events"]]
        + [_number(row.get(key)) for key in _COLUMNS.values()]
        for row in _chosen(found.scores, **where)
    ]
    ranked = [
        f"{found.titles[row['forecaster']]} {_number(row['rps'], 4)}"
        for row in _chosen(found.ranked, entity=where["entity"], window=where["window"])
        if where["subset"] == "all" and math.isfinite(row["rps"])
    ]
    tail = [f"Ranked probability score over all thresholds: {'; '.join(ranked)}.", ""] if ranked else []
    return [*table(["event", "forecaster", "cases", "events", *_COLUMNS], rows), "", *tail]


def _differences(found: Evaluation, **where: Any) -> list[str]:
    rows = []
    for row in _chosen(found.comparisons, **where):
        for name, kinds in row["difference"].items():
            cells = [_interval(kinds[kind]) if kind in kinds else "" for kind in _KINDS]
            rows.append([row["threshold"], found.titles[row["baseline"]], row["cases"], name.upper(), *cells])
    if not rows:
        return []
    columns = ["event", "model minus", "cases", "score", *_KINDS.values()]
    return ["Paired differences:", "", *table(columns, rows), ""]


def _years(found: Evaluation, entity: str, window: float) -> list[str]:
    chosen = [row for row in _chosen(found.scores, entity=entity, window=window) if row["subset"].isdigit()]
    rows = [
        [row["subset"], row["threshold"], found.titles[row["forecaster"]], row["cases"], row["events"]]
        + [_number(row.get(key)) for key in ("bss", "bss_climatology", "auc", "tss")]
        for row in sorted(chosen, key=lambda row: (row["subset"], row["threshold"]))
        if row["events"]
    ]
    columns = ["year", "event", "forecaster", "cases", "events", "BSS", "BSS vs climatology", "AUC", "TSS"]
    title = f"### {_entity(entity)}, {window:g} h, year by year (years without an event left out)"
    return [title, "", *table(columns, rows), ""] if rows else []


def _reliability(found: Evaluation, entity: str, window: float) -> list[str]:
    rows = []
    mine = found.cases.entity == entity
    number = found.cases.windows.index(window)
    for place, threshold in enumerate(found.cases.thresholds):
        both = pair(found.probabilities["model"][mine, place, number], found.cases.event[mine, place, number])
        bins = reliability(both.probability, both.event)
        columns = (bins.low, bins.high, bins.count, bins.events, bins.forecast, bins.observed)
        rows += [
            [threshold, f"{low:g}-{high:g}", count, events, _number(forecast), _number(observed)]
            for low, high, count, events, forecast, observed in zip(*columns, strict=True)
        ]
    title = f"### {_entity(entity)}, {window:g} h: reliability of the model"
    columns_ = ["event", "probability", "cases", "events", "mean probability", "frequency"]
    return [title, "", *table(columns_, rows), ""]


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    return lines + [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]


def _chosen(rows: list[Row], **where: Any) -> list[Row]:
    return [row for row in rows if all(row[key] == value for key, value in where.items())]


def _entity(name: str) -> str:
    return {"region": "Regions", "full_disk": "Full disk"}[name]


def _number(value: Any, digits: int = 3) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.{digits}f}"


def _interval(value: Interval) -> str:
    if not math.isfinite(value.low):
        return _number(value.value)
    return f"{value.value:+.3f} [{value.low:+.3f}, {value.high:+.3f}]" + (" *" if value.excludes_zero else "")
