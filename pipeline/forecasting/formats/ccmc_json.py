"""CCMC Flare Scoreboard JSON: one ``forecast_submission`` with full-disk and region forecasts, each with its window."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.forecasting.formats.base import Bin, Entry, Submission, parse_number, parse_time, write_time

__all__ = ["FORMAT"]


class _CcmcJson:
    suffix = ".json"

    def recognises(self, text: str) -> bool:
        return text.lstrip().startswith("{") and '"forecast_submission"' in text

    def read(self, text: str, where: str) -> list[Submission]:
        try:
            tree = json.loads(text)["forecast_submission"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise InputError(
                Problem("not a forecast submission", where, str(error), "JSON with forecast_submission")
            ) from error
        problems = ProblemList(where)
        model = tree.get("model", {})
        issue = parse_time(tree.get("issue_time"), "issue_time", problems)
        windows: dict[tuple[Any, Any], list[Entry]] = {}
        for entity, key in (("full_disk", "full_disk_forecasts"), ("region", "region_forecasts")):
            for index, item in enumerate(tree.get(key, [])):
                window, entry = _entry(item, entity, f"{key}[{index}]", problems)
                # A submission here has one window; the format gives each forecast its own.
                windows.setdefault(window, []).append(entry)
        if not model.get("short_name"):
            problems.add("model has no name", "model.short_name", model.get("short_name"), "the registered identifier")
        problems.check()
        facts = {
            name: str(value)
            for name, value in (("spase_id", model.get("spase_id")), ("mode", tree.get("mode")))
            if value
        }
        return [
            Submission(model["short_name"], issue, start, end, tuple(entries), facts)
            for (start, end), entries in sorted(windows.items())
        ]

    def write(self, submissions: Sequence[Submission]) -> dict[str, str]:
        files: dict[str, list[Submission]] = {}
        for item in submissions:
            stamp = write_time(item.issue_time).replace("-", "").replace(":", "")
            files.setdefault(f"{item.method}.{stamp}.json", []).append(item)
        return {name: _text(items) for name, items in files.items()}


def _entry(item: dict[str, Any], entity: str, place: str, problems: ProblemList) -> tuple[tuple[Any, Any], Entry]:
    window = item.get("prediction_window", {})
    times = tuple(parse_time(window.get(name), f"{place}.{name}", problems) for name in ("start_time", "end_time"))
    bins = []
    for flare in item.get("flare_probabilities", []):
        # "class_" is a bug of one emitter whose serialiser lost the alias.
        name = str(flare.get("class", flare.get("class_", "")))
        if name not in ("C", "M", "X", "C+", "M+", "X+"):
            problems.add("unknown class", f"{place}.flare_probabilities", name, "C, M, X, C+, M+ or X+")
        keys = ("probability", "uncertainty", "uncertainty_low", "uncertainty_high")
        values = [parse_number(flare.get(key), f"{place}, {name} {key}", problems) for key in keys]
        bins.append(Bin(name, values[0], values[1], values[2], values[3]))
    # Either number may stand alone, and a region may have several of other schemes.
    numbers = {str(region.get("type")): str(region.get("number")) for region in item.get("region_ids", [])}
    noaa, harp = (int(numbers[kind]) if numbers.get(kind, "").isdigit() else -1 for kind in ("NOAA", "HARP"))
    return (times[0], times[1]), Entry(entity, tuple(bins), noaa, harp)


def _text(items: Sequence[Submission]) -> str:
    first = items[0]
    spase = first.facts.get("spase_id", f"spase://CCMC/SimulationModel/{first.method}/v1")
    tree: dict[str, Any] = {
        "model": {"short_name": first.method[:16], "spase_id": spase},
        "issue_time": write_time(first.issue_time),
        "mode": first.facts.get("mode", "forecast"),
        "full_disk_forecasts": [],
        "region_forecasts": [],
    }
    for item in items:
        for entry in item.entries:
            tree[f"{entry.entity}_forecasts"].append(_forecast(entry, item.start, item.end))
    return json.dumps({"forecast_submission": tree}, indent=1) + "\n"


def _forecast(entry: Entry, start: np.datetime64, end: np.datetime64) -> dict[str, Any]:
    numbers = [("NOAA", entry.noaa_ar), ("HARP", entry.harpnum)]
    found: dict[str, Any] = {}
    if entry.entity == "region":
        found["region_ids"] = [{"type": kind, "number": str(number)} for kind, number in numbers if number > 0]
    found["prediction_window"] = {"start_time": write_time(start), "end_time": write_time(end)}
    found["flare_probabilities"] = [_probability(item) for item in entry.bins]
    return found


def _probability(item: Bin) -> dict[str, Any]:
    values = zip(("probability", "uncertainty", "uncertainty_low", "uncertainty_high"), item[1:5], strict=True)
    numbers = {name: round(value, 4) for name, value in values if not math.isnan(value)}
    # "-1" for missing, as the format has it; NaN is no JSON
    return {"class": item.name, "probability": -1, **numbers}


FORMAT = _CcmcJson()
