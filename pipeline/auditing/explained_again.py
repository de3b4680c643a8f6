"""Explanations made again: what inputs and groups are attributed, and what the logit loses without groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from sunproof.pipeline.auditing.chain import open_certificates

__all__ = ["LIMITS", "ExplainedAgain", "explain_again"]


# Attributions may be off by what completeness allows; a loss is a difference of two logits, and all have six digits.
LIMITS = {
    "attribution of inputs (of the error allowed)": 1.0,
    "attribution of groups (of the error allowed)": 1.0,
    "logit lost without groups": 3e-5,
    "explained logit": 3e-5,
}
"""What of an explanation is compared, and how far apart it may be."""
_INPUTS, _GROUPS, _LOST, _LOGIT = LIMITS

Told = dict[str, dict[str, str | None]]


class ExplainedAgain(NamedTuple):
    """An explanation that a certificate has, and the same made again.

    Parameters
    ----------
    seq : int
        Number of the certificate.
    held, made : dict
        Key of `LIMITS` -> name of an input, a group or a logit -> decimal string, None where nothing was observed.
        Certificates of older versions have no groups; then neither has.
    status : tuple of str
        Whether it is evidence, as the certificate says and now.
    allowed : float
        How far from the difference it explains an attribution may be and still count as complete, logit.
    """

    seq: int
    held: Told
    made: Told
    status: tuple[str, str]
    allowed: float


def explain_again(
    path: str | Path, batch: xr.Dataset, seqs: Sequence[int], archive: str | Path, bundle: str | Path
) -> Iterator[ExplainedAgain]:
    """Explain again what the certificates explain.

    Parameters
    ----------
    path : str or Path
        ``certificates.jsonl``.
    batch : xarray.Dataset
        As the certificates tell it, with ``seq``.
    seqs : sequence of int
        Certificates.
    archive, bundle : str or Path
        What the forecasts were made from and by.

    Yields
    ------
    ExplainedAgain
    """
    told = {int(record["seq"]): record["attribution"] for record in open_certificates(path, set(seqs))}
    told = {seq: attribution for seq, attribution in told.items() if attribution["status"] != "not explained"}
    # one audit explains one output, but nothing in the format says so
    for output in sorted({(one["threshold"], float(one["window"])) for one in told.values()}):
        numbers = [seq for seq, one in told.items() if (one["threshold"], float(one["window"])) == output]
        yield from _output(batch, {seq: told[seq] for seq in numbers}, archive, bundle, output)


def _output(
    batch: xr.Dataset,
    told: dict[int, dict[str, Any]],
    archive: str | Path,
    bundle: str | Path,
    output: tuple[str, float],
) -> Iterator[ExplainedAgain]:
    # torch takes seconds to import, and certificates without explanations need none of it
    import torch

    from sunproof.models.attribution.completeness import allowed_error
    from sunproof.pipeline.auditing.attributed import attributed
    from sunproof.pipeline.forecasting.slots import KEYS

    rows = batch.isel(forecast=np.flatnonzero(np.isin(batch["seq"].values, list(told))))
    keys = rows[[name for name in KEYS if name in rows.variables]].drop_vars("seq")
    found = attributed(keys, archive, bundle, *output)
    difference = torch.as_tensor(found.attribution.logit - found.attribution.baseline_logit)
    issued = rows["probability"].sel(threshold=output[0], window=output[1]).values
    for place, (seq, error) in enumerate(
        zip(rows["seq"].values.tolist(), allowed_error(difference).tolist(), strict=True)
    ):
        again = found.explanation(place, issued[place])
        held, made = _flat(told[seq]), _flat(again)
        status = (told[seq]["status"], again["status"])
        yield ExplainedAgain(seq, held, {what: made[what] for what in held}, status, error)


def _flat(explanation: dict[str, Any]) -> Told:
    """Name every number of an explanation."""
    inputs: dict[str, str | None] = dict(explanation["modalities"])
    for modality, features in explanation["features"].items():
        inputs |= {f"{modality} {feature}": value for feature, value in features.items()}
    for modality, steps in explanation["steps"].items():
        inputs |= {f"{modality} step {number}": value for number, value in enumerate(steps)}
    logits = {"logit": explanation["logit"], "baseline": explanation["baseline_logit"]}
    told: Told = {_INPUTS: inputs, _LOGIT: logits}
    if "groups" in explanation:
        groups = explanation["groups"] | {name: pair for name, *pair in explanation["lags"]}
        told |= {
            what: {name: pair[place] for name, pair in groups.items()} for place, what in enumerate((_GROUPS, _LOST))
        }
    return told
