"""CCMC Flare Scoreboard XML (the ISES-style message), in the variants met in the wild.

Windows are called starttime/endtime, begin/end and, in one service, endttime; regions are groups inside the region
group or groups of their own; probabilities are fractions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import numpy as np

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.forecasting.formats.base import (
    Bin,
    Entry,
    Submission,
    day_of,
    parse_number,
    parse_place,
    parse_time,
    write_place,
    write_time,
)

__all__ = ["FORMAT"]


class _CcmcXml:
    suffix = ".xml"

    def recognises(self, text: str) -> bool:
        return text.lstrip().startswith("<")

    def read(self, text: str, where: str) -> list[Submission]:
        try:
            root = ET.fromstring(text)
        except ET.ParseError as error:
            raise InputError(Problem("not well-formed XML", where, str(error), "a Flare Scoreboard message")) from error
        problems = ProblemList(where)
        found = [_submission(item, problems) for item in root.iter("forecast")]
        if not found:
            problems.add("no <forecast> element", got=root.tag, wanted="a Flare Scoreboard message")
        problems.check()
        return found

    def write(self, submissions: Sequence[Submission]) -> dict[str, str]:
        files = {}
        for item in submissions:
            # One file a window.
            stamp = write_time(item.issue_time, "s").replace(":", "-")
            files[f"{item.method}_{stamp}_day{day_of(item, submissions)}.xml"] = _text(item)
        return files


def _first(node: ET.Element, *names: str) -> str | None:
    for name in names:
        text = node.findtext(name)
        if text is not None:
            return text.strip()
    return None


def _submission(node: ET.Element, problems: ProblemList) -> Submission:
    window = node.find("predictionwindow")
    # An element without children has a truth value of its own: only None tells that there is none.
    window = ET.Element("predictionwindow") if window is None else window
    entries: list[Entry] = []
    for group in node.findall("group"):
        kind = (_first(group, "forecasttype") or "").lower()
        # A group without groups inside is the forecast itself.
        for inner in group.findall("group") or [group]:
            entries.append(_entry(inner, "region" if "region" in kind else "full_disk", problems))
    method = _first(node, "method") or ""
    if not method:
        problems.add("method is missing", "<method>", method, "the registered identifier")
    return Submission(
        method,
        parse_time(_first(node, "issuetime"), "<issuetime>", problems),
        parse_time(_first(window, "starttime", "begin"), "<predictionwindow> start", problems),
        parse_time(_first(window, "endtime", "end", "endttime"), "<predictionwindow> end", problems),
        tuple(entries),
    )


def _entry(node: ET.Element, entity: str, problems: ProblemList) -> Entry:
    bins = tuple(_bin(item, problems) for item in node.findall("entry"))
    source = node.find("sourceregion")
    if source is None:
        return Entry(entity, bins)
    noaa = harp = -1
    for item in source.findall("id"):
        digits = (item.text or "").strip()
        if not digits.isdigit():
            continue
        if "HARP" in item.get("scheme", "").upper():
            harp = int(digits)
        elif "NOAA" in item.get("scheme", "").upper():
            noaa = int(digits)
    latitude, longitude = parse_place(_first(source, "location"), "<location>", problems)
    return Entry(entity, bins, noaa, harp, latitude, longitude)


def _bin(node: ET.Element, problems: ProblemList) -> Bin:
    flux = node.find("fluxbin")
    name = "" if flux is None else flux.get("name", "")
    place = f"<entry> {name}"
    if name not in ("C", "M", "X", "C+", "M+", "X+"):
        problems.add("unknown flux bin", place, name, "C, M, X, C+, M+ or X+")
    probability = node.find("probability")
    probability = ET.Element("probability") if probability is None else probability
    names = ("value", "uncertainty", "value_lower", "value_upper")
    values = [parse_number(_first(probability, tag), f"{place} <{tag}>", problems) for tag in names]
    level = _first(node, "level") or ""
    return Bin(name, values[0], values[1], values[2], values[3], int(level) if level.isdigit() else -1)


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text
    return child


def _text(item: Submission) -> str:
    root = ET.Element("message")
    forecast = _add(root, "forecast")
    _add(forecast, "method", item.method)
    _add(forecast, "issuetime", write_time(item.issue_time, "s"))
    window = _add(forecast, "predictionwindow")
    _add(window, "starttime", write_time(item.start, "s"))
    _add(window, "endtime", write_time(item.end, "s"))
    for entity, kind in (("full_disk", "Full Disk"), ("region", "Region")):
        entries = [entry for entry in item.entries if entry.entity == entity]
        if not entries:
            continue
        group = _add(forecast, "group")
        _add(group, "forecasttype", kind)
        for entry in entries:
            _write_entry(group if entity == "full_disk" else _add(group, "group"), entry, item.start)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _write_entry(group: ET.Element, entry: Entry, time: np.datetime64) -> None:
    if entry.entity == "region":
        source = _add(group, "sourceregion")
        for scheme, number in (("NOAA_AR_numbering_scheme", entry.noaa_ar), ("HARP", entry.harpnum)):
            if number > 0:
                _add(source, "id", str(number), scheme=scheme)
        if not math.isnan(entry.latitude):
            _add(source, "location", write_place(entry.latitude, entry.longitude), time=write_time(time, "s"))
    for item in entry.bins:
        node = _add(group, "entry")
        _add(node, "fluxbin", name=item.name)
        probability = _add(node, "probability")
        pairs = zip(("value", "uncertainty", "value_lower", "value_upper"), item[1:5], strict=True)
        for tag, value in pairs:
            # A bin always has its probability, missing ones as -1; bounds are left out.
            if tag == "value" or not math.isnan(value):
                _add(probability, tag, "-1" if math.isnan(value) else f"{value:.4f}")
        if item.level > 0:
            _add(node, "level", str(item.level))


FORMAT = _CcmcXml()
