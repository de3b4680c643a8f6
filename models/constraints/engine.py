"""Evaluates every check of the folder on a batch of forecasts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Check, Finding, Outcome, not_evaluable
from sunproof.models.constraints.limits import LimitsFile, load_limits, tables_digest
from sunproof.pipeline.errors import ConfigError, ProblemList
from sunproof.pipeline.registry import members
from sunproof.pipeline.vocabulary import describe

__all__ = ["all_checks", "evaluate"]

_PACKAGE = "sunproof.models.constraints"
_METADATA = ("name", "statement", "equation", "unit", "reference", "reference_set", "prerequisites")


def all_checks(ids: Iterable[str] | None = None) -> tuple[Check, ...]:
    """List the checks of the folder in order of their ids.

    Parameters
    ----------
    ids : iterable of str, optional
        Keep only these.

    Returns
    -------
    tuple of Check
        A2 before A10, A before C.

    Raises
    ------
    ConfigError
        If an id stands twice in the folder, or a wanted id does not exist.
    """
    found: dict[str, Check] = {}
    problems = ProblemList(_PACKAGE, ConfigError)
    for module, checks in members(_PACKAGE, "CHECKS").items():
        for check in checks:
            if check.id in found:
                problems.add("two checks with one id", module, check.id, "a new id", "See `sunproof checks list`.")
            found[check.id] = check
    wanted = sorted(found, key=_order) if ids is None else list(ids)
    for name in (name for name in wanted if name not in found):
        problems.add("no such check", "checks", name, f"one of {', '.join(sorted(found, key=_order))}")
    problems.check()
    return tuple(found[name] for name in wanted)


def _order(identifier: str) -> tuple[str, int]:
    family, number = re.match(r"([A-Z]+)(\d*)", identifier).groups()  # type: ignore[union-attr]
    # A10 after A9
    return family, int(number or 0)


def evaluate(batch: xr.Dataset, checks: Sequence[Check] | None = None, limits: LimitsFile | None = None) -> xr.Dataset:
    """Evaluate checks on a batch of forecasts; nothing is corrected.

    Parameters
    ----------
    batch : xarray.Dataset
        A batch that satisfies the forecast contract, with whatever evidence it carries.
    checks : sequence of Check, optional
        By default every check of the folder.
    limits : LimitsFile, optional
        By default the limits that ship with the package.

    Returns
    -------
    xarray.Dataset
        Dimensions ``check``, ``forecast``, ``reason_index``. Variables (check, forecast): ``outcome`` (int8, values of
        `Outcome`), ``value`` and ``limit`` (float64, in the check's unit), ``reason`` (index into ``reason_text``),
        ``reference_size``. Coordinates along ``check``: its metadata and ``ceiling``. Attributes: ``limits_version``,
        ``limits_digest``, ``tables_digest``, and the batch's declared semantics.

    Raises
    ------
    RuntimeError
        If a check gives an outcome above its ceiling, or arrays of a wrong length: the check is wrong, not the batch.
    ConfigError
        See `all_checks`.
    """
    checks = all_checks() if checks is None else tuple(checks)
    limits = limits or load_limits()
    silent = np.asarray(batch["status"].values == "NO_FORECAST", bool)
    texts: dict[str, int] = {"": 0}
    columns = [_columns(check, _run(check, batch, limits, silent), texts) for check in checks]
    size = batch.sizes["forecast"]
    findings = xr.Dataset(
        {
            name: (("check", "forecast"), np.stack([column[name] for column in columns]))
            if columns
            else (("check", "forecast"), np.empty((0, size)))
            for name in ("outcome", "value", "limit", "reason", "reference_size")
        }
    )
    return describe(_with_metadata(findings, checks, texts, limits, batch))


def _run(check: Check, batch: xr.Dataset, limits: LimitsFile, silent: NDArray[np.bool_]) -> Finding:
    size = silent.size
    missing = [name for name in check.requires if name not in batch.variables]
    if missing:
        return not_evaluable(size, f"the batch has no variable {', '.join(missing)}")
    # Somebody else's numbers may be anything; infinities and NaN are judged by the checks, not warned of.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        finding = check.evaluate(batch, limits.of(check.id))
    shapes = {np.shape(array) for array in (finding.outcome, finding.value, finding.limit, finding.reason)}
    # a fault of ours, not of the batch: no error that a user could mend
    if shapes != {(size,)}:
        raise RuntimeError(f"check {check.id} gave arrays of shape {sorted(shapes)}; wanted {(size,)}")
    # a check may not say more than its grounds allow, whatever its code computes
    if size and finding.outcome.max() > check.ceiling:
        worst = Outcome(finding.outcome.max()).name
        raise RuntimeError(f"check {check.id} gave {worst}, above its ceiling {check.ceiling.name}")
    return _silenced(finding, silent)


def _silenced(finding: Finding, silent: NDArray[np.bool_]) -> Finding:
    """Slots without a forecast have nothing to be judged."""
    if not silent.any():
        return finding
    return Finding(
        outcome=np.where(silent, np.int8(Outcome.NOT_EVALUABLE), finding.outcome),
        value=np.where(silent, np.nan, finding.value),
        limit=np.where(silent, np.nan, finding.limit),
        reason=np.where(silent, np.int16(len(finding.reasons)), finding.reason),
        reasons=(*finding.reasons, "no forecast was issued for this slot"),
        reference_size=finding.reference_size,
    )


def _columns(check: Check, finding: Finding, texts: dict[str, int]) -> dict[str, NDArray[Any]]:
    """One check's row of the findings, its reasons numbered among those of all checks."""
    # equal texts of several checks are one text: certificates hold numbers
    numbers = np.array([texts.setdefault(text, len(texts)) for text in finding.reasons], np.int32)
    size = finding.reference_size
    return {
        "outcome": finding.outcome,
        "value": finding.value,
        "limit": finding.limit,
        "reason": numbers[finding.reason],
        "reference_size": np.full(finding.outcome.shape, check.reference_size, np.int64) if size is None else size,
    }


def _with_metadata(
    findings: xr.Dataset, checks: Sequence[Check], texts: dict[str, int], limits: LimitsFile, batch: xr.Dataset
) -> xr.Dataset:
    metadata: dict[str, Any] = {
        f"check_{name}": ("check", _texts(getattr(check, name) for check in checks)) for name in _METADATA
    }
    findings = findings.assign_coords(
        check=("check", _texts(check.id for check in checks)),
        ceiling=("check", _texts(check.ceiling.name for check in checks)),
        reason_text=("reason_index", _texts(texts)),
        **metadata,
    )
    findings.attrs = {
        "limits_version": limits.version,
        "limits_digest": limits.digest,
        "tables_digest": tables_digest(),
        **{
            name: batch.attrs[name] for name in ("classes", "windows", "goes_scale", "simulated") if name in batch.attrs
        },
    }
    return findings


def _texts(values: Iterable[str]) -> NDArray[np.object_]:
    return np.array(list(values), dtype=object)
