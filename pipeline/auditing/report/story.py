"""One certificate and what surrounds it, as the words and numbers of a page."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.physics.goes_class import flux_to_class
from sunproof.pipeline.auditing.examined import OF_MODELS
from sunproof.pipeline.auditing.report import pictures
from sunproof.pipeline.auditing.report.answers import nulls, what_if
from sunproof.pipeline.auditing.report.demands import demands, energies
from sunproof.pipeline.auditing.report.figures import number
from sunproof.pipeline.auditing.report.methods import bar, two_methods
from sunproof.pipeline.auditing.report.referee import EXTRAPOLATED, extrapolates, referee_fit
from sunproof.pipeline.auditing.report.surroundings import Surroundings
from sunproof.pipeline.auditing.verdict import FALLBACKS, REFEREE
from sunproof.pipeline.forecasting.naming import number_of_certificate
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY

__all__ = ["forecast_page", "slot_name"]

# Column heads of the baselines, in order.
_BASELINES = {
    "regression": "referee",
    "wheatland": "statistics",
    "climatology": "climatology",
    "persistence": "persistence",
}
# Evidence shown as facts, in this order; keywords have their own table.
_FACTS = (
    "mcintosh", "hale", "srs_area", "spot_count", "latitude", "longitude", "flares_24h", "largest_24h",
    "history_events", "xrs_background", "input_age", "nan_fraction", "quality",
)  # fmt: skip
_NAMES = {
    "mcintosh": "McIntosh class",
    "hale": "Hale class",
    "srs_area": "sunspot area",
    "spot_count": "spots",
    "flares_24h": "flares ≥ C1.0 in 24 h",
    "largest_24h": "largest of these",
    "history_events": "flares ever listed",
    "xrs_background": "X-ray background",
    "input_age": "age of the input",
    "nan_fraction": "missing inputs",
    "quality": "flaws noted by HMI (QUALITY, 0: none)",
}
_DISK = "Full disk"
_GRAVE = ("INVALID", "IMPLAUSIBLE", "REVIEW")
# Bars of single features shown; the certificate has all.
_FEATURES = 10


def slot_name(key: dict[str, Any]) -> str:
    """Name what a forecast is for: HARP and NOAA region, or the full disk."""
    parts = [f"HARP {key['harpnum']}"] if key["harpnum"] >= 0 else []
    parts += [f"AR {key['noaa_ar']}"] if key["noaa_ar"] >= 0 else []
    return " · ".join(parts) or _DISK


def forecast_page(
    certificate: dict[str, Any],
    around: Surroundings,
    maps: dict[str, str] | None = None,
    looks: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Assemble the page of one forecast.

    Parameters
    ----------
    certificate : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.
    around : Surroundings
        The hours before its data cut-off.
    maps : dict, optional
        Pictures ``disk`` and ``frames``.
    looks : dict, optional
        As `sunproof.pipeline.auditing.report.looks.looks` gives it.

    Returns
    -------
    dict
        Variables of ``forecast.html``.
    """
    facts, times = certificate["facts"], certificate["times"]
    name = slot_name({**certificate["key"], "noaa_ar": number_of_certificate(certificate)})
    attribution, disk = certificate["attribution"], name == _DISK
    return {
        **certificate,
        "title": name,
        "simulated": facts["simulated"],
        "caption": "Simulated. " if facts["simulated"] else "",
        "issued": _time(times["issue_time"]),
        "cutoff": _time(times["data_cutoff"]),
        "start": _time(times["window_start"]),
        "window": f"{facts['windows'][0]:g}",
        "reasons": _reasons(certificate),
        "served": _served(certificate),
        "around": around,
        "keywords": _keywords(certificate["evidence"], around),
        "evidence": _evidence(certificate["evidence"], disk),
        "full_disk": disk,
        "demands": demands(certificate),
        **_claims(certificate),
        **_findings(certificate["findings"]),
        # the model is examined on regions: a page of another slot cannot tell whether it was
        "unexamined": [] if disk or certificate["status"] == "NO_FORECAST" else _unexamined(certificate["findings"]),
        **_bars(attribution),
        **two_methods(attribution),
        "what_if": what_if(certificate),
        "nulls": nulls(certificate),
        "pictures": {"disk": "", "frames": ""} | (maps or {}) | _pictures(certificate, around),
        "looks": looks,
        "record": _record(certificate),
    }


