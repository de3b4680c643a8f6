"""``sunproof evaluate``: forecasts beside baselines, with intervals, into tables and plots."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline import console, receipts
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.forecasting.contract import check_forecasts
from sunproof.pipeline.registry import members
from sunproof.pipeline.verification.bootstrap import Interval
from sunproof.pipeline.verification.cases import Cases
from sunproof.pipeline.verification.config import EvaluateConfig
from sunproof.pipeline.verification.knowledge import load_cases
from sunproof.pipeline.verification.matching import Match, match
from sunproof.pipeline.verification.scorecard import compare, score, uncertainty
from sunproof.pipeline.verification.scores import pair, ranked_probability_score
from sunproof.pipeline.verification.subsets import blocks_of, subsets, training_rates

__all__ = ["Evaluation", "evaluate", "run"]

Array = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything that was measured.

    Parameters
    ----------
    population : dict
        What was scored and what was left out, and why.
    titles : dict
        Forecaster -> how tables call it; ``model`` first.
    scores, comparisons, ranked : list of dict
        One row a (entity, subset, threshold, window, forecaster); the model against each baseline; RPS over thresholds.
    cases : Cases
        The scored slots.
    probabilities : dict
        Forecaster -> probabilities, shape (case, threshold, window).
    rates : dict
        Entity -> training base rates, shape (threshold, window).
    """

    population: Row
    titles: dict[str, str]
    scores: list[Row]
    comparisons: list[Row]
    ranked: list[Row]
    cases: Cases
    probabilities: dict[str, Array]
    rates: dict[str, Array]

    def as_json(self) -> dict[str, Any]:
        """Plain values; undefined numbers are null."""
        return {
            "population": _plain(self.population),
            "titles": self.titles,
            "scores": _plain(self.scores),
            "comparisons": _plain(self.comparisons),
            "ranked_probability_scores": _plain(self.ranked),
        }


def evaluate(forecasts: xr.Dataset, samples: xr.Dataset, config: EvaluateConfig) -> Evaluation:
    """Score forecasts beside every baseline.

    Parameters
    ----------
    forecasts, samples : xarray.Dataset
        As in docs/architecture.md.
    config : EvaluateConfig

    Returns
    -------
    Evaluation

    Raises
    ------
    InputError
        If forecasts and samples do not belong together, or nothing is left to score.
    """
    where = str(config.forecasts)
    matched = match(check_forecasts(forecasts, where), samples, where)
    history = load_cases(samples, config.archive, config.inputs)
    wanted = np.isin(history.block[matched.sample], config.blocks)
    full = _observed(history)[matched.sample] >= config.min_history
    kept = wanted & full
    if not kept.any():
        got = f"{len(kept)} matched slots, {int(wanted.sum())} in the blocks, {int(kept.sum())} with enough history"
        raise InputError(Problem("nothing to score", where, got, f"slots of {', '.join(config.blocks)}"))
    # baselines learn from the samples' training block; the forecasts' own blocks are only scored
    cases = history.pick(matched.sample[kept])
    values = forecasts["probability"].transpose("forecast", "threshold", "window").to_numpy()
    baselines = members("sunproof.pipeline.verification.baselines", "BASELINE")
    titles = {"model": str(forecasts.attrs.get("model", "model"))}
    probabilities = {"model": values[matched.forecast[kept]].astype(float)}
    for name, baseline in baselines.items():
        console.say(f"fitting {baseline.title}")
        titles[name] = baseline.title
        probabilities[name] = baseline.fit(history).predict(cases)
    # of training, not of what is scored: skill over the test block's own rate would know its future
    rates = {str(name): training_rates(history, str(name)) for name in np.unique(cases.entity)}
    found = Evaluation({}, titles, [], [], [], cases, probabilities, rates)
    # the full disk flares far more often than a region: pooled, knowing the kind of row would be skill
    for entity in rates:
        _score_entity(found, entity, config)
    found.population.update(_population(found, matched, wanted, full, forecasts))
    return found


def run(config: EvaluateConfig) -> None:
    """Score forecasts, write ``scores.json``, ``scores.md`` and plots, print the headline table.

    Raises
    ------
    InputError
        If files are missing, or do not belong together.
    """
    from sunproof.pipeline.verification.plots import plot
    from sunproof.pipeline.verification.report import headline, markdown

    samples, forecasts = _read(config.samples, "samples", "label"), _read(config.forecasts, "forecasts", "forecast")
    found = evaluate(forecasts, samples, config)
    with receipts.replacing(config.output) as partial:
        partial.mkdir()
        # allow_nan=False: NaN is no JSON, and most readers refuse it
        text = json.dumps(found.as_json(), indent=1, sort_keys=True, allow_nan=False)
        (partial / "scores.json").write_text(text + "\n", encoding="utf-8")
        (partial / "scores.md").write_text(markdown(found), encoding="utf-8")
        plot(found, partial)
    inputs = {"forecasts": receipts.digest_file(config.forecasts), "samples": receipts.digest_file(config.samples)}
    if config.archive is not None:
        inputs["archive"] = receipts.digest_tree(config.archive)
    receipts.write_receipt(config.output, "evaluate", config.model_dump(mode="json"), inputs)
    for table in headline(found):
        console.show_table(*table)
    console.say(f"scores: {config.output / 'scores.md'}")


