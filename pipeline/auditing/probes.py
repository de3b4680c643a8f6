"""``sunproof probe``: what of known physics a model's inner numbers hold, beside models with shuffled weights."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sunproof.pipeline import console, receipts
from sunproof.pipeline.auditing.config import ProbeConfig
from sunproof.pipeline.errors import InputError, Problem

if TYPE_CHECKING:
    import xarray as xr

    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.training.bundle import Bundle
    from sunproof.pipeline.verification.bootstrap import Blocks

__all__ = ["probe_table", "run"]

Floats = NDArray[np.float64]

# Rows of one forward pass where images are read: they bound the memory.
_TOGETHER = 256
_RESAMPLES = 1000
# Name of a quantity -> where it stands, and whether its logarithm counts. Whatever the model reads, they are read here.
_QUANTITIES = {
    "log unsigned flux": ("keywords", "usflux", True),
    "log free energy density": ("keywords", "totpot", True),
    "log current helicity": ("keywords", "totusjh", True),
    "shear angle": ("keywords", "meanshr", False),
    "flux near inversion lines": ("keywords", "r_value", False),
    "X-ray level": ("xrs", "xrsb", False),
    "latitude": ("region", "latitude", False),
    "distance from the limb": ("region", "limb_distance", False),
}


def run(config: ProbeConfig) -> Path:
    """Probe a model.

    Parameters
    ----------
    config : ProbeConfig

    Returns
    -------
    Path
        ``probes.json``; beside it ``probes.md``.

    Raises
    ------
    InputError
        If the model has no deep path, the samples no training or validation block, nothing is known to probe with, or
        bundle, archive and samples are not of one Sun.
    """
    # torch takes seconds to import: only where something is probed
    from sunproof.pipeline.samples.dataset import SampleData
    from sunproof.pipeline.training.bundle import load_bundle
    from sunproof.pipeline.training.threads import one_thread

    bundle = load_bundle(config.bundle)
    bundle.check_sun(config.bundle, config.archive)
    data = SampleData(config.archive, config.samples, bundle.inputs)
    random = np.random.default_rng(config.seed)
    drawn = [np.sort(random.permutation(data.rows(name).numpy())[: config.rows]) for name in ("train", "validation")]
    rows = np.concatenate(drawn)
    learn = np.arange(len(rows)) < len(drawn[0])
    with one_thread():
        table = probe_table(bundle, data.samples.isel(sample=rows), learn, config)
    if not table:
        names, todo = ", ".join(_QUANTITIES), "Ingest what holds them, or label more regions."
        raise InputError(
            Problem("nothing to probe with", f"{config.archive}, {config.samples}", "none known", names, todo)
        )
    path = config.output / "probes.json"
    told = {
        "bundle": bundle.digest,
        "rows": {"learnt from": int(learn.sum()), "tested on": int((~learn).sum())},
        "twins": config.twins,
        "probes": table,
    }
    with receipts.replacing(config.output) as partial:
        partial.mkdir()
        (partial / "probes.json").write_bytes(receipts.canonical(told) + b"\n")
        (partial / "probes.md").write_text(_page(told), encoding="utf-8")
    inputs = {"bundle": bundle.digest, "samples": receipts.digest_file(config.samples)}
    inputs["archive"] = receipts.digest_tree(config.archive)
    receipts.write_receipt(config.output, "probe", config.model_dump(mode="json"), inputs)
    console.say(_page(told))
    return path


def probe_table(
    bundle: Bundle, samples: xr.Dataset, learn: NDArray[np.bool_], config: ProbeConfig
) -> list[dict[str, Any]]:
    """Read every quantity off every layer.

    Parameters
    ----------
    bundle : Bundle
    samples : xarray.Dataset
        Rows of regions; no region is both learnt from and tested on.
    learn : ndarray of bool, shape (sample,)
        Rows to learn from; the others are tested on.
    config : ProbeConfig
        ``archive``, ``twins`` and ``seed``.

    Returns
    -------
    list of dict
        ``layer``, ``quantity``; ``explained``: share of the variance that the probe explains of regions it has not
        seen, with its 95 % ``interval`` (regions resampled); ``twins``: the same of each twin; ``gain`` and
        ``gain_interval`` over the best of them, paired; ``rows``. Nothing for a quantity that is not known.

    Raises
    ------
    InputError
        If the model has no deep path.
    """
    from sunproof.models.attribution.nulls import random_twins
    from sunproof.models.attribution.probes import inner_numbers
    from sunproof.pipeline.samples.features import build
    from sunproof.pipeline.verification.bootstrap import make_blocks
    from sunproof.pipeline.verification.cases import region_key

    inputs = build(config.archive, samples, bundle.inputs)
    models = [bundle.ensemble, *random_twins(bundle.ensemble, config.twins, config.seed)]
    pieces: list[list[dict[str, Floats]]] = [[] for _ in models]
    starts = range(0, len(inputs), _TOGETHER)
    for start in console.track(list(starts), "probing"):
        parts = inputs.read_shared(slice(start, start + _TOGETHER))
        # the same rows for the model and its twins, whose images are read once
        for model, held in zip(models, pieces, strict=True):
            held.append(inner_numbers(model, parts))
    if not pieces[0][0]:
        wanted = "a model trained with hidden units"
        raise InputError(Problem("nothing to probe", str(config.bundle), "no deep path", wanted))
    numbers = [{name: np.concatenate([piece[name] for piece in held]) for name in held[0]} for held in pieces]
    blocks = make_blocks(region_key(samples)[~learn], _RESAMPLES, config.seed)
    found = []
    for quantity, target in _targets(config.archive, samples, bundle.inputs).items():
        for layer in numbers[0]:
            row = _probed([own[layer] for own in numbers], target, learn, blocks)
            if row is not None:
                found.append({"layer": layer, "quantity": quantity, **row})
    return found


def _targets(archive: Path, samples: xr.Dataset, reads: InputConfig) -> dict[str, Floats]:
    """Quantities at the data cut-off, of every row; NaN where unknown."""
    from sunproof.pipeline.samples.features import build

    changes = {"modalities": ("keywords", "xrs", "region"), "history_hours": 6, "step_hours": 1}
    inputs = build(archive, samples, reads.without_images().model_copy(update=changes))
    found = {}
    for name, (modality, feature, logarithm) in _QUANTITIES.items():
        values = _latest(inputs, modality, feature)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[name] = np.where(values > 0, np.log10(values), np.nan) if logarithm else values
    return found


def _latest(inputs: Inputs, modality: str, feature: str) -> Floats:
    values, mask = inputs.modalities[modality]
    place = inputs.names[modality].index(feature)
    column = np.where(mask, values, np.nan)[..., place].astype(np.float64)
    if column.ndim == 1:
        return column
    # the last step that has one
    seen = np.isfinite(column)
    step = np.where(seen, np.arange(column.shape[1]), -1).max(axis=1)
    return np.where(step >= 0, column[np.arange(len(column)), step], np.nan)


def _probed(
    numbers: list[Floats], target: Floats, learn: NDArray[np.bool_], blocks: Blocks
) -> Mapping[str, Any] | None:
    from sunproof.models.attribution.probes import read_off
    from sunproof.pipeline.verification.bootstrap import interval

    own, *others = (read_off(part, target, learn, ~learn)[~learn] for part in numbers)
    known, truth = np.isfinite(own), target[~learn]
    # a quantity that is the same in all rows has no variance to explain
    if not known.any() or np.ptp(truth[known]) == 0:
        return None
    # of the mean that could have been learnt, not of the test rows' own
    total = _sums(blocks, (truth - np.nanmean(target[learn])) ** 2, known)
    explained, *twins = (1 - _sums(blocks, (part - truth) ** 2, known) / total for part in (own, *others))
    row: dict[str, Any] = {"rows": int(known.sum()), **_told("explained", "interval", interval(explained))}
    if twins:
        # against the best twin, and paired: both are resampled with the same regions
        best = max(twins, key=lambda one: float(one[0]))
        row |= {"twins": [float(one[0]) for one in twins], **_told("gain", "gain_interval", interval(explained - best))}
    return row


def _sums(blocks: Blocks, values: Floats, known: NDArray[np.bool_]) -> Floats:
    return blocks.sums(np.where(known, np.nan_to_num(values), 0.0))


def _told(name: str, ends: str, found: Any) -> dict[str, Any]:
    low, high = (None if np.isnan(end) else float(end) for end in (found.low, found.high))
    return {name: float(found.value), ends: [low, high]}


def _page(told: Mapping[str, Any]) -> str:
    count = told["rows"]
    lines = [
        "# Linear probes",
        "",
        f"Bundle {told['bundle']}. Learnt from {count['learnt from']} rows of the training block, tested on "
        f"{count['tested on']} of the validation block. Share of the variance that is explained, with 95 % intervals "
        f"over regions; twins have the same weights, shuffled ({told['twins']} of them, the best counts).",
        "",
        "| layer | quantity | explained | best twin | gain, paired | rows |",
        "|---|---|---|---|---|---|",
    ]
    for row in told["probes"]:
        twins = row.get("twins", [])
        gain = f"{row['gain']:+.3f} {_ends(row['gain_interval'])}" if twins else ""
        best = f"{max(twins):.3f}" if twins else ""
        own = f"{row['explained']:.3f} {_ends(row['interval'])}"
        lines.append(f"| {row['layer']} | {row['quantity']} | {own} | {best} | {gain} | {row['rows']} |")
    return "\n".join(lines) + "\n"


def _ends(ends: list[float | None]) -> str:
    return "" if None in ends else f"[{ends[0]:.3f}, {ends[1]:.3f}]"
