"""Reliability and ROC diagrams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sunproof.pipeline.verification.evaluate import Evaluation
from sunproof.pipeline.verification.reliability import reliability
from sunproof.pipeline.verification.scores import area_under_roc, pair

__all__ = ["plot"]

Array = NDArray[np.float64]


def plot(found: Evaluation, folder: Path) -> list[Path]:
    """Draw the shortest window of each entity: one reliability and one ROC diagram, a panel a threshold.

    Parameters
    ----------
    found : Evaluation
    folder : Path
        Where ``reliability_<entity>.png`` and ``roc_<entity>.png`` go.

    Returns
    -------
    list of Path
    """
    paths = []
    for entity in found.rates:
        for kind, draw in (("reliability", _draw_reliability), ("roc", _draw_roc)):
            # Figure without pyplot: no display, no global state
            figure = Figure(figsize=(4.2 * len(found.cases.thresholds), 4.2), layout="constrained")
            panels = figure.subplots(1, len(found.cases.thresholds), squeeze=False)[0]
            for number, axes in enumerate(panels):
                draw(axes, found, entity, number)
                axes.set_title(f"$\\geq${found.cases.thresholds[number]}, {found.cases.windows[0]:g} h")
            mark = " (SIMULATED)" if found.population["simulated"] else ""
            figure.suptitle(f"{entity.replace('_', ' ')}{mark}")
            paths.append(folder / f"{kind}_{entity}.png")
            # no time stamp in the file: the same evaluation gives the same bytes
            figure.savefig(paths[-1], dpi=110, metadata={"Software": None})
    return paths


def _cell(found: Evaluation, entity: str, number: int, name: str) -> tuple[Array, Array]:
    rows = found.cases.entity == entity
    both = pair(found.probabilities[name][rows, number, 0], found.cases.event[rows, number, 0])
    return both.probability, both.event


def _draw_reliability(axes: Axes, found: Evaluation, entity: str, number: int) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, title in found.titles.items():
        probability, event = _cell(found, entity, number, name)
        if len(event) == 0 or name in ("climatology", "persistence"):
            continue
        bins = reliability(probability, event)
        # two standard errors of a frequency, as if cases were independent: a lower bound of the uncertainty
        error = 2 * np.sqrt(bins.observed * (1 - bins.observed) / bins.count)
        axes.errorbar(bins.forecast, bins.observed, error, marker="o", markersize=3, linewidth=1, label=title)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="forecast probability", ylabel="observed frequency")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="x-small")


def _draw_roc(axes: Axes, found: Evaluation, entity: str, number: int) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, title in found.titles.items():
        probability, event = _cell(found, entity, number, name)
        if event.sum() in (0, len(event)):
            continue
        order = np.argsort(-probability, kind="stable")
        # equal probabilities are warned of together: the curve has no point within a run
        last = np.append(np.diff(probability[order]) != 0, True)
        hit, false = np.cumsum(event[order])[last] / event.sum(), np.cumsum(1 - event[order])[last] / (1 - event).sum()
        label = f"{title}: {area_under_roc(probability, event):.3f}"
        axes.plot(np.append(0, false), np.append(0, hit), linewidth=1, label=label)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="false alarm rate (POFD)", ylabel="hit rate (POD)")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="x-small", loc="lower right")
