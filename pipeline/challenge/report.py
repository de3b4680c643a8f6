"""The result of a challenge as a page to read: Markdown, one HTML file, and a map of which check sees what."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sunproof.pipeline.receipts import replacing

__all__ = ["markdown", "write_report"]

Row = Mapping[str, Any]
_HEAD = (
    "plant",
    "family",
    "harmed",
    "not accepted",
    "withheld",
    "at 5 % false",
    "of harmless",
    "own doubt",
    "referee alone",
)


def write_report(folder: Path, result: Row) -> None:
    """Write ``challenge.md``, ``separation.png`` and ``report.html``, which holds both.

    Parameters
    ----------
    folder : Path
    result : mapping
        As `sunproof.pipeline.challenge.summary.summarise` gives it.
    """
    text = markdown(result)
    with replacing(folder / "challenge.md") as partial:
        partial.write_text(text, encoding="utf-8")
    with replacing(folder / "separation.png") as partial:
        _map(partial, result["separation"])
    image = base64.b64encode((folder / "separation.png").read_bytes()).decode()
    with replacing(folder / "report.html") as partial:
        partial.write_text(_page(result, image), encoding="utf-8")


def tables(result: Row) -> list[tuple[str, Sequence[str], list[list[str]]]]:
    """Title, head and rows of every table."""
    planted = [row for row in result["rows"] if row["expected"] == "rejected"]
    good = [row for row in result["rows"] if row["expected"] == "accepted"]
    potent = [row for row in planted if row["potent"]]
    weak = [row for row in planted if not row["potent"]]
    families = [
        [
            name,
            str(one["plants"]),
            *(_share(one[key]) for key in ("found", "rejected", "at_5")),
            *_learned(result, name),
        ]
        for name, one in {**result["families"], **{f"all of: {k}": v for k, v in result["groups"].items()}}.items()
    ]
    return [
        ("Potent plants: detection of the harmed forecasts", _HEAD, [_row(row) for row in potent]),
        (
            "Families",
            ("family", "plants", "not accepted", "withheld", "at 5 % false", "learned, unseen", "learned, seen"),
            families,
        ),
        (
            "Good cases: false alarms",
            ("case", "family", "forecasts", "not accepted", "withheld", "at 5 % false"),
            [_good_row(row) for row in good],
        ),
        ("Plants that are not potent on this model, and do not count", _HEAD, [_row(row) for row in weak]),
        (
            "Plants that do not apply to this model, and do not count",
            ("plant", "family", "why"),
            [[row["plant"], row["family"], row["reason"]] for row in result["not_applicable"]],
        ),
        (
            "Baselines, of all harmed forecasts",
            ("baseline", "detection", "false alarms"),
            _baselines(result, potent),
        ),
    ]


def markdown(result: Row) -> str:
    """Write the tables as Markdown."""
    lines = []
    for title, head, rows in tables(result):
        lines += [f"### {title}", ""]
        if not rows:
            lines += ["None.", ""]
            continue
        lines += [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
        lines += [f"| {' | '.join(cells)} |" for cells in rows] + [""]
    worst = result["worst"]
    if worst:
        lines += [f"Worst plant: **{worst['plant']}**, {_share(worst['at_5'])} at 5 % false alarms.", ""]
    for sentence in _sentences(result):
        lines += [sentence, ""]
    return "\n".join(lines)


def _sentences(result: Row) -> list[str]:
    """Say what the rule at 5 % was true to, and what it could not weigh."""
    kinds = result["false"]["kinds"].items()
    shares = [
        f"{_share(one['at_5'])} of {one['forecasts']} that were {kind}" for kind, one in kinds if one["forecasts"]
    ]
    told = [f"False alarms at 5 % among forecasts as they come: {', '.join(shares)}."] if shares else []
    if silent := result["unweighed"]:
        few = "could judge too few good forecasts to have a rate, and raise no alarm at 5 %"
        told += [f"Checks that object to something but {few}: {', '.join(silent)}."]
    return told


def _row(row: Row) -> list[str]:
    shares = (_ends(row[key]) for key in ("found", "rejected", "at_5"))
    beside = (_share(row["found_harmless"]), *(_share(row["baselines"][key]) for key in ("confidence", "referee")))
    return [row["plant"], row["family"], _share(row["harm"]), *shares, *beside]


def _good_row(row: Row) -> list[str]:
    shares = (_ends(row[key]) for key in ("found", "rejected", "at_5"))
    return [row["plant"], row["family"], str(row["forecasts"]), *shares]


def _learned(result: Row, family: str) -> Iterable[str]:
    one = result["learned"].get(family, {})
    return [_share(one.get(key)) for key in ("unseen", "seen")]


def _baselines(result: Row, potent: Sequence[Row]) -> list[list[str]]:
    weight = np.array([row["harmed"] for row in potent], float)
    total = max(weight.sum(), 1.0)

    def pooled(values: Iterable[float]) -> str:
        return _share(float((np.array(list(values), float) * weight).sum() / total))

    false = result["false"]
    return [
        ["accept all", _share(0.0), _share(0.0)],
        ["reject all", _share(1.0), _share(1.0)],
        ["at random", _share(0.05), _share(0.05)],
        [
            "the forecast's own doubt",
            pooled(row["baselines"]["confidence"] for row in potent),
            "5 % of what it learnt from",
        ],
        ["the referee alone", pooled(row["baselines"]["referee"] for row in potent), "5 % of what it learnt from"],
        ["the checks at 5 %", pooled(row["at_5"]["value"] for row in potent), _share(false["at_5"])],
        ["the gate: not accepted", pooled(row["found"]["value"] for row in potent), _share(false["found"])],
        ["the gate: withheld", pooled(row["rejected"]["value"] for row in potent), _share(false["rejected"])],
    ]


def _share(value: float | None) -> str:
    return "" if value is None or np.isnan(value) else f"{value:.2f}"


def _ends(value: Row) -> str:
    if value["value"] is None:
        return ""
    ends = f" [{_share(value['low'])}, {_share(value['high'])}]" if value["low"] is not None else ""
    return _share(value["value"]) + ends


def _map(path: Path, separation: Row) -> None:
    """Draw plant x check, the area under the ROC curve."""
    from matplotlib.figure import Figure

    # An empty matrix cannot be drawn: one blank cell stands for it.
    plants, checks = separation["plants"] or ["none"], separation["checks"] or ["none"]
    areas = np.array(separation["areas"] or [[np.nan]], float).reshape(len(plants), len(checks))
    figure = Figure(figsize=(2.5 + 0.32 * len(checks), 1.5 + 0.26 * len(plants)), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(areas, vmin=0, vmax=1, cmap="RdBu_r", aspect="auto")
    axes.set_xticks(range(len(checks)), checks, rotation=90)
    axes.set_yticks(range(len(plants)), plants)
    axes.set_title("Which check sees what (area under the ROC curve)")
    figure.colorbar(image, ax=axes, label="0.5: no separation")
    # Without the version of matplotlib the same result gives the same bytes.
    figure.savefig(path, dpi=110, format="png", metadata={"Software": None})


_LEGEND = (
    "All numbers are shares of 1, in brackets with their 95 % interval over regions. <b>Not accepted</b>: the verdict "
    "is REVIEW or REJECT; <b>withheld</b>: REJECT. <b>At 5 % false</b>: found by a rule on the checks that one good "
    "forecast in twenty sets off. <b>Of harmless</b>: not accepted of the forecasts that the plant hardly moved. "
    "<b>Own doubt</b> and <b>referee alone</b>: what the forecast's own uncertainty, and its distance to the physics "
    "referee, find at the same rate of false alarms. <b>Learned</b>: a detector trained on plants, this family among "
    "them (seen) or not (unseen)."
)
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;color:#1c2530}"
    "table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}"
    "td,th{border-bottom:1px solid #d4dae2;padding:.3rem .6rem;text-align:left;white-space:nowrap}"
    "th{white-space:normal}"
    "img{max-width:100%}caption{text-align:left;font-weight:600}"
)


def _page(result: Row, image: str) -> str:
    simulated = " (simulated data)" if result.get("simulated") else ""
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>Challenge</title><style>{_STYLE}</style></head><body><main><h1>Challenge{simulated}</h1>",
        "<p>Faults were planted in what forecasts are made from, and the audit was asked about the forecasts. ",
        f"A forecast that moved by more than {result['harm']:g} is harmed; detection is of those. ",
        f"A plant counts if it harms {100 * result['potent']:g} % of its forecasts.</p><p>{_LEGEND}</p>",
    ]
    for title, head, rows in tables(result):
        parts.append(f"<table><caption>{html.escape(title)}</caption><thead><tr>")
        parts += [f"<th scope='col'>{html.escape(name)}</th>" for name in head]
        parts.append("</tr></thead><tbody>")
        parts += ["<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
        parts.append("</tbody></table>")
    parts += [f"<p>{html.escape(sentence)}</p>" for sentence in _sentences(result)]
    parts.append(f"<img alt='Area under the ROC curve of each plant and check' src='data:image/png;base64,{image}'>")
    return "".join([*parts, "</main></body></html>\n"])
