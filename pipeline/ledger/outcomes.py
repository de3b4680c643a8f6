"""What came true: one signed entry a certificate, once the last of its windows has closed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sunproof.models.physics.goes_class import flux_to_class
from sunproof.pipeline.auditing.chain import certificate_lines, read_header
from sunproof.pipeline.console import say
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.ledger.batches import find_batch
from sunproof.pipeline.ledger.keys import SigningKey, read_key
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.receipts import digest_bytes, digest_file
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts

__all__ = ["record_outcomes", "show"]

# A log score of a forecast that was certain and wrong is infinite; it is told with this bound.
_SMALLEST = 1e-12
# What was counted, in words.
_TOLD = {
    "recorded": "entered",
    "known": "entered before",
    "open": "not known yet",
    "no row": "not in the samples",
}


def record_outcomes(ledger: Ledger, certificates: str | Path, samples: str | Path, key: SigningKey) -> dict[str, int]:
    """Append the outcome of every certificate whose windows have all closed and whose labels are known.

    Parameters
    ----------
    ledger : Ledger
    certificates : str or Path
        A batch that is in the ledger.
    samples : str or Path
        Labelled samples: the source of the outcomes, named by its digest and catalogue.
    key : SigningKey
        The service's.

    Returns
    -------
    dict
        How many were ``recorded`` now, were ``known`` before, are still ``open`` (a window has not closed in the
        catalogue, or the label is unknown), or have ``no row`` in the samples.

    Raises
    ------
    InputError
        If the batch is not in the ledger, or the samples cannot be read or are of another Sun.
    """
    batch = find_batch(ledger, certificates)
    header = read_header(certificates)
    rows = read_samples(Path(samples))
    _check_sun(header, rows, (str(certificates), str(samples)))
    index = _index(rows)
    source = {"digest": digest_file(samples), "catalogue": str(rows.attrs.get("catalogue", "unknown"))}
    # Entered once: a second run over the same certificates adds what has closed since.
    known = {entry["certificate"] for entry in ledger.records("outcome")}
    counts = dict.fromkeys(("recorded", "known", "open", "no row"), 0)
    with ledger.writing():
        for line, record in _records(certificates):
            digest = digest_bytes(line)
            state = "known" if digest in known else "no row" if _key(record) not in index else ""
            observed = {} if state else _observed(rows, index[_key(record)], header)
            if not state and not observed:
                state = "open"
            if not state:
                body = {"certificate": digest, "number": record["seq"], "batch": batch["head"], "source": source}
                body |= observed | _scores(record, observed["event"])
                ledger.append("outcome", body, ("certificate", digest), key)
                state = "recorded"
            counts[state] += 1
    return counts


def _check_sun(header: dict[str, Any], rows: xr.Dataset, names: tuple[str, str]) -> None:
    """Refuse outcomes of another Sun: certificates of the full disk have their time alone, and would find them."""
    suns = (bool(header.get("simulated")), bool(rows.attrs.get("simulated", 0)))
    if suns[0] != suns[1]:
        told = {name: "simulated" if sun else "real" for name, sun in zip(names, suns, strict=True)}
        todo = "Give labels of the archive that the forecasts were made from."
        raise InputError(Problem("certificates and labels of two Suns", "outcomes", told, "one Sun", todo))


def _records(certificates: str | Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    for line in certificate_lines(certificates):
        record = json.loads(line)
        if record["kind"] == "certificate":
            yield line, record


def _key(record: dict[str, Any]) -> tuple[str, str, int, int]:
    key = record["key"]
    return record["times"]["window_start"], str(key["entity"]), int(key["harpnum"]), int(key["noaa_ar"])


def _index(rows: xr.Dataset) -> dict[tuple[str, str, int, int], int]:
    starts = np.datetime_as_string(rows["window_start"].to_numpy(), unit="s")
    entities = texts(rows["entity"])
    numbers = rows["harpnum"].to_numpy(), rows["noaa_ar"].to_numpy()
    return {
        (f"{start}Z", str(entity), int(harp), int(noaa)): place
        for place, (start, entity, harp, noaa) in enumerate(zip(starts, entities, *numbers, strict=True))
    }


def _observed(rows: xr.Dataset, place: int, header: dict[str, Any]) -> dict[str, Any]:
    """Events by threshold and window, and the largest flare; nothing while any of them is unknown."""
    row = rows.isel(sample=place)
    try:
        event = row["event"].sel(threshold=header["thresholds"], window=header["windows"]).to_numpy()
    # Other thresholds or windows than the labels have: no outcome can be told.
    except KeyError:
        return {}
    # all cells or none: an outcome is entered once, and never mended
    if not np.isfinite(event).all():
        return {}
    flux = row["largest_flux"].sel(window=header["windows"]).to_numpy() if "largest_flux" in row else np.empty(0)
    names = [_class(float(value)) for value in np.atleast_1d(flux)]
    return {"event": event.astype(int).tolist(), "largest": names}


def _class(flux: float) -> str:
    return str(flux_to_class(np.array([flux]))[0]) if math.isfinite(flux) and flux > 0 else "none"


def _scores(record: dict[str, Any], event: list[list[int]]) -> dict[str, Any]:
    """Brier and log score by threshold and window; null where nothing was issued."""
    issued = [[math.nan if text is None else float(text) for text in row] for row in record["probability"]]
    pairs = [list(zip(row, came, strict=True)) for row, came in zip(issued, event, strict=True)]
    return {
        "brier": [[_text((p - came) ** 2) for p, came in row] for row in pairs],
        "log_score": [[_text(_log_score(p, came)) for p, came in row] for row in pairs],
    }


def _log_score(probability: float, event: int) -> float:
    share = probability if event else 1 - probability
    return -math.log(max(share, _SMALLEST)) if math.isfinite(probability) else math.nan


def _text(value: float) -> str | None:
    return None if math.isnan(value) else f"{value:.9g}"


def show(path: str, certificates: str, samples: str, key: str) -> int:
    """Record outcomes for the command line."""
    signer = read_key(key)
    with Ledger(path) as ledger:
        counts = record_outcomes(ledger, certificates, samples, signer)
    told = ", ".join(f"{counts[name]} {words}" for name, words in _TOLD.items())
    say(f"{path}: outcomes of {sum(counts.values())} certificates: {told}")
    return 0
