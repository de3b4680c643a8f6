"""Answers to what the CCMC Flare Scoreboard asks of a method at registration, as far as receipts know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["registration"]


def registration(facts: Mapping[str, Any]) -> str:
    """Answer the questions of the registration form.

    Parameters
    ----------
    facts : mapping
        ``training.json``.

    Returns
    -------
    str
        Markdown list. Who submits adds names, e-mail and institution: no receipt knows them.
    """
    name = str(facts.get("model", "sunproof"))
    windows = ", ".join(f"{window:g}" for window in facts["windows"])
    cadence = facts["blocks"].get("train", {}).get("cadence_hours")
    answers = {
        "Names, e-mail, institution": "to be added by who submits",
        "Method": name,
        # the scoreboard's short names have at most 16 characters
        "Short name": name.replace(" ", "_")[:14] + "_1",
        "Description": f"probabilities from {', '.join(facts['modalities'])}; this card",
        "Human, human with models, or model": "model, nobody in the loop",
        "Classes": f"{', '.join(f'{threshold} and above' for threshold in facts['thresholds'])} (C+, M+, X+), on the "
        f"{facts['labels'].get('goes_scale', 'unknown')} GOES scale",
        "Regions": "HARP; tied to NOAA numbers by the HARP-NOAA list, several to one HARP where they share it; "
        "position of the flux-weighted centre at the data cut-off",
        "Full disk": "1 - (1 - background) x product of (1 - P) over the listed regions"
        if "calibration" in facts
        else "1 - product of (1 - P) over the listed regions; flares from unlisted ones are missing",
        "Uncertainties": "none are issued: no lower or upper value stands for any percentile",
        "Prediction windows": f"{windows} h, nested, all from the issue time; cumulative, not day after day",
        "Calibration": "four numbers by maximum likelihood on the validation block"
        if "calibration" in facts
        else "unknown",
        "Levels low, medium, high": "none are issued",
        "Issue frequency": f"any; trained on one issue every {cadence:g} h" if cadence else "any",
    }
    return "\n".join(f"- **{question}**: {answer}." for question, answer in answers.items())
