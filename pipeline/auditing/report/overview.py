"""A whole batch as the words and numbers of a page."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.examined import unexamined
from sunproof.pipeline.auditing.loading import open_netcdf
from sunproof.pipeline.auditing.report import pictures
from sunproof.pipeline.auditing.report.disk import centre_latitude, disk, places_of
from sunproof.pipeline.auditing.report.figures import percent
from sunproof.pipeline.auditing.report.story import slot_name
from sunproof.pipeline.auditing.verdict import VERDICTS
from sunproof.pipeline.forecasting.naming import number_of_row

__all__ = ["batch_page", "rank"]

_GRAVITY = {"REJECT": 0, "REVIEW": 1, "NO_FORECAST": 2, "ACCEPT": 3}
_OUTCOMES = ("INVALID", "IMPLAUSIBLE", "REVIEW", "INFO", "PASS", "NOT_EVALUABLE")
# Fewer pairs with an outcome draw noise, not reliability.
_LEAST = 50


def rank(forecasts: xr.Dataset) -> NDArray[np.int64]:
    """Order a batch by the probability of its middle class in the shortest window, largest first.

    The lowest class saturates and the highest is mostly noise. Slots without a probability come last.

    Returns
    -------
    ndarray of int, shape (forecast,)
    """
    middle = forecasts["probability"].values[:, forecasts.sizes["threshold"] // 2, 0]
    # missing ones last, whichever way numpy sorts NaN
    return np.argsort(-np.nan_to_num(middle, nan=-1.0), kind="stable")


def batch_page(
    header: dict[str, Any],
    forecasts: xr.Dataset,
    findings: xr.Dataset,
    verdicts: xr.Dataset,
    links: dict[int, str],
    config: AuditConfig,
) -> dict[str, Any]:
    """Assemble the page of a batch.

    Parameters
    ----------
    header : dict
        Of the certificates, with ``head``, the digest of their last line.
    forecasts, findings, verdicts : xarray.Dataset
        The batch.
    links : dict
        Certificate number -> file of its page.
    config : AuditConfig
        ``samples`` for the reliability, ``report.rows``.

    Returns
    -------
    dict
        Variables of ``batch.html``.
    """
    verdict = verdicts["verdict"].values
    counts = Counter(verdict.tolist())
    times = forecasts["issue_time"].values
    size = len(verdict)
    picture, note = _reliability(forecasts, config.samples)
    return {
        "facts": header,
        "simulated": header["simulated"],
        "caption": "Simulated. " if header["simulated"] else "",
        "count": size,
        "first": _minute(times.min()),
        "last": _minute(times.max()),
        "tiles": [
            {"name": name, "count": counts[name], "share": _share(counts[name], size)}
            for name in VERDICTS
            # A batch without gaps needs no tile that says so.
            if counts[name] or name != "NO_FORECAST"
        ],
        "timeline": pictures.timeline(times, verdict.tolist()),
        "disk": _latest_disk(forecasts),
        "reliability": picture,
        "reliability_note": note,
        "outcomes": _OUTCOMES,
        "checks": _checks(findings),
        "unexamined": unexamined(findings, forecasts),
        "columns": _columns(forecasts),
        "rows": _rows(forecasts, verdicts, links, config.report.rows),
        "origin": {**header["inputs"], "code": header["code"], "configuration": header["config_digest"]},
        "head": header["head"],
    }


def _share(count: int, size: int) -> str:
    """Write a part of the batch, so that a few are not none."""
    return f"{100 * count / size:.1f} %" if not count or count / size >= 0.001 else percent(count / size)


def _latest_disk(forecasts: xr.Dataset) -> str:
    """Draw the regions of the last issue time; empty where none has a place."""
    times = forecasts["issue_time"].values
    # The batch's picture has no region of its own.
    places = [replace(place, own=False) for place in places_of(forecasts, int(np.argmax(times)))]
    middle = str(forecasts["threshold"].values[forecasts.sizes["threshold"] // 2])
    return disk(places, centre_latitude(times.max()), middle, float(forecasts["window"].values[0]))


def _minute(time: np.datetime64) -> str:
    return str(np.datetime_as_string(time, unit="m")).replace("T", " ")


def _checks(findings: xr.Dataset) -> list[dict[str, Any]]:
    outcome = findings["outcome"].values
    return [
        {
            "id": str(findings["check"].values[index]),
            "name": str(findings["check_name"].values[index]),
            "counts": [int((outcome[index] == Outcome[name]).sum()) for name in _OUTCOMES],
        }
        for index in range(findings.sizes["check"])
    ]


def _columns(forecasts: xr.Dataset) -> list[str]:
    return [f"{threshold}, {forecasts['window'].values[0]:g} h" for threshold in forecasts["threshold"].values]


def _rows(forecasts: xr.Dataset, verdicts: xr.Dataset, links: dict[int, str], limit: int) -> list[dict[str, Any]]:
    verdict = verdicts["verdict"].values
    ranked = rank(forecasts)
    # stable, so that each verdict stays in order of probability
    order = ranked[np.argsort([_GRAVITY[name] for name in verdict[ranked]], kind="stable")][:limit]
    return [
        {
            "seq": index + 1,
            "slot": slot_name(
                {"harpnum": int(forecasts["harpnum"].values[index]), "noaa_ar": number_of_row(forecasts, index)}
            ),
            "issued": _minute(forecasts["issue_time"].values[index]),
            "verdict": verdict[index],
            "gravity": _GRAVITY[verdict[index]],
            "probabilities": forecasts["probability"].values[index, :, 0].tolist(),
            "codes": verdicts["codes"].values[index].replace(",", ", "),
            "served": verdicts["served"].values[index] or "nothing",
            "page": links.get(index + 1, ""),
        }
        for index in order.tolist()
    ]


def _reliability(forecasts: xr.Dataset, path: str) -> tuple[str, str]:
    """Picture and caption; without outcomes only the sentence that says so."""
    if not path:
        return "", "No labelled samples were given, so whether the probabilities came true is not known here."
    samples = open_netcdf(path)
    threshold, window = _common(forecasts, samples)
    if not threshold:
        return "", f"The samples share no threshold and window with the forecasts: {list(samples['threshold'].values)}."
    event = _outcomes(forecasts, samples["event"].sel(threshold=threshold, window=window).values, samples)
    probability = forecasts["probability"].sel(threshold=threshold, window=window).values
    known = int((np.isfinite(event) & np.isfinite(probability)).sum())
    if known < _LEAST:
        return "", f"Only {known} forecasts have a known outcome; {_LEAST} are needed to draw a reliability."
    name = f"≥ {threshold} in {window:g} h"
    picture = pictures.reliability(probability, event, name)
    events = int(np.nansum(event))
    text = f"{known} forecasts of {name} with {events} events; bars: 95 % of what perfect forecasts would show."
    return picture, text


def _common(forecasts: xr.Dataset, samples: xr.Dataset) -> tuple[str, float]:
    """Middle threshold and shortest window that forecasts and samples share."""
    thresholds = [name for name in forecasts["threshold"].values if name in set(samples["threshold"].values)]
    windows = [hours for hours in forecasts["window"].values if hours in set(samples["window"].values)]
    return (str(thresholds[len(thresholds) // 2]), float(windows[0])) if thresholds and windows else ("", 0.0)


def _outcomes(forecasts: xr.Dataset, event: NDArray[np.floating], samples: xr.Dataset) -> NDArray[np.floating]:
    """Outcome of every forecast whose slot is among the samples, NaN for the others."""
    # where labels begin decides which flares count; issue times of another latency would meet other windows
    keys = ["harpnum", "entity", "window_start"]
    names = keys if "window_start" in samples else ["harpnum", "entity", "issue_time"]
    known = pd.DataFrame({name: samples[name].values for name in names} | {"event": event}).drop_duplicates(names)
    slots = pd.DataFrame({name: forecasts[name].values for name in names})
    return slots.merge(known, on=names, how="left")["event"].to_numpy(float)
