"""The verdicts as a table to keep, and as tables to read at the end of a run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.auditing.verdict import VERDICTS
from sunproof.pipeline.console import show_table
from sunproof.pipeline.forecasting.naming import number_of_row

__all__ = ["show_summary", "unevaluated_table", "verdict_table"]

# Examples in the printed table; verdicts.csv has all.
_EXAMPLES = 8
_GRAVITY = {name: place for place, name in enumerate(("REJECT", "REVIEW", "NO_FORECAST", "ACCEPT"))}


def verdict_table(forecasts: xr.Dataset, verdicts: xr.Dataset) -> pd.DataFrame:
    """Put batch and verdicts side by side, one row a forecast.

    Returns
    -------
    pandas.DataFrame
        ``seq`` (number of the certificate), the slot, the verdict with reasons, the key of what could not be evaluated
        (see `unevaluated_table`), what is served, and the probabilities as ``p_M1.0_24h`` (forecast) and
        ``served_M1.0_24h``.
    """
    size = forecasts.sizes["forecast"]
    table: dict[str, Any] = {"seq": np.arange(1, size + 1)}
    for name in ("entity", "harpnum", "noaa_ar"):
        table[name] = forecasts[name].values
    for name in ("issue_time", "window_start"):
        table[name] = np.char.add(np.datetime_as_string(forecasts[name].values, unit="s"), "Z")
    judged = ("verdict", "codes", "suspicion", "why", "not_evaluable", "unevaluated", "decide")
    texts = (*judged, "served", "served_status", "served_reason")
    table |= {name: verdicts[name].values for name in texts}
    table["unevaluated"] = _keyed(verdicts)[0]
    for prefix, cube in (("p", forecasts["probability"].values), ("served", verdicts["served_probability"].values)):
        for row, threshold in enumerate(forecasts["threshold"].values):
            for column, window in enumerate(forecasts["window"].values):
                table[f"{prefix}_{threshold}_{window:g}h"] = cube[:, row, column]
    return pd.DataFrame(table)


def unevaluated_table(verdicts: xr.Dataset) -> pd.DataFrame:
    """Say once what could not be evaluated on any forecast, and why.

    Parameters
    ----------
    verdicts : xarray.Dataset
        As `sunproof.pipeline.auditing.verdict.judge` returns them.

    Returns
    -------
    pandas.DataFrame
        ``unevaluated``, the key that rows of `verdict_table` have, in the order of their first forecast;
        ``forecasts``, how many have it; ``checks``, how many it names; ``why``, the checks by their reason.
    """
    keys, sentences = _keyed(verdicts)
    names = [f"U{number}" for number in range(1, len(sentences) + 1)]
    counts = Counter(keys.tolist())
    sizes = {str(key): int(number) for key, number in zip(keys, verdicts["not_evaluable"].values, strict=True)}
    return pd.DataFrame(
        {
            "unevaluated": names,
            "forecasts": [counts[name] for name in names],
            "checks": [sizes[name] for name in names],
            "why": sentences,
        }
    )


def _keyed(verdicts: xr.Dataset) -> tuple[NDArray[np.object_], list[str]]:
    """Give every forecast the key of its sentences, empty where all checks could be evaluated; and the sentences."""
    texts = verdicts["unevaluated"].values
    # sixty checks and their reasons take 3 kB, and a batch of 20 000 has two hundred such texts
    keys = {text: f"U{number}" for number, text in enumerate(filter(None, dict.fromkeys(texts.tolist())), 1)}
    return np.array([keys.get(text, "") for text in texts.tolist()], dtype=object), list(keys)


def show_summary(forecasts: xr.Dataset, verdicts: xr.Dataset) -> None:
    """Print how many forecasts got which verdict, for which reasons, and the gravest examples."""
    simulated = " (SIMULATED DATA)" if forecasts.attrs.get("simulated") else ""
    verdict, codes = verdicts["verdict"].values, verdicts["codes"].values
    counts = Counter(verdict.tolist())
    size = max(len(verdict), 1)
    show_table(
        f"Verdicts{simulated}",
        ("verdict", "forecasts", "share"),
        [(name, counts[name], f"{counts[name] / size:.1%}") for name in VERDICTS if counts[name]],
    )
    reasons = Counter(code for text in codes for code in text.split(",") if code)
    if reasons:
        show_table("Reasons (a forecast may have several)", ("check", "forecasts"), reasons.most_common())
    gravity = np.array([_GRAVITY[name] for name in verdict])
    gravest = np.argsort(gravity, kind="stable")[:_EXAMPLES]
    show_table(
        f"Examples{simulated}", ("seq", "slot", "verdict", "why"), (_example(forecasts, verdicts, i) for i in gravest)
    )


def _example(forecasts: xr.Dataset, verdicts: xr.Dataset, index: int) -> tuple[str, ...]:
    harp, noaa = int(forecasts["harpnum"].values[index]), number_of_row(forecasts, index)
    region = " ".join(text for text in (f"HARP {harp}" if harp >= 0 else "", f"AR {noaa}" if noaa >= 0 else "") if text)
    time = np.datetime_as_string(forecasts["issue_time"].values[index], unit="m").replace("T", " ")
    return (
        str(index + 1),
        f"{region or 'full disk'}, {time}",
        str(verdicts["verdict"].values[index]),
        str(verdicts["why"].values[index]),
    )
