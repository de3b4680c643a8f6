"""Findings into a verdict: ACCEPT, REVIEW or REJECT, why, what is served instead, and what is left to decide."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks
from sunproof.pipeline.auditing.suspicion import levels, suspicion
from sunproof.pipeline.auditing.wording import Words

__all__ = ["FALLBACKS", "REFEREE", "VERDICTS", "coherent", "fit_to_serve", "judge"]

VERDICTS = ("ACCEPT", "REVIEW", "REJECT", "NO_FORECAST")
# What stands in for a rejected forecast, in order: variable of the batch and its label.
FALLBACKS: dict[str, str] = {
    "probability_regression": "logistic regression on the same keywords (physics referee)",
    "probability_climatology": "climatology of the prior 120 days",
}
# It reads the keywords that the forecast was made from: where a check of inputs rejected them, it is no second opinion.
REFEREE = "probability_regression"
# Families of checks that judge inputs: identities of keywords, place and age, domain.
_OF_INPUTS = ("D", "E", "J")
# What a forecast is called by, and families of checks that hold its numbers against each other (coherence, its own
# predictions beside flares): whoever passes these alone may have made the numbers up.
_TIMES = ("issue_time", "data_cutoff", "window_start")
_NAMES = frozenset(("probability", "entity", *_TIMES, "harpnum", "noaa_ar", "latitude", "longitude"))
_OF_ITSELF = ("A", "M")
# It reads no more than the date, which is enough: flares that were observed at that phase of the cycle.
_CLIMATOLOGY = "A8"
# Rounding of the last digit of a float32 probability is no incoherence of a fallback.
_ROUNDING = 1e-6

Texts = NDArray[np.object_]


def judge(forecasts: xr.Dataset, findings: xr.Dataset) -> xr.Dataset:
    """Judge every forecast of a batch.

    REJECT if any finding is INVALID or IMPLAUSIBLE; REVIEW if findings that ask for it weigh more together than what
    the forecast says can bear (see `suspicion` and `levels`), or if no check with a reference set (events of the
    observed Sun, not arithmetic), or none that holds the probability against something else that is known of this
    region and time, could be evaluated; ACCEPT otherwise, with what did not weigh enough as a remark.
    NOT_EVALUABLE never counts as a pass.

    Parameters
    ----------
    forecasts : xarray.Dataset
        The batch, as in `sunproof.pipeline.forecasting.contract`.
    findings : xarray.Dataset
        Of the same forecasts, dims (``check``, ``forecast``), as `sunproof.models.constraints.engine.evaluate` returns
        them.

    Returns
    -------
    xarray.Dataset
        Dim ``forecast``: ``verdict`` (one of `VERDICTS`), ``codes`` (ids of the checks that object, comma-separated:
        they decided, or are remarks on what is accepted), ``suspicion`` (weight of the objections in nats), ``why``
        (the same with numbers), ``not_evaluable`` (how many checks), ``unevaluated`` (which), ``decide`` (what the
        scientist has to decide), ``served``, ``served_status``, ``served_reason``; and ``served_probability`` with the
        dims of the forecast's probability, NaN where nothing can be served.
    """
    weight = suspicion(findings)
    decided = weight > levels(findings)
    words = Words(findings, decided)
    verdict = _verdicts(forecasts, findings, decided)
    # netCDF gives fixed-width texts, which would cut a longer sentence
    status_reason = forecasts["status_reason"].values.astype(object)
    served = _serve(forecasts, verdict, words.causes(verdict, status_reason), _inputs_rejected(findings))
    missing = (findings["outcome"].values == Outcome.NOT_EVALUABLE).sum(axis=0)
    texts: dict[str, Texts] = {
        "verdict": verdict,
        "codes": words.codes(verdict),
        "why": words.why(verdict, status_reason),
        "unevaluated": words.unevaluated(),
        "decide": words.decide(verdict),
    }
    result = xr.Dataset({name: ("forecast", values) for name, values in texts.items()})
    return result.assign(not_evaluable=("forecast", missing), suspicion=("forecast", weight), **served)


def _verdicts(forecasts: xr.Dataset, findings: xr.Dataset, decided: NDArray[np.bool_]) -> Texts:
    outcome = findings["outcome"].values
    gravest = outcome.max(axis=0) if len(outcome) else np.full(forecasts.sizes["forecast"], Outcome.NOT_EVALUABLE)
    # events of a simulated Sun tell nothing of the Sun
    simulated = [str(told).startswith("simulated") for told in findings["check_reference_set"].values]
    observed = (findings["reference_size"].values > 0).any(axis=1) & ~np.array(simulated, bool)
    holding = np.isin(findings["check"].values, list(_holding()))
    open_ = outcome == Outcome.NOT_EVALUABLE
    unproven = open_[observed].all(axis=0) | open_[holding].all(axis=0)
    silent = forecasts["status"].values == "NO_FORECAST"
    cases = [silent, gravest >= Outcome.IMPLAUSIBLE, decided | unproven]
    return np.select(cases, ["NO_FORECAST", "REJECT", "REVIEW"], "ACCEPT").astype(object)


@cache
def _holding() -> frozenset[str]:
    """List checks that hold the probability against something known of the region and time, or of the model."""
    return frozenset(
        check.id
        for check in all_checks()
        if check.id == _CLIMATOLOGY
        or (
            "probability" in check.requires
            and not _NAMES.issuperset(check.requires)
            and not check.id.startswith(_OF_ITSELF)
        )
    )


def fit_to_serve(fallback: str, codes: str) -> bool:
    """Whether a fallback is a second opinion on a forecast.

    Parameters
    ----------
    fallback : str
        A key of `FALLBACKS`.
    codes : str
        Checks that object to the forecast, comma-separated.

    Returns
    -------
    bool
        False for the referee where one of them judges the inputs that it reads, too.
    """
    return fallback != REFEREE or not any(code.strip().startswith(_OF_INPUTS) for code in codes.split(","))


def _inputs_rejected(findings: xr.Dataset) -> NDArray[np.bool_]:
    """Whether a check of inputs is among those that reject a forecast."""
    own = [not fit_to_serve(REFEREE, str(name)) for name in findings["check"].values]
    return np.asarray((findings["outcome"].values[own] >= Outcome.IMPLAUSIBLE).any(axis=0))


def _serve(forecasts: xr.Dataset, verdict: Texts, causes: Texts, spoilt: NDArray[np.bool_]) -> dict[str, Any]:
    """Go down the fallback chain for every forecast that is rejected or missing."""
    own = np.isin(verdict, ("ACCEPT", "REVIEW"))
    probability = np.where(own[:, None, None], forecasts["probability"].values, np.nan)
    served = np.where(own, str(forecasts.attrs.get("model", "model")), "").astype(object)
    status = np.where(own, forecasts["status"].values, "NO_FORECAST").astype(object)
    reason = np.where(own, forecasts["status_reason"].values, "").astype(object)
    waiting = ~own
    for name, label in FALLBACKS.items():
        if name not in forecasts:
            continue
        values = forecasts[name].values
        usable = waiting & coherent(values, forecasts.attrs)
        if name == REFEREE:
            usable &= ~spoilt
        probability[usable], served[usable], status[usable] = values[usable], label, "FALLBACK"
        reason[usable] = causes[usable] + f"; served instead: {label}, coherent, not audited itself"
        if name == REFEREE:
            reason[usable & _extrapolated(forecasts)] += ", extrapolated beyond its training samples"
        waiting &= ~usable
    reason[waiting] = causes[waiting] + "; nothing to serve instead: the batch holds no coherent baseline for this slot"
    dims = forecasts["probability"].dims
    texts = {"served": served, "served_status": status, "served_reason": reason}
    return {"served_probability": (dims, probability), **{name: ("forecast", text) for name, text in texts.items()}}


def _extrapolated(forecasts: xr.Dataset) -> NDArray[np.bool_]:
    """Whether the referee answers beyond what it was fitted to; where that was not kept, it is not known to."""
    if "regression_beyond" not in forecasts:
        return np.zeros(forecasts.sizes["forecast"], bool)
    return np.asarray(np.nan_to_num(forecasts["regression_beyond"].values).any(axis=(1, 2)))


def coherent(probability: NDArray[np.floating], semantics: dict[Any, Any]) -> NDArray[np.bool_]:
    """Whether a fallback is complete, within 0 to 1, and nested as the batch declares; no broken thing is served."""
    fine = np.isfinite(probability) & (probability >= 0) & (probability <= 1)
    if semantics.get("classes") == "cumulative":
        fine[:, 1:] &= np.diff(probability, axis=1) <= _ROUNDING
    if semantics.get("windows") == "nested":
        fine[:, :, 1:] &= np.diff(probability, axis=2) >= -_ROUNDING
    return np.asarray(fine.all(axis=(1, 2)))
