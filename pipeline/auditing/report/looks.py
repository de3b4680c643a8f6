"""Where in its images the model looks, beside what maps show that know nothing of the model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.maps.overlay import map_row
from sunproof.pipeline.auditing.maps.places import instrument
from sunproof.pipeline.auditing.maps.told import pixel_digest
from sunproof.pipeline.auditing.report.canvas import COLOURS, new_strip, to_svg
from sunproof.pipeline.auditing.report.figures import image_name
from sunproof.pipeline.auditing.report.shades import shade

__all__ = ["looks"]

# Told apart on grey by line and by colour: for the forecast, against it, and the region.
_FOR, _AGAINST, _REGION = "#ff7a00", "#2b8cff", "#ffe14d"
# Contours of a map, as shares of its largest value.
_LEVELS = (0.25, 0.5, 0.75)
# Its nulls, as the store names them.
_NULLS = {"twin_attribution": "shuffled weights", "baseline_distance": "distance from median"}

Floats = NDArray[np.floating]


def looks(record: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """Draw the maps of one forecast, and tell what they are worth.

    Parameters
    ----------
    record : dict
        Certificate, as `sunproof.pipeline.auditing.chain.open_certificate` returns it.
    path : Path
        ``maps.zarr`` of the same audit.

    Returns
    -------
    dict or None
        ``status``, ``reason``, ``error``, ``steps``; ``effect``: logit lost without the picture, and whether it is too
        ``weak`` for a map to be evidence; ``pictures``: modality, SVG and words; ``measures``, ``groups`` and
        ``silent`` (groups that are not evaluable, with the reason) as rows of tables. None where no maps
        were made.
    """
    told = record.get("maps")
    if told is None:
        return None
    evidence = record["evidence"]
    page: dict[str, Any] = {"pictures": [], "groups": [], "silent": [], "measures": _measures(evidence), **told}
    page["effect"] = _number(evidence.get("map_picture_effect"))
    page["weak"] = abs(page["effect"]) < load_limits().of("H2")["least_effect"]
    if told["status"] == "not mapped" or not path.exists():
        reason = told["reason"] or "the maps are not beside the certificates"
        return page | {"status": "not mapped", "reason": reason}
    for name in sorted(told["modalities"], reverse=True):
        row = map_row(path, int(record["seq"]), name)
        # Maps lie beside the certificate, not in it: without the digest they could be exchanged unseen.
        if pixel_digest(row["attribution"].values) != told["modalities"][name]["digest"]:
            reason = f"the {name} map is not the one in the certificate; not evidence"
            return page | {"status": "invalid", "reason": reason, "pictures": []}
        page["groups"] += _groups(name, told["modalities"][name]["groups"])
        # certificates of before have none
        silent = told["modalities"][name].get("not_evaluable", {})
        page["silent"] += [{"name": f"{name}: {group}", "reason": reason} for group, reason in silent.items()]
        if picture := _picture(name, row):
            page["pictures"].append(picture)
    return page


def _measures(evidence: dict[str, Any]) -> list[dict[str, Any]]:
    """Each measure beside its null; what is above it is the only evidence."""
    rows = []
    for words, own, null, meaning in (
        ("share of the map in the region", "map_region_share", "map_region_null", "largest of the nulls beside"),
        ("skill of the map for blocks of the picture", "map_skill", "map_null_skill", "largest of the same nulls"),
        ("region against its rolled copies, rank", "map_region_rank", "", "half of them by chance"),
        ("deleted pixels against rolled copies, rank", "map_deletion_rank", "", "half of them by chance"),
    ):
        value = _number(evidence.get(own))
        if math.isnan(value):
            continue
        beside = _number(evidence.get(null)) if null else 0.5
        rows.append({"name": words, "value": value, "null": beside, "meaning": meaning, "excess": value - beside})
    return rows


def _groups(name: str, groups: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {"name": f"{name}: {group}", **dict(zip(("attribution", "ablation", "size"), map(float, told), strict=True))}
        for group, told in groups.items()
    ]


def _picture(name: str, row: xr.Dataset) -> dict[str, Any] | None:
    """Draw image with map, map, and nulls; None where nothing was observed."""
    frames = _frames(row)
    if not frames:
        return None
    region, total = _region(row), _shown(row, "attribution").sum(axis=(0, 1))
    # The region's shape elsewhere: what share of the map any place would hold.
    rolled = np.roll(region, (region.shape[0] // 2, region.shape[1] // 2), axis=(0, 1))
    figure, axes = new_strip(6)
    for ax, (title, image, own) in zip(axes, frames, strict=False):
        ax.imshow(image, origin="lower", cmap="gray", vmin=0, vmax=1)
        _contours(ax, own)
        _outline(ax, region)
        _title(ax, title)
    shown = {"attribution": ("attribution", region), "region rolled": ("attribution", rolled)}
    shown |= {words: (null, region) for null, words in _NULLS.items()}
    shares = {words: _share(_shown(row, values), mask) for words, (values, mask) in shown.items()}
    for ax, (words, (source, mask)) in zip(axes[2:], shown.items(), strict=True):
        values = total if source == "attribution" else _shown(row, source).sum(axis=(0, 1))
        # A map of zeros would have no scale of colours.
        largest = float(np.abs(values).max()) or 1.0
        ax.imshow(values, origin="lower", cmap="RdBu_r", vmin=-largest, vmax=largest)
        _outline(ax, mask, COLOURS["ink"])
        share = "no region in sight" if math.isnan(shares[words]) else f"{_percent(shares[words])} in region"
        _title(ax, f"{words}\n{share}")
    for ax in axes[len(frames) : 2]:
        ax.set_visible(False)
    told = ", ".join(f"{words} {_percent(share)}" for words, share in shares.items())
    images = " and ".join(title.replace("\n", " of ") for title, _, _ in frames)
    label = f"Where the model looks in the {name} ({images}); share of the absolute map inside the region: {told}"
    return {"name": name, "svg": to_svg(figure, f"looks-{name}", label), "images": images}


def _frames(row: xr.Dataset) -> list[tuple[str, Floats, Floats]]:
    """Give the magnetogram and the first channel of light at the latest lag: title, grey values and own map."""
    found: dict[bool, tuple[str, Floats, Floats]] = {}
    channels = [str(channel) for channel in row["channel_name"].values]
    lag = int(np.argmin(row["lag_hours"].values))
    for place, channel in enumerate(channels):
        time = row["time_observed"].values[lag, place]
        if instrument(channel) == "view" or np.isnat(time) or not row["channel_shown"].values[place]:
            continue
        magnetic = str(row["channel_unit"].values[place]) in ("G", "Mx cm-2")
        title = f"{image_name(channel)}\n{np.datetime_as_string(time, unit='m').replace('T', ' ')}"
        image = shade(row["observed"].values[lag, place], magnetic)
        found.setdefault(magnetic, (title, image, row["attribution"].values[lag, place]))
    return [found[kind] for kind in (True, False) if kind in found]


def _region(row: xr.Dataset) -> NDArray[np.bool_]:
    meanings = str(row["part"].attrs["flag_meanings"]).split()
    return np.isin(row["part"].values, [meanings.index(part) for part in ("region", "inversion_line")])


def _shown(row: xr.Dataset, name: str) -> Floats:
    """Give the channels that show the Sun, shape (lag, channel, y, x)."""
    return np.asarray(row[name].values[:, row["channel_shown"].values.astype(bool)], np.float64)


def _share(values: Floats, mask: NDArray[np.bool_]) -> float:
    weight = np.abs(values).sum(axis=(0, 1))
    return float(weight[mask].sum() / weight.sum()) if weight.sum() and mask.any() else math.nan


def _contours(ax: Axes, values: Floats) -> None:
    largest = float(np.abs(values).max())
    for sign, colour, line in ((1, _FOR, "solid"), (-1, _AGAINST, "dashed")):
        levels = [level * largest for level in _LEVELS if level * largest < (sign * values).max()]
        if largest and levels:
            ax.contour(sign * values, levels, colors=colour, linewidths=1.1, linestyles=line)


def _outline(ax: Axes, mask: NDArray[np.bool_], colour: str = _REGION) -> None:
    if mask.any() and not mask.all():
        # a rim, so that the outline closes where the region reaches the edge
        rows, columns = (np.arange(-1, size + 1) for size in mask.shape)
        ax.contour(columns, rows, np.pad(mask, 1).astype(float), [0.5], colors=colour, linewidths=1.4)
        ax.set_xlim(-0.5, mask.shape[1] - 0.5)
        ax.set_ylim(-0.5, mask.shape[0] - 0.5)


def _title(ax: Axes, text: str) -> None:
    ax.set_title(text, fontsize=8, color=COLOURS["muted"])


def _percent(value: float) -> str:
    return "none" if math.isnan(value) else f"{100 * value:.0f} %"


def _number(text: Any) -> float:
    return math.nan if text in (None, "") else float(text)
