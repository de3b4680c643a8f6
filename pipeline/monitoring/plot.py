"""Scores of all windows over time, a panel a window length."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

__all__ = ["plot"]

# Named in the legend; the others are grey.
_NAMED = 6


def plot(table: pd.DataFrame, path: Path) -> None:
    """Draw the score of every quantity in every window, with the limit.

    Parameters
    ----------
    table : pandas.DataFrame
        As `sunproof.pipeline.monitoring.detector.Detector.watch` returns it.
    path : Path
        The picture.
    """
    lengths = sorted(table["length"].unique()) or [0]
    # Figure without pyplot: no display, no global state
    figure = Figure(figsize=(9, 2.6 * len(lengths)), layout="constrained")
    panels = figure.subplots(len(lengths), 1, squeeze=False, sharex=True)[:, 0]
    worst = table.groupby("quantity")["score"].max().sort_values(ascending=False).index[:_NAMED]
    for length, axes in zip(lengths, panels, strict=True):
        rows = table[table["length"] == length]
        for name, part in rows.groupby("quantity"):
            known = name in worst
            style = {"lw": 1.2, "label": str(name)} if known else {"lw": 0.6, "color": "0.8"}
            axes.plot(part["end"], part["score"], marker=".", ms=3, zorder=2 if known else 1, **style)
        if len(rows):
            axes.axhline(rows["limit"].iloc[0], color="k", lw=0.8, ls="--")
        axes.set_ylabel(f"score, {length} forecasts")
    if len(table):
        panels[0].legend(fontsize=7, ncols=2)
        # whole dates at every tick run into each other
        locator = AutoDateLocator(maxticks=8)  # type: ignore[no-untyped-call]
        short = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
        panels[-1].xaxis.set(major_locator=locator, major_formatter=short)
    figure.savefig(path, dpi=110, metadata={"Software": None})
