"""What the model answered when it was asked: what would be if, and whether its explanation means anything."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["INTERVENTIONS", "nulls", "what_if"]

INTERVENTIONS = {
    "probability_without_region": ("the region's field replaced by quiet regions of the training block", "I5"),
    "probability_elsewhere": ("the same field at another place and age, with other flares on the disk", "I10"),
    "probability_opposite": ("the magnetic field with the opposite sign everywhere", "I1"),
    "probability_turned": ("the region turned by half a circle", "I2"),
    "probability_mirrored": ("the Sun reflected from north to south, field and twist with it", "I3"),
    "probability_without_line": ("R_VALUE 0, as without an inversion line; the other keywords stay", ""),
    "probability_without_history": ("flares of the region unknown", ""),
    "probability_stale": ("its history a step older", ""),
    "probability_future": ("its history a step ahead of itself", ""),
    "probability_without_keywords": ("magnetic keywords unknown", ""),
    "probability_without_flares": ("sequences of flares unknown, of the region and of the disk", ""),
    "probability_without_summary": ("the region's summary and its flares in numbers unknown", ""),
    "probability_without_xrs": ("X-rays unknown", ""),
    "probability_without_disk": ("disk images unknown", ""),
    "probability_without_patch": ("the region's patch unknown", ""),
    "probability_without_vector": ("the vector magnetogram unknown", ""),
}
"""Evidence of interventions: what was put in the place of what, and the check that judges it, if one does."""

# Measures of an explanation: what the number is, which null it must beat, and the check that judges it.
_MEASURES = {
    "explanation_skill": ("skill of the explanation: infidelity removed, of 1", "null_skill", "H6"),
    "twin_correlation": ("rank correlation with the explanations of models with shuffled weights", "", "H5"),
    "method_agreement": ("agreement of Integrated Gradients with leaving groups out, Kendall's tau", "", "H9"),
    "activity_effect": ("change of logit as activity grows", "", "H7"),
    "attribution_error": ("part of the logit that the attribution does not account for", "", "H4"),
    "reproduction_error": ("difference in logit of the forecast made again by the audited function", "", "K5"),
}


def what_if(certificate: dict[str, Any]) -> list[dict[str, Any]]:
    """Tell what the model forecasts when something is taken away or changed.

    Parameters
    ----------
    certificate : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.

    Returns
    -------
    list of dict
        ``name``, ``output``, ``served``, ``changed``, ``difference`` (probabilities), ``check`` and its ``outcome``,
        both blank where none judges it; empty where the model was not asked.
    """
    facts, checks = certificate["facts"], {item["id"]: item for item in certificate["findings"]}
    # The middle class, as everywhere in the report.
    row = len(facts["thresholds"]) // 2
    rows = []
    for name, (words, check) in INTERVENTIONS.items():
        table = certificate["evidence"].get(name)
        changed = _number(table[row][0]) if isinstance(table, list) else math.nan
        if math.isnan(changed):
            continue
        served = float(certificate["probability"][row][0])
        rows.append(_row(words, certificate, row, served, changed, checks.get(check) if check else {}))
    response = certificate["evidence"].get("field_response")
    least = _number(response[row][0]) if isinstance(response, list) else math.nan
    if not math.isnan(least):
        odds = float(certificate["probability"][row][0])
        # The evidence is a change of logit, which a probability of 0 or 1 does not have.
        logit = math.log(odds / (1 - odds)) + least if 0 < odds < 1 else math.nan
        changed = 1 / (1 + math.exp(-logit))
        words = "the same region with a stronger field: the least increase of all that were tried"
        rows.append(_row(words, certificate, row, odds, changed, checks.get("I4")))
    return rows


def _row(
    words: str, certificate: dict[str, Any], row: int, served: float, changed: float, check: dict[str, Any] | None
) -> dict[str, Any]:
    facts = certificate["facts"]
    return {
        "name": words,
        "output": f"≥ {facts['thresholds'][row]}, {facts['windows'][0]:g} h",
        "served": served,
        "changed": changed,
        "difference": 100 * (changed - served),
        "check": f"{check['id']} {check['name']}" if check else "",
        # what no check judges is told for its own sake
        "outcome": check["outcome"] if check else "NOT_EVALUABLE" if check is None else "",
    }


def nulls(certificate: dict[str, Any]) -> list[dict[str, Any]]:
    """Tell the measures of the explanation, beside what an explanation that knows nothing reaches.

    Returns
    -------
    list of dict
        ``name``, ``value``, ``null`` (NaN where the limit of the check is the null), ``limit``, ``outcome``; empty
        where the model was not asked.
    """
    evidence = certificate["evidence"]
    checks = {item["id"]: item for item in certificate["findings"]}
    rows = []
    for name, (words, null, check) in _MEASURES.items():
        value = _number(evidence.get(name))
        if math.isnan(value):
            continue
        judged = checks.get(check)
        rows.append(
            {
                "name": words,
                "value": value,
                "null": _number(evidence.get(null)),
                "limit": judged["limit"] if judged else math.nan,
                "check": f"{judged['id']} {judged['name']}" if judged else "",
                "outcome": judged["outcome"] if judged else "INFO",
            }
        )
    return rows


def _number(text: Any) -> float:
    return math.nan if text in (None, "") or isinstance(text, list) else float(text)
