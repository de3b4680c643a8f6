"""The catalogue of all checks: a table in the terminal, and the page docs/checks.md."""

from __future__ import annotations

from pathlib import Path

from sunproof.models.constraints.base import Check, Limits
from sunproof.models.constraints.engine import all_checks
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.receipts import replacing

__all__ = ["markdown", "show", "write"]

_FAMILIES = {
    "A": "Coherence of probabilities",
    "B": "Energy budget",
    "C": "Magnetic complexity and base rates",
    "D": "Keyword identities",
    "E": "Geometry, kinematics, inputs",
    "F": "X-rays",
    "G": "Rates, ratios, time",
    "H": "Attribution",
    "I": "Symmetry and invariance",
    "J": "Domain",
    "K": "Confidence",
    "L": "The model",
    "M": "Predictions beside flares",
}
_INTRODUCTION = """\
# Checks

Written by `sunproof checks write docs/checks.md` from the checks themselves; a test compares the two.

Every check is one statement about a forecast. Its outcome is one of

| outcome | meaning |
|---|---|
| PASS | the statement holds |
| INFO | context |
| REVIEW | outside the central part of a stated reference set, or dependent on an assumption: published with a flag |
| IMPLAUSIBLE | outside every event of a stated reference set by a margin: withheld unless a scientist overrides |
| INVALID | contradicts arithmetic, a definition or a unit: rejected |
| NOT_EVALUABLE | a prerequisite is not met; never counted as a pass |

No check says that a forecast is physically impossible, and no flag is no proof of skill: the base rate alone passes
nearly everything. The ceiling is the gravest outcome that a check may give. Limits are frozen in
`models/constraints/limits.yaml`; the digest of that file is in every certificate.

A reference set is the events behind a limit. Definitions have none (arithmetic), and only they reach INVALID without
one; checks that hold a forecast against the samples of its own model say so; the others have no reference events.

Numbers that are missing are no checks of their own: B1, the energy of a GOES class, is the mapping behind B5;
clustering of flares (G2) is in A3 and A5; persistence (G4) is C7.
"""


def show() -> int:
    """Print the table of all checks.

    Returns
    -------
    int
        0.
    """
    rows = [
        (check.id, check.statement, check.equation, check.unit or "1", check.ceiling.name, check.reference)
        for check in all_checks()
    ]
    limits = load_limits()
    show_table(
        f"Checks, limits {limits.version}", ("id", "statement", "equation", "unit", "ceiling", "reference"), rows
    )
    return 0


def write(path: str) -> int:
    """Write the page of all checks.

    Parameters
    ----------
    path : str
        Where to, usually ``docs/checks.md``.

    Returns
    -------
    int
        0.
    """
    with replacing(path) as partial:
        Path(partial).write_text(markdown(), encoding="utf-8")
    say(f"{path}: {len(all_checks())} checks")
    return 0


def markdown() -> str:
    """Return the page of all checks."""
    limits = load_limits()
    checks = all_checks()
    lines = [_INTRODUCTION, f"Limits version {limits.version}, `{limits.digest}`.", ""]
    lines += ["| id | check | ceiling |", "|---|---|---|"]
    lines += [f"| [{check.id}](#{_anchor(check)}) | {check.name} | {check.ceiling.name} |" for check in checks]
    family = ""
    for check in checks:
        if check.id[0] != family:
            family = check.id[0]
            lines += ["", f"## {family}. {_FAMILIES[family]}"]
        lines += ["", *_section(check, limits.of(check.id))]
    return "\n".join(lines) + "\n"


def _anchor(check: Check) -> str:
    return f"{check.id} {check.name}".lower().replace(" ", "-")


def _section(check: Check, limits: Limits) -> list[str]:
    size = f" (N = {check.reference_size})" if check.reference_size else ""
    values = ", ".join(f"`{name}` {value:g}" for name, value in limits.items())
    rows = {
        "equation": _cell(check.equation),
        "unit of value and limit": check.unit or "1",
        "reference": _cell(check.reference),
        "reference set": _cell(check.reference_set) + size,
        "ceiling": check.ceiling.name,
        "prerequisites": _cell(check.prerequisites),
        "reads": ", ".join(f"`{name}`" for name in check.requires),
        "limits": values or "none",
    }
    table = [f"| {name} | {text} |" for name, text in rows.items()]
    return [f"### {check.id} {check.name}", "", check.statement, "", "| | |", "|---|---|", *table]


def _cell(text: str) -> str:
    """Escape what a table cell cannot hold; the equation of a norm has bars."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