def _time(text: str) -> str:
    return text.replace("T", " ").removesuffix(":00Z")


def _reasons(certificate: dict[str, Any]) -> list[str]:
    """One line a finding that speaks against the forecast; else the verdict's own words."""
    against = _findings(certificate["findings"])["against"]
    if certificate["verdict"]["verdict"] not in ("REJECT", "REVIEW") or not against:
        return [certificate["verdict"]["why"]]
    return [f"{item['id']} {item['name']}: {item['reason'] or item['statement']}" for item in against]


def _served(certificate: dict[str, Any]) -> str:
    served = certificate["served"]
    # A forecast that is a fallback itself was audited; one that stands in for a withheld one was not.
    if served["status"] == "FALLBACK" and certificate["status"] != "FALLBACK":
        first = certificate["facts"]["thresholds"][len(served["probability"]) // 2]
        value = float(served["probability"][len(served["probability"]) // 2][0])
        share = f"{100 * value:.2g} % for {first}"
        # the referee's own sentences stand beside its numbers
        doubt = " It extrapolates here." if served["by"] == FALLBACKS[REFEREE] and extrapolates(certificate) else ""
        return f"Instead, labelled as fallback: {served['by']}; {share}. It was not audited itself.{doubt}"
    if served["status"] == "NO_FORECAST":
        return f"Nothing. {served['reason']}."
    return f"The forecast itself, by {served['by']}" + (f"; {served['reason']}." if served["reason"] else ".")


def _claims(certificate: dict[str, Any]) -> dict[str, Any]:
    facts, baselines = certificate["facts"], certificate["baselines"]
    ordered = [name for name in _BASELINES if name in baselines]
    tables = [certificate["probability"], *(baselines[name] for name in ordered)]
    sign = "≥ " if facts["forecasts"]["classes"] == "cumulative" else ""
    low, high = (certificate["evidence"].get(f"confidence_{name}") for name in ("low", "high"))
    fit = referee_fit(certificate)
    place = ordered.index("regression") + 1 if fit else -1
    rows = [
        {
            "name": f"{sign}{threshold}, {window:g} h",
            "probabilities": [table[row][column] for table in tables],
            # beside the referee's number alone
            "marks": [fit.marks[row][column] if fit and at == place else "" for at in range(len(tables))],
            "interval": _interval(low, high, row, column),
        }
        for row, threshold in enumerate(facts["thresholds"])
        for column, window in enumerate(facts["windows"])
    ]
    return {
        "sources": ["forecast", *(_BASELINES[name] for name in ordered)],
        "claims": rows,
        "referee": fit.words if fit else [],
    }


def _interval(low: Any, high: Any, row: int, column: int) -> tuple[float, float] | None:
    """Venn-Abers interval of one output; None where there is none."""
    if not (isinstance(low, list) and isinstance(high, list)):
        return None
    ends = _number(low[row][column]), _number(high[row][column])
    return None if math.isnan(ends[0]) else ends


def _findings(findings: list[dict[str, Any]]) -> dict[str, Any]:
    against = sorted((f for f in findings if f["outcome"] in _GRAVE), key=lambda f: _GRAVE.index(f["outcome"]))
    return {
        "total": len(findings),
        "against": against,
        "passed": [f for f in findings if f["outcome"] in ("PASS", "INFO")],
        "missing": [f for f in findings if f["outcome"] == "NOT_EVALUABLE"],
    }


def _unexamined(findings: list[dict[str, Any]]) -> list[str]:
    return [
        f"{f['id']} {f['name']}: {f['reason']}"
        for f in findings
        if f["outcome"] == "NOT_EVALUABLE" and f["id"].startswith(OF_MODELS)
    ]


def _keywords(evidence: dict[str, Any], around: Surroundings) -> list[dict[str, Any]]:
    rows = []
    for name in SHARP_KEYWORDS:
        series = around.keywords.get(name, np.empty(0))
        known = series[np.isfinite(series)]
        latest = _number(evidence.get(name))
        if math.isnan(latest) and not len(known):
            continue
        rows.append(
            {
                "name": name.upper(),
                "long_name": VOCABULARY[name].long_name,
                "unit": VOCABULARY[name].unit,
                "latest": latest if not math.isnan(latest) else float(known[-1]),
                "change": _change(known),
                "spark": pictures.sparkline(series, f"{VOCABULARY[name].long_name}, {len(known)} records"),
            }
        )
    return rows


def _change(known: NDArray[np.floating]) -> str:
    """Tell how a series changed from its first to its last value; large changes as a factor."""
    # A change from 0 has no ratio.
    if len(known) < 2 or not known[0]:
        return ""
    ratio = float(known[-1] / known[0])
    # The sign of the first value, so that a negative number that grows towards 0 rises.
    return f"× {number(ratio)}" if abs(ratio) > 10 else f"{100 * (ratio - 1) * np.sign(known[0]):+.0f} %"


def _evidence(evidence: dict[str, Any], disk: bool) -> list[dict[str, str]]:
    facts = []
    for name in _FACTS:
        value = evidence.get(name)
        # keywords of the whole disk do not exist, so they are not missing
        # Facts of absence are written in several ways: by files, by texts, by numbers of regions.
        if value in (None, "", "-1", -1) or (disk and name == "nan_fraction"):
            continue
        unit = VOCABULARY[name].unit if name in VOCABULARY else ""
        shown = str(value) if unit in ("text", "flag", "id") else _with_unit(float(value), unit, name)
        facts.append({"name": _NAMES.get(name, name), "value": shown})
    return facts


def _with_unit(value: float, unit: str, name: str) -> str:
    if unit == "W m-2":
        return str(flux_to_class(np.array([value]))[0]) if value > 0 else "none"
    if name == "nan_fraction":
        return f"{100 * value:.3g} %"
    if unit == "h" and value < 1:
        return f"{60 * value:.2g} min"
    unit = "millionths" if unit == "1e-06" else "°" if unit == "deg" else unit
    return f"{value:.4g} {unit}".rstrip()


def _bars(attribution: dict[str, Any]) -> dict[str, Any]:
    if attribution["status"] == "not explained":
        return {"by_modality": [], "by_feature": []}
    features = {
        f"{name}: {feature}": float(value)
        for name, parts in attribution["features"].items()
        for feature, value in parts.items()
    }
    largest = dict(sorted(features.items(), key=lambda item: -abs(item[1]))[:_FEATURES])
    modalities = {name: float(value) for name, value in attribution["modalities"].items()}
    return {"by_modality": _scaled(modalities), "by_feature": _scaled(largest)}


def _scaled(values: dict[str, float]) -> list[dict[str, Any]]:
    """Bars from the middle of a track: left edge and width in per cent of the track."""
    largest = max(map(abs, values.values()), default=0.0)
    return [{"name": name, "value": value, **bar(value, largest)} for name, value in values.items()]


def _pictures(certificate: dict[str, Any], around: Surroundings) -> dict[str, str]:
    facts, attribution = certificate["facts"], certificate["attribution"]
    sources = {"forecast": [row[0] for row in certificate["probability"]]}
    for name, head in _BASELINES.items():
        if name in certificate["baselines"]:
            sources[head] = [row[0] for row in certificate["baselines"][name]]
    needed, available = energies(certificate)
    fit = referee_fit(certificate)
    hollow = {_BASELINES["regression"]: [row[0] == EXTRAPOLATED for row in fit.marks]} if fit else {}
    drawn = pictures.claim(facts["thresholds"], sources, hollow)
    found = dict.fromkeys(("energy", "xray", "lags"), "") | {"claim": drawn}
    if available is not None:
        found["energy"] = pictures.energy(needed, available)
    if around.xray or around.flares:
        found["xray"] = pictures.xray(around.xray_hours, around.xray, around.flares)
    if attribution["status"] != "not explained" and attribution["steps"]:
        steps = {name: [float(value) for value in values] for name, values in attribution["steps"].items()}
        found["lags"] = pictures.lags(steps, float(attribution["step_hours"]))
    return found


def _number(text: Any) -> float:
    return math.nan if text in (None, "") else float(text)


def _record(certificate: dict[str, Any]) -> str:
    """Show the certificate as JSON to read; the canonical line is in certificates.jsonl."""
    # The facts of the batch are the header's, and the digest is of the line that is not shown.
    shown = {name: value for name, value in certificate.items() if name not in ("facts", "digest")}
    shown["findings"] = {
        item["id"]: {name: item[name] for name in ("outcome", "value", "limit", "reason", "reference_size")}
        for item in certificate["findings"]
    }
    return json.dumps(shown, indent=1, ensure_ascii=False, sort_keys=True)
