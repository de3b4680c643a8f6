"""Forecasts and verdicts made again from certificates alone; archive and bundle are found by digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import evaluate
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.chain import open_certificates, read_header, verify_chain
from sunproof.pipeline.auditing.finding_inputs import find_inputs
from sunproof.pipeline.auditing.rebuild import rebuild
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.errors import InputError, Problem

__all__ = ["Agreement", "Difference", "reproduce", "show"]

# A forecast made again agrees to this in logit: sums of float32 may be ordered differently.
_LOGIT = 1e-5
# Evidence stands in nine digits in the certificate; what the model itself gives is float32.
_EVIDENCE = 1e-5
_SHOWN = 20


@dataclass(frozen=True)
class Difference:
    """Something that is not the same again."""

    seq: int
    what: str
    certified: str
    again: str


@dataclass
class Agreement:
    """What was compared.

    Parameters
    ----------
    compared : dict
        Quantity -> (number compared, largest difference, limit of the difference).
    differences : list of Difference
    stated : list of str
        Evidence that was taken as the certificates state it.
    seqs : list of int
        Certificates that were made again.
    """

    compared: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    stated: list[str] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)


def reproduce(
    path: str | Path,
    seqs: Sequence[int] = (),
    places: Sequence[str | Path] = (),
    given: dict[str, str] | None = None,
) -> Agreement:
    """Make forecasts and verdicts again, and compare.

    The probabilities are computed by the bundle from the archive; regions with their full disk, which is put together
    from all regions of its issue time. What the archive tells as evidence is read again. With both in the place of
    what the certificates say, every check is evaluated on the whole batch again and judged. Evidence that
    neither archive nor bundle gives (baselines learnt from labels, answers to questions about the model, magnetograms)
    is taken as stated.

    Parameters
    ----------
    path : str or Path
        ``certificates.jsonl``.
    seqs : sequence of int, optional
        Numbers of the certificates; all by default.
    places : sequence of str or Path
        Where archive and bundle are looked for.
    given : dict, optional
        ``archive`` and ``bundle``, where they are known.

    Returns
    -------
    Agreement

    Raises
    ------
    InputError
        If the chain is broken, the limits are others, a number does not exist, or an input is not found.
    """
    # first, so that another kind of file is one error, and not one a line
    header = read_header(path)
    chain = verify_chain(path)
    if chain.problems:
        raise InputError(chain.problems)
    _same_limits(header, str(path))
    batch = rebuild(path)
    numbers = batch["seq"].values
    chosen = np.arange(len(numbers)) if not len(seqs) else np.flatnonzero(np.isin(numbers, list(seqs)))
    if unknown := sorted(set(seqs) - set(numbers.tolist())):
        raise InputError(Problem("no such certificate", str(path), unknown, f"numbers 1 to {len(numbers)}"))
    result = Agreement(seqs=numbers[chosen].tolist())
    again = _forecast(batch, chosen, header, places, given or {}, result)
    findings = evaluate(again)
    _compare_verdicts(path, chosen, findings, judge(again, findings), result)
    return result


def _same_limits(header: dict[str, Any], where: str) -> None:
    held, ours = header["limits"].get("limits_digest"), load_limits().digest
    if held != ours:
        todo = "Reproduce it with the version of the software in the header."
        raise InputError(
            Problem("judged by other limits than these", where, held, ours, f"{todo} It is {header['code']}.")
        )


def _forecast(
    batch: xr.Dataset,
    chosen: NDArray[np.int64],
    header: dict[str, Any],
    places: Sequence[str | Path],
    given: dict[str, str],
    result: Agreement,
) -> xr.Dataset:
    """Give the batch with the chosen rows made again; as it was where no bundle of ours made it."""
    inputs = header["inputs"]
    names = {name: inputs.get(f"forecasts.{name}", inputs.get(name)) for name in ("archive", "bundle")}
    wanted = {name: digest for name, digest in names.items() if digest}
    own = "bundle" in header["forecasts"] and len(wanted) == 2
    if not own:
        result.stated = sorted(map(str, batch.data_vars))
        say("somebody else's forecasts: their numbers are taken as stated, the verdicts are made again")
        return batch
    found = find_inputs(wanted, places, given)
    times = batch["issue_time"].values
    rows = np.flatnonzero(np.isin(times, times[chosen]))
    fresh = _run(found, batch.isel(forecast=rows))
    inside = np.isin(rows, chosen)
    return _compare_forecasts(batch, rows[inside], fresh.isel(forecast=inside), result)


def _run(found: dict[str, Path], rows: xr.Dataset) -> xr.Dataset:
    # torch takes seconds to import, and a broken certificate needs none of it
    from sunproof.pipeline.forecasting.config import ForecastConfig, IntervalConfig
    from sunproof.pipeline.forecasting.rows import forecast_rows
    from sunproof.pipeline.forecasting.slots import KEYS
    from sunproof.pipeline.training.bundle import load_bundle

    first = rows["issue_time"].values.min().astype("datetime64[us]").item()
    last = rows["issue_time"].values.max().astype("datetime64[us]").item()
    # only says that the slots are given; the rows decide
    interval = IntervalConfig(start=first, end=last + timedelta(hours=1))
    config = ForecastConfig(output=Path("unused"), interval=interval, archive=found["archive"], bundle=found["bundle"])
    slots = rows[[name for name in KEYS if name in rows.variables]].drop_vars("seq")
    slots = slots.assign_coords(threshold=rows["threshold"], window=rows["window"])
    return forecast_rows(load_bundle(found["bundle"]), config, slots, {})


def _compare_forecasts(batch: xr.Dataset, rows: NDArray[np.int64], fresh: xr.Dataset, result: Agreement) -> xr.Dataset:
    """Note every difference, and put what was made again into its place."""
    again = batch.copy(deep=True)
    seqs = batch["seq"].values[rows]
    skip = {"harpnum", "noaa_ar", "noaa_ars", "entity", "issue_time", "data_cutoff", "window_start", "status_reason"}
    for name in map(str, batch.data_vars):
        if name in skip or name not in fresh.data_vars:
            continue
        held, made = batch[name].values[rows], fresh[name].values
        _compare(name, seqs, held, made, result)
        again[name].values[rows] = made
    result.stated = sorted(set(map(str, batch.data_vars)) - set(map(str, fresh.data_vars)) - skip)
    return again


def _compare(name: str, seqs: NDArray[np.int64], held: NDArray[Any], made: NDArray[Any], result: Agreement) -> None:
    if held.dtype.kind != "f":
        apart = np.asarray(held.astype(str) != made.astype(str), float)
        limit, label = 0.0, name
    else:
        limit = _LOGIT if name == "probability" else _EVIDENCE
        apart = np.abs(_logit(held) - _logit(made)) if name == "probability" else _relative(held, made)
        apart = np.where((held == made) | (np.isnan(held) & np.isnan(made)), 0.0, apart)
        label = f"{name} (logit)" if name == "probability" else name
    rowwise = apart.reshape(len(seqs), -1).max(axis=1) if apart.size else np.zeros(len(seqs))
    result.compared[label] = (len(seqs), float(rowwise.max(initial=0.0)), limit)
    # written so that a NaN on one side counts as a difference
    for row in np.flatnonzero(~(rowwise <= limit)):
        result.differences.append(Difference(int(seqs[row]), label, _words(held[row]), _words(made[row])))


def _logit(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(probability) - np.log1p(-probability), np.float64)


def _relative(held: NDArray[np.float64], made: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = np.maximum(np.abs(held), np.abs(made))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(scale > 0, np.abs(held - made) / scale, 0.0), np.float64)


def _words(value: Any) -> str:
    flat = np.ravel(value)
    return ", ".join(f"{item:.9g}" if isinstance(item, float) else str(item) for item in flat[:9].tolist())


def _compare_verdicts(
    path: str | Path, chosen: NDArray[np.int64], findings: xr.Dataset, verdicts: xr.Dataset, result: Agreement
) -> None:
    """Compare outcomes of all checks, verdict, deciding codes and what is served."""
    ids = [str(name) for name in findings["check"].values]
    outcome = findings["outcome"].values
    counts = {"outcomes of checks": 0, "verdict": 0, "deciding checks": 0, "served": 0}
    for record, place in zip(open_certificates(path, set(result.seqs)), chosen.tolist(), strict=True):
        seq = int(record["seq"])
        held = {item["id"]: item["outcome"] for item in record["findings"]}
        made = {name: Outcome(int(outcome[row, place])).name for row, name in enumerate(ids)}
        counts["outcomes of checks"] += len(held)
        result.differences += [
            Difference(seq, f"check {name}", held.get(name, "none"), made.get(name, "none"))
            for name in sorted(held.keys() | made.keys())
            if held.get(name) != made.get(name)
        ]
        pairs = {
            "verdict": (record["verdict"]["verdict"], verdicts["verdict"].values[place]),
            "deciding checks": (record["verdict"]["codes"], verdicts["codes"].values[place]),
            "served": (record["served"]["by"], verdicts["served"].values[place]),
        }
        for name, (was, now) in pairs.items():
            counts[name] += 1
            if was != now:
                result.differences.append(Difference(seq, name, str(was), str(now)))
    for name, number in counts.items():
        label = "check " if name.startswith("outcomes") else name
        wrong = sum(item.what.startswith(label) for item in result.differences)
        result.compared[name] = (number, float(wrong), 0.0)


def show(
    certificate: str, archive: str = "", bundle: str = "", search: str = "", sample: str = "", seed: str = ""
) -> int:
    """Make certificates again for the command line: 0 if all agree, 1 if not.

    Parameters
    ----------
    certificate : str
        ``certificates.jsonl``, or one certificate of it: ``certificates.jsonl:42``.
    archive, bundle : str, optional
        Where they are; else they are looked for by digest around the certificates and the working folder.
    search : str, optional
        Another folder to look through.
    sample : str, optional
        Share of the certificates, drawn with ``seed``; all by default.
    seed : str, optional
        Of the draw.

    Raises
    ------
    InputError
        See `reproduce`.
    """
    path, seqs = _chosen(certificate, sample, seed)
    near = Path(path).resolve().parent
    places: list[str | Path] = [*([search] if search else []), near, near.parent, Path.cwd(), Path.cwd() / "data"]
    result = reproduce(path, seqs, places, {"archive": archive, "bundle": bundle})
    rows = [
        (name, number, f"{largest:.2g}", f"{limit:g}") for name, (number, largest, limit) in result.compared.items()
    ]
    show_table(f"{certificate}: made again", ("what", "compared", "largest difference", "limit"), rows)
    if result.differences:
        found = [(item.seq, item.what, item.certified, item.again) for item in result.differences[:_SHOWN]]
        show_table("Differences", ("certificate", "what", "certified", "made again"), found)
    if result.stated:
        say(f"taken as the certificates state it: {', '.join(result.stated)}")
    wrong = len({item.seq for item in result.differences})
    say(f"{path}: {len(result.seqs)} certificates made again, {wrong} differ in {len(result.differences)} places")
    return int(bool(result.differences))


def _chosen(certificate: str, sample: str, seed: str) -> tuple[str, list[int]]:
    path, colon, number = certificate.rpartition(":")
    if colon and number.isdigit() and not Path(certificate).exists():
        return path, [int(number)]
    if not sample:
        return certificate, []
    share = _number(sample)
    count = int(read_header(certificate)["count"])
    drawn = np.random.default_rng(int(_number(seed or "0"))).permutation(count)[: max(1, round(share * count))]
    return certificate, sorted((drawn + 1).tolist())


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if value < 0:
        raise InputError(Problem("not a share or a seed", "--sample, --seed", text, "a number such as 0.01"))
    return value
