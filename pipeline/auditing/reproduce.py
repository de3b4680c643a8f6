"""Forecasts and verdicts made again from certificates alone; archive and bundle are found by digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.engine import evaluate
from sunproof.models.constraints.limits import load_limits
from sunproof.pipeline.auditing.agreement import Agreement
from sunproof.pipeline.auditing.chain import read_header, verify_chain
from sunproof.pipeline.auditing.explained_again import explain_again
from sunproof.pipeline.auditing.finding_inputs import find_inputs
from sunproof.pipeline.auditing.rebuild import rebuild
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.console import say, show_table
from sunproof.pipeline.errors import InputError, Problem

__all__ = ["reproduce", "show"]

_SHOWN = 20


def reproduce(
    path: str | Path,
    seqs: Sequence[int] = (),
    places: Sequence[str | Path] = (),
    given: dict[str, str] | None = None,
) -> Agreement:
    """Make forecasts and verdicts again, and compare.

    The probabilities are computed by the bundle from the archive; regions with their full disk, which is put together
    from all regions of its issue time. What the archive tells as evidence is read again. With both in the place of
    what the certificates say, every check is evaluated on the whole batch again and judged. Explanations are asked of
    the model again: by modality, feature, step and group, and what the logit loses without groups. Evidence that
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
    again = _forecast(path, batch, chosen, header, places, given or {}, result)
    findings = evaluate(again)
    result.compare_verdicts(path, chosen, findings, judge(again, findings))
    return result


def _same_limits(header: dict[str, Any], where: str) -> None:
    held, ours = header["limits"].get("limits_digest"), load_limits().digest
    if held != ours:
        todo = "Reproduce it with the version of the software in the header."
        raise InputError(
            Problem("judged by other limits than these", where, held, ours, f"{todo} It is {header['code']}.")
        )


def _forecast(
    path: str | Path,
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
    # All of an issue time, since the full disk is made from its regions.
    rows = np.flatnonzero(np.isin(times, times[chosen]))
    fresh = _run(found, batch.isel(forecast=rows))
    inside = np.isin(rows, chosen)
    result.compare_explanations(explain_again(path, batch, result.seqs, found["archive"], found["bundle"]))
    return result.compare_forecasts(batch, rows[inside], fresh.isel(forecast=inside))


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
    # A path may hold a colon itself.
    if colon and number.isdigit() and not Path(certificate).exists():
        return path, [int(number)]
    if not sample:
        return certificate, []
    share = _number(sample, 1.0)
    count = int(read_header(certificate)["count"])
    drawn = np.random.default_rng(int(_number(seed or "0"))).permutation(count)[: max(1, round(share * count))]
    return certificate, sorted((drawn + 1).tolist())


def _number(text: str, most: float = 2.0**53) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    # NaN compares false and is refused with the rest
    if not 0 <= value <= most:
        raise InputError(Problem("not a share or a seed", "--sample, --seed", text, "a number such as 0.01"))
    return value
