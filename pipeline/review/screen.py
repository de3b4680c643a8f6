"""An auditor's screen: one forecast in seven parts, for a notebook; each part is tables, words and pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import Any

import numpy as np

from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.auditing.rebuild import rebuild
from sunproof.pipeline.auditing.report.disk import centre_latitude, disk, places_of
from sunproof.pipeline.auditing.report.frames import latest_images, strip
from sunproof.pipeline.auditing.report.looks import looks
from sunproof.pipeline.auditing.report.story import forecast_page
from sunproof.pipeline.auditing.report.surroundings import Archive
from sunproof.pipeline.review.neighbours import Neighbour

__all__ = ["Panel", "Screen"]

# Colours of the report in light dress: a notebook has no style sheet of ours.
_COLOURS = {
    "ink": "#1b1f24", "muted": "#59616b", "line": "#dcdad3", "model": "#1f5fa8", "baseline": "#a65e07",
    "accept": "#1d7a46", "review": "#875800", "reject": "#b3261e", "none": "#5a616c",
}  # fmt: skip
# How usual the input is: evidence and what it says.
_KNOWN = {
    "domain_physical": "share of training regions as unusual in their latest keywords",
    "domain_features": "share of training regions as unusual in the model's features",
    "frozen_steps": "steps at the end of the history that repeat the record before them",
    "nan_fraction": "share of missing inputs",
    "input_age": "age of the latest record, hours",
}
_PAIRS = {
    "confidence": ("Venn-Abers interval", "confidence_low", "confidence_high"),
    "conformal": ("conformal p-values, flare and none", "conformal_flare", "conformal_quiet"),
}


@dataclass(frozen=True)
class Panel:
    """One part of the screen; a notebook shows tables and pictures, a terminal the words.

    Parameters
    ----------
    html : str
        Headings, sentences and tables.
    pictures : tuple of str
        SVG.
    """

    html: str
    pictures: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows = re.sub(r"</(tr|p|h4)>", "\n", self.html)
        plain = unescape(re.sub(r"<[^>]+>", " ", rows))
        return re.sub(r"[ \t]+", " ", plain).replace("\n ", "\n").strip()

    def _ipython_display_(self) -> None:
        from IPython.display import SVG, display

        display({"text/html": self.html, "text/plain": repr(self)}, raw=True)
        for picture in self.pictures:
            display(SVG(picture))


class Screen:
    """One forecast as an auditor sees it.

    Parameters
    ----------
    certificates : str or Path
        ``certificates.jsonl``.
    seq : int
        Number of the certificate.
    archive : str, optional
        The archive: hours before, and images.
    """

    def __init__(self, certificates: str | Path, seq: int, archive: str = "") -> None:
        self.record = open_certificate(certificates, seq)
        key, cutoff = self.record["key"], np.datetime64(self.record["times"]["data_cutoff"].removesuffix("Z"), "ns")
        listed = {int(text) for text in str(key.get("noaa_ars", "")).split(",") if text.strip().isdigit()}
        around = Archive(archive).around(key["harpnum"], (listed | {key["noaa_ar"]}) - {-1}, cutoff)
        # by the chain's batch, not by this certificate: neighbours on the disk are told by their own lines
        places = places_of(rebuild(certificates), seq - 1)
        facts = self.record["facts"]
        self._middle = len(facts["thresholds"]) // 2
        self._output = f"P(≥ {facts['thresholds'][self._middle]}, {facts['windows'][0]:g} h)"
        images = latest_images(archive, cutoff) if archive else []
        drawn = disk(places, centre_latitude(cutoff), facts["thresholds"][self._middle], facts["windows"][0])
        looked = looks(self.record, Path(certificates).parent / "maps.zarr")
        self._page = forecast_page(self.record, around, {"disk": drawn, "frames": strip(images, places)}, looked)

    def header(self) -> Panel:
        """1: what it claims, beside its baselines; no verdict."""
        page = self._page
        head = ["output", *page["sources"], "interval"]
        # the first window of each class
        claims = page["claims"][:: len(self.record["facts"]["windows"])]
        rows = [
            [row["name"], *map(_marked, row["probabilities"], row["marks"]), _range(row["interval"])] for row in claims
        ]
        words = f"issued {page['issued']} UTC, data until {page['cutoff']}, windows from {page['start']}"
        text = f"<h4>{self._banner()}{escape(page['title'])}</h4><p>{words}</p>{_table(head, rows)}"
        text += f"<p>Referee. {escape(' '.join(page['referee']))}</p>" if page["referee"] else ""
        return Panel(text, (self._picture("claim"),))

    def inputs(self) -> Panel:
        """2: where the region is, what was seen, how old it is."""
        page = self._page
        facts = _table(["fact", "value"], [[fact["name"], fact["value"]] for fact in page["evidence"]])
        keywords = _table(
            ["keyword", "latest", "unit", "24 h"],
            [[row["name"], f"{row['latest']:.4g}", row["unit"], row["change"]] for row in page["keywords"]],
        )
        missing = "".join(f"<p>{escape(text)}</p>" for text in page["around"].missing)
        pictures = [self._picture(name) for name in ("disk", "frames", "xray")]
        return Panel(f"{missing}{facts}{keywords}", tuple(picture for picture in pictures if picture))

    def why(self) -> Panel:
        """3: which inputs made the probability, where in the images, and whether that is better than no explanation."""
        page, attribution = self._page, self.record["attribution"]
        if attribution["status"] == "not explained":
            text, pictures = self._looks()
            return Panel(f"<p>Not explained: {escape(attribution['reason'])}.</p>{self._nulls()}{text}", pictures)
        lead = f"{attribution['method']}; completeness error {attribution['error']} in logit ({attribution['status']})"
        kinds = _table(["input", "logit"], [[row["name"], f"{row['value']:+.3f}"] for row in page["by_modality"]])
        features = _table(["largest", "logit"], [[row["name"], f"{row['value']:+.3f}"] for row in page["by_feature"]])
        (text, pictures), picture = self._looks(), self._picture("lags")
        shown = (*([picture] if picture else []), *pictures)
        return Panel(f"<p>{escape(lead)}</p>{kinds}{features}{self._methods()}{self._nulls()}{text}", shown)

    def _methods(self) -> str:
        """Tell what groups are attributed, and what the logit loses without them; nothing of older certificates."""
        return "".join(
            _table(
                [name, "attributed", "lost without", ""],
                [
                    [row["name"], *(_signed(row[method]) for method in ("attribution", "ablation")), _apart(row)]
                    for row in self._page[rows]
                ],
            )
            for name, rows in (("physical group", "by_group"), ("before the data cut-off", "by_span"))
            if self._page[rows]
        )

    def _looks(self) -> tuple[str, tuple[str, ...]]:
        """Where in the images the model looks: what the map has over its nulls, and the pictures."""
        page = self._page["looks"]
        if page is None:
            return "", ()
        if page["status"] != "mapped":
            return f"<p>Map of the images: {escape(page['status'])}, {escape(page['reason'])}.</p>", ()
        rows = [
            [row["name"], _number(row["value"]), _number(row["null"]), f"{row['excess']:+.3f}"]
            for row in page["measures"]
        ]
        weak = f"; the picture moves the logit by {page['effect']:.4f}, too little for any" if page["weak"] else ""
        lead = f"<p>Of the map of the images only the excess over its nulls is evidence{weak}.</p>"
        table = _table(["map of the images", "map", "null", "excess"], rows)
        return lead + table, tuple(_dressed(picture["svg"]) for picture in page["pictures"])

    def _nulls(self) -> str:
        rows = [
            [
                row["name"],
                _number(row["value"]),
                _number(row["null"]),
                _number(row["limit"]),
                row["check"],
                row["outcome"],
            ]
            for row in self._page["nulls"]
        ]
        return _table(["measure", "measured", "null", "limit", "check", "outcome"], rows) if rows else ""

    def what_if(self) -> Panel:
        """4: what the model forecasts when something is taken away or changed."""
        rows = [
            [
                row["name"],
                _percent(row["served"]),
                _percent(row["changed"]),
                f"{row['difference']:+.2g} points",
                row["check"],
                row["outcome"],
            ]
            for row in self._page["what_if"]
        ]
        if not rows:
            return Panel("<p>The model was not asked about this forecast.</p>")
        return Panel(
            f"<p>{self._output}</p>" + _table(["changed", "served", "then", "change", "check", "outcome"], rows)
        )

    def known(self, neighbours: Sequence[Neighbour] = ()) -> Panel:
        """5: is the input like what the model knows, how sure can it be, and what did similar regions do."""
        evidence = self.record["evidence"]
        rows = [
            [words, f"{float(evidence[name]):.3g}"]
            for name, words in _KNOWN.items()
            if evidence.get(name) not in (None, "")
        ]
        for words, low, high in _PAIRS.values():
            ends = [self._cell(evidence.get(name)) for name in (low, high)]
            if None not in ends:
                rows.append([f"{words}, {self._output}", " and ".join(map(str, ends))])
        text = _table(["domain and confidence", "value"], rows)
        if neighbours:
            cases = [[item.name, item.time, f"{item.distance:.2f}", item.largest] for item in neighbours]
            text += _table(["similar region of the training block", "time", "distance", "largest flare in 24 h"], cases)
        return Panel(text)

    def _cell(self, table: Any) -> str | None:
        value = table[self._middle][0] if isinstance(table, list) else None
        return None if value is None else f"{float(value):.3g}"

    def checker(self, challenge: str | Path = "") -> Panel:
        """6: how often the checks find planted faults, from the challenge of this model."""
        if not challenge or not Path(challenge).exists():
            return Panel("<p>No challenge of this model was held: how often its checks find a fault is not known.</p>")
        told = json.loads(Path(challenge).read_bytes())
        rows = [
            [
                row["plant"],
                row["family"],
                row["expected"],
                *(_percent(row[name]["value"]) for name in ("found", "at_5")),
            ]
            for row in told["rows"]
        ]
        table = _table(["plant", "family", "expected", "not accepted", "found at 5 % false"], rows)
        worst = told.get("worst")
        return Panel(table + (f"<p>worst: {escape(worst['plant'])}</p>" if worst else ""))

    def verdict(self) -> Panel:
        """7: the machine's verdict; to be shown after the first answer."""
        verdict, page = self.record["verdict"], self._page
        rows = [
            [
                f"{item['id']} {item['name']}",
                item["outcome"],
                _number(item["value"]),
                _number(item["limit"]),
                item["reason"],
            ]
            for item in page["against"]
        ]
        words = "".join(f"<p>{escape(text)}</p>" for text in [page["served"], verdict["decide"]])
        head = f"<h4>machine: {verdict['verdict']} ({escape(verdict['codes'] or 'no objection')})</h4>"
        return Panel(head + (_table(["check", "outcome", "measured", "limit", "reason"], rows) if rows else "") + words)

    def _banner(self) -> str:
        return "SIMULATED DATA: " if self._page["simulated"] else ""

    def _picture(self, name: str) -> str:
        return _dressed(self._page["pictures"][name])


def _dressed(svg: str) -> str:
    """Dress a picture for a page without our colours, at the size of a column; no picture stays none."""
    for variable, colour in _COLOURS.items():
        svg = svg.replace(f"var(--{variable})", colour)
    # without a size it would fill the cell of a notebook
    return svg.replace("<svg ", '<svg width="420" ', 1)


def _table(head: Iterable[str], rows: Iterable[Sequence[Any]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _percent(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{100 * value:.3g} %"


def _marked(value: float | None, mark: str) -> str:
    return f"{_percent(value)} ({mark})" if mark else _percent(value)


def _range(ends: tuple[float, float] | None) -> str:
    return "–" if ends is None else f"{_percent(ends[0])} to {_percent(ends[1])}"


def _signed(value: float) -> str:
    return "–" if not np.isfinite(value) else f"{value:+.3f}"


def _apart(row: dict[str, Any]) -> str:
    return "opposite signs" if row["opposed"] else ""


def _number(value: float) -> str:
    return "–" if not np.isfinite(value) else f"{value:.4g}"
