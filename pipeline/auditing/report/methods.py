"""Two methods beside each other: what a group of inputs is attributed, and what the logit loses without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["bar", "two_methods"]

# A contribution smaller than this share of the largest has no sign worth comparing.
_SLIGHT = 0.05


def two_methods(attribution: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Lay Integrated Gradients and ablation beside each other.

    Parameters
    ----------
    attribution : dict
        Of a certificate.

    Returns
    -------
    dict
        ``by_group``, the largest first, and ``by_span``, in the order of the certificate: rows with name, attribution
        and ablation (logit; NaN where nothing was observed), their bars, and whether the two have opposite signs.
        Empty where the certificate tells no ablation, as those of older versions.
    """
    groups = _rows([[name, *pair] for name, pair in attribution.get("groups", {}).items()])
    groups.sort(key=lambda row: -row["size"])
    return {"by_group": groups, "by_span": _rows(attribution.get("lags", []))}


def bar(value: float, largest: float) -> dict[str, str]:
    """Draw a bar from the middle of a track: its left edge and width in per cent of the track."""
    width = 49 * abs(value) / (largest or 1.0)
    return {"left": f"{50 - width * (value < 0):.2f}", "width": f"{width:.2f}"}


def _rows(told: Sequence[Sequence[str | None]]) -> list[dict[str, Any]]:
    pairs = [(name, float(own or "nan"), float(lost or "nan")) for name, own, lost in told]
    # what was not observed has nothing to lose, and comes last
    sizes = [max(abs(own), abs(lost)) if math.isfinite(lost) else -1.0 for _, own, lost in pairs]
    largest = max(sizes, default=0.0)
    return [
        {
            "name": name,
            "attribution": own,
            "ablation": lost,
            "size": size,
            "bars": [{"value": value, **bar(value, largest)} for value in (own, lost)] if size >= 0 else [],
            "opposed": own * lost < 0 and min(abs(own), abs(lost)) > _SLIGHT * largest,
        }
        for (name, own, lost), size in zip(pairs, sizes, strict=True)
    ]