def _read(path: Path, kind: str, command: str) -> xr.Dataset:
    try:
        return xr.load_dataset(path, engine="h5netcdf")
    except FileNotFoundError as error:
        raise InputError(Problem(f"no such {kind}", str(path), todo=f"Run `sunproof {command}` first.")) from error
    except (OSError, ValueError) as error:
        raise InputError(Problem("not readable as netCDF", str(path), str(error), f"a {kind} file")) from error


def _observed(history: Cases) -> Array:
    """Observed fraction of the keyword history; 1 for the full disk, which has none, and without an archive."""
    values = history.inputs.get("keywords")
    if values is None:
        return np.ones(len(history))
    # a record counts when any of its keywords is there: single keywords may be missing by nature
    fraction = np.isfinite(values).any(axis=2).mean(axis=1)
    return np.where(history.entity == "full_disk", 1.0, fraction)


def _score_entity(found: Evaluation, entity: str, config: EvaluateConfig) -> None:
    rows = found.cases.entity == entity
    cases = found.cases.pick(rows)
    probabilities = {name: values[rows] for name, values in found.probabilities.items()}
    for window, hours in enumerate(cases.windows):
        for threshold, name in enumerate(cases.thresholds):
            for subset, part in subsets(cases, name, config.per_year, config.first_flare):
                where = {"entity": entity, "subset": subset, "threshold": name, "window": hours}
                cell = {key: values[part, threshold, window] for key, values in probabilities.items()}
                rate = float(found.rates[entity][threshold, window])
                _score_cell(found, where, cell, cases.pick(part), (threshold, window), rate, config)
        for key, values in probabilities.items():
            rps = ranked_probability_score(values[:, :, window], cases.event[:, :, window])
            found.ranked.append({"entity": entity, "window": hours, "forecaster": key, "rps": rps})


def _score_cell(
    found: Evaluation,
    where: Row,
    cell: dict[str, Array],
    cases: Cases,
    place: tuple[int, int],
    rate: float,
    config: EvaluateConfig,
) -> None:
    """Score every forecaster where the model has a forecast, and compare the model with each baseline."""
    event = cases.event[:, place[0], place[1]]
    ours = pair(cell["model"], event)
    setting = config.bootstrap
    for name, values in cell.items():
        # each baseline on the model's own rows: one that is scored on easier slots is no comparison
        both = pair(np.where(ours.kept, values, np.nan), event)
        if not len(both.event):
            continue
        references = {str(kind): cell[kind][both.kept] for kind in ("climatology", "persistence") if kind in cell}
        row: Row = {**where, "forecaster": name, "unlabelled": both.unlabelled, "unforecast": both.unforecast}
        row |= score(both.probability, both.event, rate, references)
        # a single year holds too few events for an interval that says something
        if where["subset"] in ("all", "first flare"):
            blocks = blocks_of(cases.pick(both.kept), setting)
            row["intervals"] = uncertainty(both.probability, both.event, rate, blocks, setting.level)
            if name != "model":
                model = cell["model"][both.kept]
                against = compare(model, both.probability, both.event, rate, blocks, setting.level)
                found.comparisons.append({**where, "baseline": name, "cases": len(both.event), "difference": against})
        found.scores.append(row)


def _population(
    found: Evaluation, matched: Match, wanted: NDArray[np.bool_], full: NDArray[np.bool_], forecasts: xr.Dataset
) -> Row:
    """State what was scored and what was not."""
    times = found.cases.issue_time
    return {
        "slots": len(found.cases),
        "first_issue": str(times.min()),
        "last_issue": str(times.max()),
        "forecasts_without_a_sample": matched.unlabelled,
        "no_forecast": matched.silent,
        "outside_the_blocks": int((~wanted).sum()),
        "short_history": int((wanted & ~full).sum()),
        "regions": len(np.unique(found.cases.region[found.cases.entity == "region"])),
        "negatives": "every slot with a known label and no flare at or above the threshold in the window, quiet or not",
        "simulated": int(forecasts.attrs.get("simulated", 0)),
    }


def _plain(value: Any) -> Any:
    """Make values that JSON knows; NaN becomes null."""
    if isinstance(value, Interval):
        return {"value": _plain(value.value), "low": _plain(value.low), "high": _plain(value.high)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
