"""What a reviewer sees of a forecast: first without, then with what the machine made of it."""

from __future__ import annotations

from typing import Any

from sunproof.pipeline.auditing.report.answers import INTERVENTIONS
from sunproof.pipeline.auditing.report.figures import percent
from sunproof.pipeline.auditing.report.referee import referee_fit
from sunproof.pipeline.forecasting.naming import number_of_certificate
from sunproof.pipeline.vocabulary import VOCABULARY

__all__ = ["blind", "full", "words"]

# Told only after the first answer: the verdict and everything from which it can be read.
HIDDEN = ("verdict", "findings", "attribution", "maps", "served")
# Evidence that gives the checks' or the model's own view away.
_TELLING = (
    "attribution",
    "explanation",
    "null_",
    "twin",
    "method_agreement",
    "activity",
    "map_",
    "field_response",
    # not by their common beginning, which the issued interval has, too
    *INTERVENTIONS,
    "domain",
    "reproduction",
)
# What the vocabulary has in the place of a unit where a value is no measure.
_NO_NUMBERS = ("text", "id", "flag", "time")
_GRAVE = ("INVALID", "IMPLAUSIBLE", "REVIEW")


def blind(certificate: dict[str, Any]) -> dict[str, Any]:
    """Take the machine's verdict and its grounds out of a certificate.

    Parameters
    ----------
    certificate : dict
        As `sunproof.pipeline.auditing.chain.open_certificate` returns it.

    Returns
    -------
    dict
        Key, times, probabilities, baselines and the evidence of the observations.
    """
    kept = {name: value for name, value in certificate.items() if name not in HIDDEN}
    kept["evidence"] = {
        name: value
        for name, value in certificate["evidence"].items()
        if value not in (None, "", "-1", -1) and not name.startswith(_TELLING)
    }
    return kept


def full(certificate: dict[str, Any]) -> dict[str, Any]:
    """Give a certificate as it is."""
    return certificate


def words(packet: dict[str, Any]) -> list[str]:
    """Write a packet for the terminal, line by line; what is not in it is said to be hidden."""
    key, times, facts = packet["key"], packet["times"], packet["facts"]
    noaa = number_of_certificate(packet)
    numbers = [f"HARP {key['harpnum']}"] * (key["harpnum"] >= 0) + [f"AR {noaa}"] * (noaa >= 0)
    place = ", ".join(numbers) or "full disk"
    lines = ["SIMULATED DATA"] if facts.get("simulated") else []
    lines += [f"{place}, issued {times['issue_time']}, data until {times['data_cutoff']}", ""]
    tables = {"forecast": packet["probability"], **packet["baselines"]}
    lines.append("  ".join(["class, window".ljust(16), *(name.rjust(11) for name in tables)]))
    fit = referee_fit(packet)
    for row, threshold in enumerate(facts["thresholds"]):
        for column, hours in enumerate(facts["windows"]):
            values = (percent(table[row][column]).rjust(11) for table in tables.values())
            mark = fit.marks[row][column] if fit else ""
            told = f"  regression: {mark}" if mark else ""
            lines.append("  ".join([f"{threshold}, {hours:g} h".ljust(16), *values]) + told)
    lines += ["", "regression, the physics referee:", *(f"  {text}" for text in fit.words)] if fit else []
    lines += ["", "evidence:", *_evidence(packet["evidence"]), ""]
    if "verdict" not in packet:
        return [*lines, "The machine's verdict and its grounds are hidden until the first answer."]
    verdict = packet["verdict"]
    lines.append(f"machine: {verdict['verdict']} ({verdict['codes'] or 'no objection'}): {verdict['why']}")
    lines += [f"  {_finding(item)}" for item in packet["findings"] if item["outcome"] in _GRAVE]
    return [*lines, f"left to decide: {verdict['decide']}"]


def _finding(item: dict[str, Any]) -> str:
    numbers = f"{item['value']:.4g} against {item['limit']:.4g} {item['unit']}".rstrip()
    return f"{item['id']} {item['name']}: {item['outcome']}, {numbers}"


def _evidence(evidence: dict[str, Any]) -> list[str]:
    """One line a known quantity: its name, value and unit, and what it is."""
    lines = []
    for name, value in evidence.items():
        if value in (None, "") or isinstance(value, list):
            continue
        entry = VOCABULARY.get(name)
        unit, told = (entry.unit, entry.long_name) if entry else ("text", "")
        shown = str(value) if unit in _NO_NUMBERS else f"{float(value):.5g} {unit}"
        # two blanks: a long text is no column any more, and its meaning follows all the same
        lines.append(f"  {name.ljust(19)}  {shown.strip().ljust(20)}  {told}".rstrip())
    return lines
