"""``sunproof card``: what was measured of a model after its training, into a new bundle with a new card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sunproof.pipeline import console, receipts
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.training.card import write_card
from sunproof.pipeline.training.config import CardConfig

__all__ = ["run"]

# Plants named on the card: those that the audit sees worst.
_WORST = 8


def run(config: CardConfig) -> Path:
    """Write the bundle again with ``measured.json`` and its card; the old one keeps its digest and stays as it is.

    Parameters
    ----------
    config : CardConfig

    Returns
    -------
    Path
        The new bundle.

    Raises
    ------
    InputError
        If a file is missing, or is not what it should be.
    """
    measured: dict[str, Any] = {}
    inputs = {"bundle": receipts.digest_tree(config.bundle)}
    for name, path, reader in (("scores", config.scores, _scores), ("challenge", config.challenge, _challenge)):
        if path is not None:
            inputs[name] = receipts.digest_file(path) if path.is_file() else ""
            measured[name] = {**_extract(path, reader), "digest": inputs[name]}
    facts, made = _json(config.bundle / "training.json"), _json(config.bundle / "model.json").get("made")
    if made is None:
        todo = "Train the model again."
        raise InputError(Problem("an old bundle without its surroundings", str(config.bundle), todo=todo))
    # a challenge of another model would be told of this one
    if config.challenge and (asked := measured["challenge"].pop("bundle")) != inputs["bundle"]:
        todo = "Give the bundle that was challenged, with `scores` and `challenge` together."
        raise InputError(Problem("a challenge of another model", str(config.challenge), asked, inputs["bundle"], todo))
    with receipts.replacing(config.output) as partial:
        shutil.copytree(config.bundle, partial)
        (partial / "measured.json").write_bytes(receipts.canonical(measured) + b"\n")
        (partial / "card.md").write_text(write_card(facts, made, measured), encoding="utf-8")
    receipts.write_receipt(config.output, "card", config.model_dump(mode="json"), inputs)
    console.say(f"{config.output / 'card.md'}: written, with {', '.join(measured) or 'nothing measured'}")
    return config.output


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            Problem("no such file", str(path), todo="Run `sunproof evaluate` or `sunproof challenge` first.")
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(Problem("not readable as JSON", str(path), str(error), "UTF-8 JSON")) from error


def _extract(path: Path, reader: Any) -> dict[str, Any]:
    tree = _json(path)
    try:
        found: dict[str, Any] = reader(tree)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        wanted = "scores.json of `sunproof evaluate`, challenge.json of `sunproof challenge`"
        raise InputError(Problem("not what was expected", str(path), repr(error), wanted)) from error
    return found


def _scores(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Take the model's row of every population in the first window, beside the best baseline."""
    window = min(row["window"] for row in tree["scores"])
    cells: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in tree["scores"]:
        if row["window"] == window and row["subset"] == "all" and row["bss"] is not None:
            cells.setdefault((row["entity"], row["threshold"]), []).append(row)
    rows = []
    # regions before the full disk, C before X
    for (entity, threshold), found in sorted(cells.items(), key=lambda cell: (cell[0][0] != "region", cell[0][1])):
        own = next((row for row in found if row["forecaster"] == "model"), None)
        if own is None:
            continue
        best = max((row for row in found if row is not own), key=lambda row: row["bss"], default=None)
        ends = own["intervals"]["bss"]["rotation"]
        rows.append(
            {
                **{name: own[name] for name in ("cases", "events", "bss", "auc")},
                "entity": entity.replace("_", " "),
                "threshold": threshold,
                "interval": [ends["low"], ends["high"]],
                "baseline": tree["titles"][best["forecaster"]] if best else "none",
                "baseline_bss": best["bss"] if best else None,
            }
        )
    return {"window": window, "population": tree["population"], "rows": rows}


def _challenge(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Take the potent plants that the audit sees worst, by the rule of 5 % false alarms."""
    rows = sorted((float(row["at_5"]["value"]), str(row["plant"])) for row in tree["rows"] if row["potent"])
    worst = [{"plant": plant, "detection": detection} for detection, plant in rows[:_WORST]]
    return {"bundle": str(tree["bundle"]), "plants": len(rows), "worst": worst}
