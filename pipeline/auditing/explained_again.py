"""Explanations made again: what groups are attributed, and what the logit loses without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from sunproof.pipeline.auditing.chain import open_certificates

__all__ = ["ExplainedAgain", "explain_again"]


class ExplainedAgain(NamedTuple):
    """An explanation that a certificate has, and the same made again.

    Parameters
    ----------
    seq : int
        Number of the certificate.
    held, made : dict
        Group -> (attribution, ablation), decimal strings, the latter None where nothing was observed.
    allowed : float
        How far from the difference it explains an attribution may be and still count as complete, logit.
    """

    seq: int
    held: dict[str, list[str | None]]
    made: dict[str, list[str | None]]
    allowed: float


def explain_again(
    path: str | Path, batch: xr.Dataset, seqs: Sequence[int], archive: str | Path, bundle: str | Path
) -> Iterator[ExplainedAgain]:
    """Explain again what the certificates explain by groups; those of older versions do not.

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
    told = {seq: attribution for seq, attribution in told.items() if "groups" in attribution}
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
    numbers, allowed = rows["seq"].values.tolist(), allowed_error(difference).tolist()
    for seq, made, error in zip(numbers, found.grouped, allowed, strict=True):
        yield ExplainedAgain(seq, _flat(told[seq]), _flat(made), error)


def _flat(explanation: dict[str, Any]) -> dict[str, list[str | None]]:
    groups: dict[str, list[str | None]] = explanation["groups"]
    return groups | {name: pair for name, *pair in explanation["lags"]}
