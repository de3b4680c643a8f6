"""Matplotlib figures as inline SVG that follows the page's light or dark colours."""

from __future__ import annotations

import io
import math
import re
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sunproof.pipeline.auditing.report.figures import raised

__all__ = ["COLOURS", "log_axis", "new_axes", "new_strip", "to_svg"]

# Matplotlib draws with stand-ins; in the SVG each becomes a variable of style.css, so that one picture serves both
# themes.
COLOURS = {
    "ink": "#000011",
    "muted": "#000022",
    "line": "#000033",
    "model": "#000044",
    "baseline": "#000055",
    "accept": "#000066",
    "review": "#000077",
    "reject": "#000088",
    "none": "#000099",
}
# 4.2 in at 72 units an inch is about a phone's width: text of 9 units stays readable when the picture shrinks to fit.
_WIDTH = 4.2
# Text stays text: it can be searched and read aloud.
_STYLE: Any = {"svg.fonttype": "none", "font.size": 9.5, "font.family": "DejaVu Sans"}


def new_axes(height: float, rows: int = 1, ratios: tuple[float, ...] = (1,)) -> tuple[Figure, list[Axes]]:
    """Start a picture: a figure of ``height`` inches with rows of axes that share time, in the page's colours."""
    with mpl.rc_context(_STYLE):
        # No pyplot: it keeps figures in a global list until they are closed.
        figure = Figure(figsize=(_WIDTH, height), layout="constrained", facecolor="none")
        FigureCanvasSVG(figure)
        axes = figure.subplots(rows, 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratios})[:, 0]
        for ax in axes:
            ax.set_facecolor("none")
            ax.tick_params(colors=COLOURS["muted"], which="both", length=3)
            ax.spines[["top", "right"]].set_visible(False)
            ax.spines[["left", "bottom"]].set_color(COLOURS["line"])
            ax.grid(True, color=COLOURS["line"], linewidth=0.6)
            ax.set_axisbelow(True)
    return figure, list(axes)


def new_strip(count: int, columns: int = 3) -> tuple[Figure, list[Axes]]:
    """Start a picture of ``count`` square images without axes, some a row."""
    rows = -(-count // columns)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, rows * (_WIDTH / columns + 0.42)), layout="constrained", facecolor="none")
        FigureCanvasSVG(figure)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax in axes:
            ax.set_axis_off()
    return figure, list(axes[:count])


def log_axis(axis: Axis, low: int, high: int) -> None:
    """Label powers of ten from ``low`` to ``high``; matplotlib's own labels go through its slow formula parser."""
    axis.set_major_locator(FixedLocator([10.0**power for power in range(low, high + 1)]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_power))


def _power(value: float, _: object) -> str:
    return "10" + raised(round(math.log10(value)))


def to_svg(figure: Figure, name: str, description: str) -> str:
    """Render a figure.

    Parameters
    ----------
    figure : Figure
        From `new_axes`.
    name : str
        Unique on its page: ids inside the SVG are derived from it, so that two pictures do not share clip paths.
    description : str
        What a person who cannot see the picture is told.

    Returns
    -------
    str
        An ``<svg>`` element, the same for the same figure.
    """
    buffer = io.StringIO()
    # The salt makes identifiers the same at every run, and different between pictures of one page.
    with mpl.rc_context(_STYLE | {"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = buffer.getvalue()
    # Inside HTML an XML declaration is an error.
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for variable, colour in COLOURS.items():
        svg = svg.replace(colour, f"var(--{variable})")
    # matplotlib numbers its groups the same way in every picture
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    # without a fixed size the picture follows its column
    svg = re.sub(r' width="[^"]*" height="[^"]*"', "", svg, count=1)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(description)}" ', 1)
