"""The model card: what a model is for, what it saw, how good it was, where it ends; written from receipts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sunproof.pipeline.training.registration import registration

__all__ = ["write_card"]

_USE = """{simulated}Probabilities of at least one flare of class {thresholds} or above within {windows} h of the issue
time, for every active region with SHARP keywords and, put together from them, for the full disk. For research and for
forecasters who look at the evidence beside each number; not for decisions without a person, not for regions beyond the
limb, and not for inputs of other instruments than those named here."""
_PROCESS = """A marked Poisson process: a rate of flares >= C1.0 and the index of a power law of peak fluxes, truncated
at what the region's magnetic energy allows. {members} member(s), seeds {seeds}; log rates and indices are averaged,
then calibrated by log rate' = {rate[0]:.3f} + {rate[1]:.3f} log rate and
log(index - 1)' = {index[0]:.3f} + {index[1]:.3f} log(index - 1)."""
_FOREIGN = """By a module that was not trained here ({model}): what it saw is not known beyond what its makers say.
The medians of its inputs, which attributions start from, are those of the block train."""
_ENDS = """It knows one part of one solar cycle: base rates differ severalfold between its minimum and maximum, and a
cycle like none before is outside. It sees photospheric summaries and past flares, not the corona. Flares from unlisted
regions enter full-disk forecasts only, at their average rate. Probabilities of classes beyond the trained thresholds
are extrapolations. A modality that is not there is masked; the forecast says so in its reason."""

Rows = Sequence[Mapping[str, Any]]


def write_card(facts: Mapping[str, Any], made: Mapping[str, Any], measured: Mapping[str, Any] | None = None) -> str:
    """Write ``card.md``.

    Parameters
    ----------
    facts : mapping
        ``training.json``: see `sunproof.pipeline.training.train.run`.
    made : mapping
        What it was made with: see `sunproof.pipeline.training.compatibility.made_here`.
    measured : mapping, optional
        ``measured.json``, what was found later: see `sunproof.pipeline.training.measured`.

    Returns
    -------
    str
        Markdown. What no receipt tells is "unknown".
    """
    parts = {
        "Intended use": _USE.format(
            simulated="**Trained on a simulated Sun; of no use for the real one.** " if facts["simulated"] else "",
            thresholds=", ".join(facts["thresholds"]),
            windows=", ".join(f"{window:g}" for window in facts["windows"]),
        ),
        "What it saw": _domain(facts),
        "On the validation block (calibrated there too, so not a test)": _validation(facts["scores"]),
        **dict(_auxiliary(facts.get("auxiliary", ()))),
        **dict(_measured(measured or {})),
        "How it decides": _decides(facts),
        "Where it ends": _ENDS,
        "Answers for the registration with the CCMC Flare Scoreboard": registration(facts),
        "Receipt": _receipt(facts, made),
    }
    return f"# Model card: {facts.get('model', 'sunproof')}\n" + "".join(
        f"\n## {title}\n\n{text}\n" for title, text in parts.items()
    )


def _domain(facts: Mapping[str, Any]) -> str:
    rows = [
        [name, block["samples"], block.get("regions", "unknown"), f"{block['first']} to {block['last']}"]
        for name, block in facts["blocks"].items()
    ]
    told = {name: facts["labels"].get(name, "unknown") for name in ("catalogue", "goes_scale", "unassigned")}
    return (
        _table(["block", "samples", "regions", "issue times"], rows)
        + f"\nInputs: {', '.join(facts['modalities'])}. Labels: {told['catalogue']}, {told['goes_scale']} GOES scale, "
        f"unassigned flares: {told['unassigned']}. No region is in two blocks."
    )


def _validation(scores: Rows) -> str:
    head = ["threshold", "window, h", "base rate in training", "in validation", "Brier skill over it", "95 % interval"]
    rows = [
        [
            row["threshold"],
            f"{row['window']:g}",
            *(_number(row[name]) for name in ("base_rate", "validation_rate", "brier_skill")),
            _ends(row.get("interval")),
        ]
        for row in scores
    ]
    return _table(head, rows) + "\nIntervals: whole regions resampled. The base rates are the registered thresholds."


def _auxiliary(found: Rows) -> Iterator[tuple[str, str]]:
    if found:
        head = ["quantity", "hours ahead", "cases", "error, dex", "of persistence", "skill over it", "95 % interval"]
        rows = [
            [
                *(row["quantity"], f"{row['lead_hours']:g}", row["cases"]),
                *(_number(row[name]) for name in ("error", "persistence", "skill")),
                _ends(row["interval"]),
            ]
            for row in found
        ]
        told = (
            "Root mean squares of log10, validation block. Of a region's quantities a case is one of its forecasts, "
            "and whole regions are resampled; of X-rays, which are the whole disk's, it is a data cut-off, and 27-day "
            "rotations are resampled. They are context, no forecast."
        )
        yield "Predicted beside flares", f"{_table(head, rows)}\n{told}"


def _measured(measured: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if found := measured.get("scores"):
        population = found["population"]
        head = ["", "threshold", "cases", "events", "BSS", "95 % interval", "AUC", "best baseline", "its BSS"]
        rows = [
            [
                *(row[name] for name in ("entity", "threshold", "cases", "events")),
                *(_number(row["bss"]), _ends(row["interval"]), _number(row["auc"])),
                *(row["baseline"], _number(row["baseline_bss"])),
            ]
            for row in found["rows"]
        ]
        yield (
            f"On the test block, {found['window']:g} h",
            f"{population['slots']} slots of {population['regions']} regions, {population['first_issue'][:10]} to "
            f"{population['last_issue'][:10]}; Brier skill over the base rate in training, rotations resampled.\n\n"
            + _table(head, rows)
            + f"\nFrom scores.json, {found['digest']}.",
        )
    if found := measured.get("challenge"):
        rows = [[row["plant"], _number(row["detection"])] for row in found["worst"]]
        yield (
            "What the audit of its forecasts sees worst",
            f"Of {found['plants']} planted faults that move its forecasts; detection of those they moved, at 5 % false "
            f"alarms.\n\n{_table(['planted fault', 'detected'], rows)}\nFrom challenge.json, {found['digest']}.",
        )


def _decides(facts: Mapping[str, Any]) -> str:
    if "calibration" not in facts:
        return _FOREIGN.format(model=facts["model"])
    seeds = ", ".join(map(str, facts["seeds"]))
    return _PROCESS.format(members=len(facts["seeds"]), seeds=seeds, **facts["calibration"])


def _receipt(facts: Mapping[str, Any], made: Mapping[str, Any]) -> str:
    rows = [
        ["code", made["code"]],
        *([f"input: {name}", digest] for name, digest in sorted(facts.get("inputs", {}).items())),
        ["limits of the checks", made["limits"]],
        *([name, version] for name, version in sorted(made["environment"].items())),
    ]
    flags = {name: facts[name] for name in ("deterministic", "threads", "seeds") if name in facts}
    return _table(["", ""], rows) + "\n" + ", ".join(f"{name}: {value}" for name, value in flags.items())


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def _number(value: float | None) -> str:
    return "unknown" if value is None or value != value else f"{value:.4f}"


def _ends(ends: Sequence[float] | None) -> str:
    return "unknown" if ends is None or None in ends else f"{ends[0]:+.3f} to {ends[1]:+.3f}"
