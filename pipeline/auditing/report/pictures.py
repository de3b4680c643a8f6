"""The report's pictures: pure functions from numbers to SVG text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

from sunproof.pipeline.auditing.report.canvas import COLOURS, log_axis, new_axes, to_svg

__all__ = ["claim", "energy", "lags", "reliability", "sparkline", "timeline", "xray"]

Floats = NDArray[np.floating]
# Marks differ in shape, so that the sources are told apart without colour.
_MARKS = ("o", "D", "s", "^", "v", "P")
_VERDICTS = {"ACCEPT": "accept", "REVIEW": "review", "REJECT": "reject", "NO_FORECAST": "none"}
_TINY = 1e-4
_BARS = 50
# What a flare's name takes up: hours along the axis, and as a factor of the flux.
_APART = (2.1, 3.2)


def claim(
    thresholds: Sequence[str],
    sources: Mapping[str, Sequence[float]],
    hollow: Mapping[str, Sequence[bool]] = MappingProxyType({}),
) -> str:
    """Probabilities of one window by threshold, the forecast beside its baselines, on a logarithmic axis.

    Parameters
    ----------
    thresholds : sequence of str
        From bottom to top.
    sources : mapping
        Name -> one probability a threshold; the first is the forecast, drawn largest. NaN is left out, and what is
        below 1e-4 is drawn at 1e-4.
    hollow : mapping, optional
        Name -> whether a threshold's mark is drawn hollow: what is extrapolated.
    """
    figure, (axes,) = new_axes(0.62 * len(thresholds) + 1.0)
    for place, (name, values) in enumerate(sources.items()):
        # baselines a little above and below, so that equal marks do not cover each other
        heights = np.arange(len(thresholds)) + (0.12 * (len(sources) / 2 - place) if place else 0.0)
        colour, size = (COLOURS["model"], 9) if not place else (COLOURS["baseline"], 5)
        # a logarithmic axis has no 0
        shown = np.maximum(np.asarray(values, float), _TINY)
        style: dict[str, Any] = {"color": colour, "markersize": size, "linestyle": "none"}
        mark, empty = _MARKS[place % len(_MARKS)], np.array(hollow.get(name, [False] * len(shown)), bool)
        axes.plot(np.where(empty, np.nan, shown), heights, mark, label=name, **style)
        if empty.any():
            axes.plot(np.where(empty, shown, np.nan), heights, mark, fillstyle="none", **style)
    axes.set_xscale("log")
    axes.set_xlim(_TINY * 0.8, 1.3)
    axes.xaxis.set_major_locator(FixedLocator([1e-4, 1e-3, 1e-2, 0.1, 1.0]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axes.set_yticks(range(len(thresholds)), [f"≥ {name}" for name in thresholds])
    axes.set_ylim(-0.6, len(thresholds) - 0.4)
    axes.set_xlabel("probability", color=COLOURS["muted"])
    figure.legend(loc="outside upper left", ncols=2, frameon=False, labelcolor=COLOURS["ink"], fontsize=8.5)
    return to_svg(
        figure, "claim", "Probability by threshold, forecast and baselines; the table beside holds the numbers"
    )


def xray(
    hours: ArrayLike,
    flux: Mapping[str, ArrayLike],
    flares: Sequence[tuple[float, float, str, bool]] = (),
) -> str:
    """X-ray flux before the data cut-off, with the catalogued flares.

    Parameters
    ----------
    hours : array
        Hours from the data cut-off, negative.
    flux : mapping
        Channel -> flux in W m-2, the 0.1-0.8 nm channel first; NaN makes a gap.
    flares : sequence of (hours, peak flux, class, own)
        ``own`` is True for flares of the forecast's region: filled marks with their class, where there is room for it.
    """
    figure, (axes,) = new_axes(2.3)
    for (channel, values), colour, width in zip(flux.items(), ("model", "baseline"), (1.4, 0.9), strict=False):
        axes.plot(hours, values, color=COLOURS[colour], linewidth=width, label=channel)
    named: list[tuple[float, float]] = []
    # the largest first, so that they keep their names where several stand close
    for when, peak, name, own in sorted(flares, key=lambda flare: -flare[1]):
        axes.plot(when, peak * 1.5, "v", color=COLOURS["reject"], fillstyle="full" if own else "none", markersize=5)
        if own and all(abs(when - at) > _APART[0] or high > _APART[1] * peak for at, high in named):
            named.append((when, peak))
            axes.annotate(name, (when, peak * 1.8), color=COLOURS["ink"], ha="center", va="bottom", fontsize=8)
    axes.set_yscale("log")
    low = min((np.nanmin(np.asarray(values, float), initial=1e-7) for values in flux.values()), default=1e-7)
    axes.set_ylim(max(low * 0.6, 1e-9), 1e-3)
    log_axis(axes.yaxis, -9, -3)
    for letter, level in zip("BCMX", (1e-7, 1e-6, 1e-5, 1e-4), strict=True):
        axes.annotate(
            letter, (1.0, level * 1.25), xycoords=("axes fraction", "data"), color=COLOURS["muted"], ha="right"
        )
    axes.set_xlabel("hours before the data cut-off", color=COLOURS["muted"])
    axes.set_ylabel("W m⁻²", color=COLOURS["muted"])
    if flux:
        figure.legend(loc="outside upper left", ncols=2, frameon=False, labelcolor=COLOURS["ink"], fontsize=8.5)
    count = sum(flare[3] for flare in flares)
    return to_svg(
        figure, "xray", f"X-ray flux before the data cut-off, with {len(flares)} flares, {count} from this region"
    )


def energy(needed: Mapping[str, tuple[float, float, float]], available: tuple[float, float, float] | None) -> str:
    """Energy that a flare of each class radiates, against the energy that the region holds.

    Parameters
    ----------
    needed : mapping
        Threshold -> (low, middle, high), erg.
    available : tuple of float or None
        (low, middle, high) of the region's magnetic energy, erg; None where it is not known.
    """
    figure, (axes,) = new_axes(0.34 * (len(needed) + 1) + 0.75)
    labels = []
    for height, (name, (low, middle, high)) in enumerate(needed.items()):
        _range(axes, height, low, middle, high, "baseline")
        labels.append(f"one {name} flare radiates")
    if available is not None:
        _range(axes, len(labels), *available, "model")
        labels.append("the region's field holds")
    axes.set_xscale("log")
    log_axis(axes.xaxis, 26, 36)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(-0.6, len(labels) - 0.4)
    axes.set_xlabel("erg", color=COLOURS["muted"])
    return to_svg(figure, "energy", "Energy of flares by class against the magnetic energy of the region")


def _range(axes: Axes, height: float, low: float, middle: float, high: float, colour: str) -> None:
    axes.plot([low, high], [height, height], color=COLOURS[colour], linewidth=6, alpha=0.45, solid_capstyle="round")
    axes.plot([middle], [height], "o", color=COLOURS[colour], markersize=6)


def lags(parts: Mapping[str, Sequence[float]], step_hours: float) -> str:
    """Attributions by time before the data cut-off, one row of bars a kind of input.

    Parameters
    ----------
    parts : mapping
        Kind of input -> attribution a step, oldest first.
    step_hours : float
        Length of a step.
    """
    figure, rows = new_axes(0.95 * len(parts) + 0.5, len(parts), (1,) * len(parts))
    for axes, (name, values) in zip(rows, parts.items(), strict=True):
        heights = np.asarray(values, float)
        centres = (np.arange(len(heights)) - len(heights) + 0.5) * step_hours
        colours = np.where(heights >= 0, COLOURS["model"], COLOURS["baseline"])
        axes.bar(centres, heights, 0.85 * step_hours, color=colours.tolist())
        axes.axhline(0, color=COLOURS["muted"], linewidth=0.8)
        axes.set_ylabel(name, color=COLOURS["muted"])
    rows[-1].set_xlabel("hours before the data cut-off", color=COLOURS["muted"])
    return to_svg(figure, "lags", f"Attributions by time before the data cut-off for {', '.join(parts)}")


def timeline(times: NDArray[np.datetime64], verdicts: Sequence[str]) -> str:
    """How many forecasts of each verdict were issued, along time.

    Parameters
    ----------
    times : array of datetime64
        Issue times.
    verdicts : sequence of str
        One a forecast.
    """
    days = times.astype("datetime64[s]").astype(float) / 86400
    first, last = np.floor(days.min()), np.floor(days.max()) + 1
    # whole days a bar, so that a cadence never beats with the bars
    edges = np.arange(first, last + (step := np.ceil((last - first) / _BARS)), step)
    centres = ((edges[:-1] + edges[1:]) / 2 * 86400).astype("datetime64[s]")
    width = np.timedelta64(int(0.85 * (edges[1] - edges[0]) * 86400), "s")
    figure, (axes,) = new_axes(2.0)
    bottom = np.zeros(len(centres))
    given = np.asarray(verdicts)
    for verdict, colour in _VERDICTS.items():
        counts = np.histogram(days[given == verdict], edges)[0]
        if counts.any():
            axes.bar(centres, counts, width, bottom, color=COLOURS[colour], label=verdict.replace("_", " ").lower())
        bottom += counts
    axes.tick_params(axis="x", rotation=30)
    axes.grid(False, axis="x")
    axes.set_ylabel("forecasts", color=COLOURS["muted"])
    figure.legend(loc="outside upper left", ncols=4, frameon=False, labelcolor=COLOURS["ink"], fontsize=8.5)
    return to_svg(figure, "timeline", "Forecasts by verdict along their issue times")


def reliability(forecast: Floats, event: Floats, name: str, bins: int = 8) -> str:
    """Observed frequency against forecast probability, with the 95 % interval that a perfect forecast would show.

    Parameters
    ----------
    forecast, event : array
        Probabilities, and 0 or 1; pairs with a NaN are left out.
    name : str
        What is forecast, for the axis.
    bins : int
        Bins of equal population.
    """
    known = np.isfinite(forecast) & np.isfinite(event)
    order = np.argsort(forecast[known], kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    mean = np.array([forecast[known][group].mean() for group in groups])
    frequency = np.array([event[known][group].mean() for group in groups])
    # Broecker & Smith 2007, Weather and Forecasting 22, 651: judge a bin by the spread of a reliable forecast
    spread = np.array([1.96 * np.sqrt(m * (1 - m) / len(group)) for m, group in zip(mean, groups, strict=True)])
    figure, (axes,) = new_axes(3.2)
    axes.plot([0, 1], [0, 1], color=COLOURS["muted"], linewidth=1)
    low, high = np.clip(mean - spread, 0, 1), np.clip(mean + spread, 0, 1)
    axes.vlines(mean, low, high, color=COLOURS["baseline"], linewidth=5, alpha=0.4)
    axes.plot(mean, frequency, "o-", color=COLOURS["model"], markersize=5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel(f"forecast probability, {name}", color=COLOURS["muted"])
    axes.set_ylabel("observed frequency", color=COLOURS["muted"])
    return to_svg(figure, "reliability", f"Reliability of {int(known.sum())} forecasts, {name}")


def sparkline(values: ArrayLike, description: str) -> str:
    """Draw one series without axes, 120 by 24 units; gaps where values are missing, empty text where all are."""
    series = np.asarray(values, float)
    known = np.isfinite(series)
    if not known.any():
        return ""
    low, high = series[known].min(), series[known].max()
    x = np.linspace(2, 118, len(series)) if len(series) > 1 else np.array([60.0])
    y = 21 - 18 * ((series - low) / (high - low) if high > low else np.full(len(series), 0.5))
    # runs without a gap: a line across one would draw what was not observed
    runs = np.split(np.arange(len(series)), np.flatnonzero(np.diff(known.astype(int))) + 1)
    lines = [f'<polyline points="{" ".join(f"{x[i]:.1f},{y[i]:.1f}" for i in run)}"/>' for run in runs if known[run[0]]]
    last = np.flatnonzero(known)[-1]
    dot = f'<circle cx="{x[last]:.1f}" cy="{y[last]:.1f}" r="2.2"/>'
    opening = f'<svg class="spark" viewBox="0 0 120 24" role="img" aria-label="{escape(description)}">'
    return f"{opening}{''.join(lines)}{dot}</svg>"
