"""The report on parity as a page: what each version changes, and in which layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sunproof.pipeline.training.parity import ENOUGH, Parity, worst_layer

__all__ = ["write_page"]


def write_page(report: Mapping[str, Any]) -> str:
    """Write ``parity.md`` from ``parity.json``.

    Parameters
    ----------
    report : mapping
        See `sunproof.pipeline.training.export.run`.

    Returns
    -------
    str
        Markdown: one table of the versions, one of the layers.
    """
    drawn = ", ".join(f"{name} {count}" for name, count in report["samples"].items())
    lines = ["# Parity with the trained model", "", f"Bundle {report['bundle']}. Samples by largest flare: {drawn}."]
    if not report["enough"]:
        lines += ["", f"**Fewer samples than the {ENOUGH['samples']} with {ENOUGH['flares']} flares that are wanted.**"]
    thresholds = list(
        next(iter(bounds for version in report["versions"].values() if (bounds := version.get("skill"))), {})
    )
    head = ["version", "max dp", "decisions flipped", "before X flares", *(f"dBSS {name}" for name in thresholds)]
    lines += ["", _row([*head, "layer of largest error", "file"]), "|---" * (len(head) + 2) + "|"]
    for name, version in report["versions"].items():
        if "probability" not in version:
            lines.append(_row([name, *[""] * (len(head) - 1), "", f"refused: {'; '.join(version['objections'])}"]))
            continue
        parity = Parity(**{key: version[key] for key in ("probability", "flips", "flips_of_x", "skill", "layers")})
        skills = ["no event" if ends is None else f"{ends[1]:+.5f} to {ends[2]:+.5f}" for ends in parity.skill.values()]
        cells = [name, f"{parity.probability:.2g}", f"{parity.flips:.4%}", parity.flips_of_x, *skills]
        lines.append(
            _row([*cells, worst_layer(parity), version["file"] or f"refused: {'; '.join(version['objections'])}"])
        )
    lines += ["", "## Relative error by layer", "", _row(["layer", *report["versions"]])]
    lines.append("|---" * (len(report["versions"]) + 1) + "|")
    layers = dict.fromkeys(layer for version in report["versions"].values() for layer in version.get("layers", ()))
    for layer in layers:
        found = [version.get("layers", {}).get(layer) for version in report["versions"].values()]
        lines.append(_row([layer, *("" if value is None else f"{value:.2g}" for value in found)]))
    return "\n".join(lines) + "\n"


def _row(cells: list[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
