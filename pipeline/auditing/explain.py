"""Which forecasts are explained, and what an explanation looks like in a certificate."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.attributed import attributed
from sunproof.pipeline.auditing.config import AuditConfig, ExplainConfig
from sunproof.pipeline.auditing.jsonlines import Encoded
from sunproof.pipeline.console import say
from sunproof.pipeline.receipts import canonical

__all__ = ["choose", "explain"]


def explain(forecasts: xr.Dataset, verdicts: xr.Dataset, config: AuditConfig) -> Encoded:
    """Explain the chosen forecasts by Integrated Gradients.

    Parameters
    ----------
    forecasts, verdicts : xarray.Dataset
        The batch.
    config : AuditConfig
        ``bundle``, ``archive`` and ``explain``.

    Returns
    -------
    Encoded
        Canonical JSON a forecast: method, logit and baseline logit, completeness error, attributions (logit) by
        modality, by feature and by step of the history, by physical group and span of time beside what the logit loses
        without them; or ``status: not explained`` with the reason.
    """
    size = forecasts.sizes["forecast"]
    if not config.bundle:
        return Encoded([_silence("no model was given, only its probabilities")] * size)
    result = Encoded([_silence("not among the forecasts chosen for explanation")] * size)
    chosen = choose(forecasts, verdicts, config.explain)
    if not len(chosen):
        return result
    say(f"explaining {len(chosen)} of {size} forecasts")
    keys = forecasts.isel(forecast=chosen)
    threshold, window = _output(forecasts, config.explain)
    found = attributed(keys, config.archive, config.bundle, threshold, window)
    row, column = _place(forecasts, config.explain)
    issued = forecasts["probability"].values[chosen, row, column]
    for place, forecast in enumerate(chosen.tolist()):
        result[forecast] = canonical(found.explanation(place, issued[place])).decode()
    return result


def choose(forecasts: xr.Dataset, verdicts: xr.Dataset, config: ExplainConfig) -> NDArray[np.int64]:
    """Pick forecasts: those of highest probability, those the checks object to, and others drawn evenly.

    Returns
    -------
    ndarray of int, shape (chosen,)
        Sorted places in the batch; only regions with an issued probability, because a full-disk row is put together
        from its regions.
    """
    row, column = _place(forecasts, config)
    probability = forecasts["probability"].values[:, row, column]
    own = (forecasts["status"].values == "ISSUED") & (forecasts["entity"].values == "region")
    usable = np.flatnonzero(own & np.isfinite(probability))
    ranked = usable[np.argsort(-probability[usable], kind="stable")]
    top, rest = ranked[: config.top], ranked[config.top :]
    verdict = verdicts["verdict"].values
    grave = np.concatenate([rest[verdict[rest] == name] for name in ("REJECT", "REVIEW")])[: config.grave]
    rest = rest[~np.isin(rest, grave)]
    # explanations of the most probable and the contested alone would show one kind of forecast
    drawn = np.random.default_rng(config.seed).choice(rest, min(config.sampled, len(rest)), replace=False)
    return np.sort(np.concatenate([top, grave, drawn])).astype(np.int64)


def _place(forecasts: xr.Dataset, config: ExplainConfig) -> tuple[int, int]:
    """Place of the configured output in the batch; the last threshold or nearest window where it has no such one."""
    thresholds = [str(name) for name in forecasts["threshold"].values]
    row = thresholds.index(config.threshold) if config.threshold in thresholds else len(thresholds) - 1
    return row, int(np.abs(forecasts["window"].values - config.window).argmin())


def _output(forecasts: xr.Dataset, config: ExplainConfig) -> tuple[str, float]:
    row, column = _place(forecasts, config)
    return str(forecasts["threshold"].values[row]), float(forecasts["window"].values[column])


def _silence(reason: str) -> str:
    return canonical({"status": "not explained", "reason": reason}).decode()
