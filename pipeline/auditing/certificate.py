"""Certificates: one canonical JSON line a slot, failures included, each carrying the digest of the line before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.columns import columns_of, shared_of
from sunproof.pipeline.auditing.jsonlines import Encoded, lines_of
from sunproof.pipeline.receipts import canonical, digest_bytes, replacing

__all__ = ["SCHEMA", "write_certificates"]

SCHEMA = "sunproof-certificate/1"
_KEY = ("entity", "harpnum", "noaa_ar", "noaa_ars")
_TIMES = ("issue_time", "data_cutoff", "window_start")
_STATUS = ("status", "status_reason")
_BASELINES = ("probability_regression", "probability_wheatland", "probability_climatology", "probability_persistence")


def write_certificates(
    path: str | Path,
    forecasts: xr.Dataset,
    findings: xr.Dataset,
    verdicts: xr.Dataset,
    attribution: Encoded,
    facts: Mapping[str, Any],
    maps: Encoded | None = None,
) -> str:
    """Write the certificates of a batch.

    The first line is the header: what all certificates share (digests of code, configuration, inputs, model and limits;
    declared semantics; the checks with statement, equation, source and reference set). The last line closes the chain
    with the count. Every line carries the SHA-256 of the bytes of the line before, so that altering, deleting or
    moving one breaks the chain (`sunproof.pipeline.auditing.chain`). Nothing in it depends on when it was written: the
    same batch gives the same bytes.

    Parameters
    ----------
    path : str or Path
        The file; it appears whole or not at all.
    forecasts, findings, verdicts : xarray.Dataset
        Of the same forecasts, in the same order.
    attribution : Encoded
        Canonical JSON a forecast: the explanation with its completeness error, or why there is none.
    facts : mapping
        For the header: ``code``, ``config``, ``inputs`` (name -> digest), ``simulated`` and whatever else identifies
        the run.
    maps : Encoded, optional
        Canonical JSON a forecast: what is kept of its maps (`sunproof.pipeline.auditing.maps.told`).

    Returns
    -------
    str
        Digest of the last line: who keeps it can tell if the file was rewritten as a whole.
    """
    header = canonical(_header(forecasts, findings, facts))
    header_digest = digest_bytes(header)
    size = forecasts.sizes["forecast"]
    tree = _tree(forecasts, findings, verdicts, attribution, header_digest)
    if maps is not None:
        tree["maps"] = maps
    with replacing(path) as partial, partial.open("wb") as stream:
        stream.write(header + b"\n")
        previous = header_digest
        for text in lines_of(tree, size, exact="probability"):
            # known once the line before is written; till then a character that JSON escapes keeps its place
            line = text.replace("\x01", f'"{previous}"').encode()
            stream.write(line + b"\n")
            previous = "sha256:" + hashlib.sha256(line).hexdigest()
        # the closing line tells a chain that ended from one that was cut
        closing = canonical({"kind": "end", "count": size, "header": header_digest, "prev": previous, "seq": size + 1})
        stream.write(closing + b"\n")
    return digest_bytes(closing)


def _header(forecasts: xr.Dataset, findings: xr.Dataset, facts: Mapping[str, Any]) -> dict[str, Any]:
    columns = {
        name.removeprefix("check_"): findings[name].values for name in map(str, findings.coords) if "check_" in name
    }
    columns["ceiling"] = findings["ceiling"].values
    checks = {
        str(name): {key: str(values[index]) for key, values in columns.items()}
        for index, name in enumerate(findings["check"].values)
    }
    return {
        "kind": "header",
        "schema": SCHEMA,
        "seq": 0,
        "prev": None,
        "count": forecasts.sizes["forecast"],
        "order": [str(name) for name in findings["check"].values],
        "checks": checks,
        "findings": _shared(findings),
        "reasons": [str(text) for text in findings["reason_text"].values],
        "thresholds": [str(name) for name in forecasts["threshold"].values],
        "windows": [float(hours) for hours in forecasts["window"].values],
        "columns": columns_of(forecasts),
        "shared": shared_of(forecasts),
        "forecasts": {str(name): _plain(value) for name, value in forecasts.attrs.items()},
        "limits": {
            str(name): _plain(value) for name, value in findings.attrs.items() if "digest" in name or "version" in name
        },
        **facts,
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value


def _tree(
    forecasts: xr.Dataset, findings: xr.Dataset, verdicts: xr.Dataset, attribution: Encoded, header_digest: str
) -> dict[str, Any]:
    size = forecasts.sizes["forecast"]
    rows = {
        str(name): _array(variable)
        for name, variable in forecasts.data_vars.items()
        if variable.dims and variable.dims[0] == "forecast"
    }
    special = {*_KEY, *_TIMES, *_STATUS, *_BASELINES, "probability"}
    return {
        "kind": _repeat("certificate", size),
        "header": _repeat(header_digest, size),
        "seq": np.arange(1, size + 1),
        "prev": None,
        "key": {name: rows[name] for name in _KEY if name in rows},
        "times": {name: rows[name] for name in _TIMES},
        **{name: rows[name] for name in _STATUS},
        "probability": rows["probability"],
        "baselines": {name.removeprefix("probability_"): rows[name] for name in _BASELINES if name in rows},
        "evidence": {name: values for name, values in rows.items() if name not in special},
        "findings": _findings(findings),
        "attribution": attribution,
        "verdict": _verdict(verdicts),
        "served": _served(verdicts),
    }


def _array(variable: xr.DataArray) -> Any:
    values = variable.values
    return values.astype(np.int64) if values.dtype.kind == "b" else values


def _repeat(text: str, size: int) -> Encoded:
    return Encoded([canonical(text).decode()] * size)


def _findings(findings: xr.Dataset) -> dict[str, list[Any]]:
    """Per check: outcome, value, limit, index into the header's reasons, size of the reference set."""
    names = np.array([outcome.name for outcome in sorted(Outcome)], dtype=object)
    # the lowest is below 0, where an index would count from the end
    lowest = int(min(Outcome))
    arrays = {name: findings[name].values for name in ("outcome", "value", "limit", "reason", "reference_size")}
    shared = _shared(findings)
    return {
        str(check): [
            names[arrays["outcome"][index].astype(int) - lowest],
            arrays["value"][index],
            arrays["limit"][index],
            arrays["reason"][index].astype(np.int64),
            arrays["reference_size"][index].astype(np.int64),
        ]
        for index, check in enumerate(findings["check"].values)
        if str(check) not in shared
    }


def _shared(findings: xr.Dataset) -> dict[str, list[Any]]:
    """Collect findings that hold for the whole batch: checks that nothing could be evaluated on, for one reason.

    They stand once in the header, whose digest is in every certificate.
    """
    outcome, reason = findings["outcome"].values, findings["reason"].values
    size = findings["reference_size"].values
    return {
        str(check): ["NOT_EVALUABLE", None, None, int(reason[index, 0]), int(size[index, 0])]
        for index, check in enumerate(findings["check"].values)
        # a batch of one has nothing to share
        if outcome.shape[1] > 1
        and (outcome[index] == Outcome.NOT_EVALUABLE).all()
        and (reason[index] == reason[index, 0]).all()
        and (size[index] == size[index, 0]).all()
    }


def _verdict(verdicts: xr.Dataset) -> dict[str, Any]:
    # what could not be evaluated, and why, stands in the findings
    names = ("verdict", "codes", "why", "decide", "not_evaluable")
    # the third decimal of a weight decides nothing
    return {name: verdicts[name].values for name in names} | {"suspicion": verdicts["suspicion"].values.round(3)}


def _served(verdicts: xr.Dataset) -> dict[str, Any]:
    """Tell what is served; its probabilities only where they are not the forecast's own."""
    other = np.flatnonzero(verdicts["served_status"].values == "FALLBACK")
    probability = Encoded(["null"] * verdicts.sizes["forecast"])
    tree = {"p": verdicts["served_probability"].values[other]}
    for forecast, line in zip(other, lines_of(tree, len(other), exact="p"), strict=True):
        probability[forecast] = line.removeprefix('{"p":').removesuffix("}")
    return {
        "by": verdicts["served"].values,
        "status": verdicts["served_status"].values,
        "reason": verdicts["served_reason"].values,
        "probability": probability,
    }
