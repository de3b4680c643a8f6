"""The leak audit: fails when a region, a label window, a normaliser, a record or a future value crosses a border."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import rankdata

from sunproof.pipeline import console, receipts
from sunproof.pipeline.errors import InputError, LeakError, Problem, ProblemList
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.samples.held_out import LEARNT, HeldOut, held_out_rows
from sunproof.pipeline.samples.images.base import LazyModality
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.samples.splits import BLOCKS

__all__ = ["audit", "training_digest"]

_KEYS = ("entity", "harpnum", "noaa_ar", "issue_time")
# Area under the ROC curve from which one column counts as the label in disguise; honest columns stay well below.
_DERIVABLE = 0.999
# With labels from fewer regions of either kind, an honest column separates them too often by chance.
_LEAST = 20
_ENOUGH = 2000
# Images that are held at once.
_READ = 64
_ROTATION = np.timedelta64(27, "D")


def training_digest(samples: xr.Dataset) -> str:
    """Digest of the keys of the training block: what a normaliser fitted on it, and on nothing else, carries.

    Parameters
    ----------
    samples : xarray.Dataset
        The samples file's content.

    Returns
    -------
    str
        ``sha256:<hex>`` over entity, HARP, NOAA number and issue time of the training rows, in order.
    """
    training = samples.isel(sample=np.flatnonzero(texts(samples["block"]) == "train"))
    names = texts(training["entity"])
    numbers = [training[name].to_numpy().astype("datetime64[us]" if "time" in name else "int64") for name in _KEYS[1:]]
    # eight bytes, little end first, so that the digest is one on every machine
    return receipts.digest_bytes("\n".join(names).encode() + b"".join(part.astype("<i8").tobytes() for part in numbers))


def audit(
    samples: xr.Dataset,
    inputs: Inputs | None = None,
    normaliser_digest: str | None = None,
    history_hours: float | None = None,
    held_out: Sequence[HeldOut] = (),
    ahead_hours: float = 0.0,
) -> None:
    """Look for information that crosses the borders of the split, and print what was looked at and found.

    Parameters
    ----------
    samples : xarray.Dataset
        The samples file's content.
    inputs : Inputs, optional
        Their inputs, row by row.
    normaliser_digest : str, optional
        `training_digest` as it stands in the normaliser's receipt.
    history_hours : float, optional
        History of the inputs; by default that which the samples were split for.
    held_out : sequence of HeldOut, optional
        Cases whose regions no model may learn from.
    ahead_hours : float
        How far after the start of the windows anything that is learnt lies, if further than the longest window: labels
        of auxiliary predictions.

    Raises
    ------
    LeakError
        With every leak: regions and label windows shared by blocks, regions of held-out cases, repeated records, a
        normaliser fitted on other rows, inputs later than the data cut-off, columns that give the label away.
    InputError
        If inputs and samples have different numbers of rows.
    """
    if inputs is not None and len(inputs) != samples.sizes["sample"]:
        got = f"{len(inputs)} inputs for {samples.sizes['sample']} samples"
        raise InputError(Problem("inputs do not belong to the samples", "leak audit", got, "one input a sample"))
    hours = float(samples.attrs.get("history_hours", 0)) if history_hours is None else history_hours
    found = {
        "region on both sides": list(_regions(samples)),
        "held-out case learnt from": list(_held_out(samples, held_out)),
        "label window reaches into another block": list(_windows(samples, hours, ahead_hours)),
        "record twice": [*_repeated_keys(samples), *(_repeated_inputs(samples, inputs) if inputs else [])],
        "normaliser fitted on other rows": list(_normaliser(samples, normaliser_digest)),
        "value from the future": [*_future_keys(samples), *(_future_inputs(samples, inputs) if inputs else [])],
        "label derivable from a column": list(_derivable(samples, inputs)) if inputs else [],
    }
    problems = ProblemList("leak audit", LeakError)
    for what, cases in found.items():
        for place, got, wanted in cases:
            problems.add(what, place, got, wanted)
    rows = [
        [what, len(cases), "; ".join(f"{place}: {got}" for place, got, _ in cases[:3])] for what, cases in found.items()
    ]
    console.show_table("Leak audit", ["leak", "found", "where"], rows)
    problems.check()


Case = tuple[str, str, str]


def _held_out(samples: xr.Dataset, held_out: Sequence[HeldOut]) -> Iterator[Case]:
    theirs, block = held_out_rows(samples, held_out), texts(samples["block"])
    for number, case in enumerate(held_out):
        for name in LEARNT:
            if rows := int((theirs[:, number] & (block == name)).sum()):
                regions = ", ".join(map(str, case.noaa_ars)) or "none"
                got = f"{rows} samples of HARP {case.harpnum}, NOAA {regions}"
                yield f"{name}, case {case.case[:12]}", got, "none: label again with held_out"


def _pairs(samples: xr.Dataset) -> Iterator[tuple[str, str, NDArray[Any], NDArray[Any]]]:
    """Pairs of blocks with the rows of each."""
    block = texts(samples["block"])
    for first, second in itertools.combinations(BLOCKS, 2):
        yield first, second, np.flatnonzero(block == first), np.flatnonzero(block == second)


def _regions(samples: xr.Dataset) -> Iterator[Case]:
    region = texts(samples["entity"]) == "region"
    noaa = pd.Series(texts(samples["noaa_ars"])).str.split(",")
    for first, second, left, right in _pairs(samples):
        left, right = left[region[left]], right[region[right]]
        harp = samples["harpnum"].to_numpy()
        # a region under its HARP and under its NOAA number is one region: either on both sides is a leak
        if shared := sorted({*harp[left].tolist()} & {*harp[right].tolist()} - {-1}):
            yield f"{first} and {second}", f"{len(shared)} HARPs, e.g. {shared[:5]}", "each region in one block"
        numbers = [
            {*noaa.iloc[rows].explode().dropna()} | {*samples["noaa_ar"].to_numpy()[rows].astype(str)}
            for rows in (left, right)
        ]
        if both := sorted(numbers[0] & numbers[1] - {"", "-1"}):
            yield f"{first} and {second}", f"{len(both)} NOAA regions, e.g. {both[:5]}", "each region in one block"


def _windows(samples: xr.Dataset, history_hours: float, ahead_hours: float) -> Iterator[Case]:
    """Spans from the beginning of the history to the end of the longest window must not overlap between blocks.

    For the full disk two issue times must be a solar rotation apart, because the same regions come back.
    """
    longest = np.timedelta64(round(max(float(samples["window"].max()), ahead_hours) * 3600), "s")
    history = np.timedelta64(round(history_hours * 3600), "s")
    start, end = samples["data_cutoff"].to_numpy() - history, samples["window_start"].to_numpy() + longest
    told = f"{history_hours:g} h of history and {longest.astype(int) / 3600:g} h of window apart"
    yield from _overlaps(samples, start, end, np.ones(len(start), bool), told)
    disk = texts(samples["entity"]) == "full_disk"
    issue = samples["issue_time"].to_numpy()
    yield from _overlaps(samples, issue - _ROTATION, issue, disk, "full-disk samples 27 days apart")


def _overlaps(
    samples: xr.Dataset, start: NDArray[Any], end: NDArray[Any], which: NDArray[np.bool_], wanted: str
) -> Iterator[Case]:
    """Find samples whose span overlaps any span of another block."""
    for first, second, left, right in _pairs(samples):
        left, right = left[which[left]], right[which[right]]
        # of the spans on the left, those that began before this one ends less those that ended before it begins
        begun = np.searchsorted(np.sort(start[left]), end[right], side="left")
        over = np.searchsorted(np.sort(end[left]), start[right], side="right")
        crossing = samples["issue_time"].to_numpy()[right[begun > over]]
        if len(crossing):
            got = f"{len(crossing)} samples, issued {str(crossing.min())[:16]} to {str(crossing.max())[:16]}"
            yield f"{second} against {first}", got, wanted


def _repeated_keys(samples: xr.Dataset) -> Iterator[Case]:
    table = pd.DataFrame(
        {name: texts(samples[name]) if name == "entity" else samples[name].to_numpy() for name in _KEYS}
    )
    repeated = table[table.duplicated(keep=False)]
    if len(repeated):
        example = ", ".join(str(value) for value in repeated.iloc[0])
        yield "samples", f"{len(repeated)} rows share a key, e.g. {example}", "each region and issue time once"


def _repeated_inputs(samples: xr.Dataset, inputs: Inputs) -> Iterator[Case]:
    if "keywords" not in inputs.modalities:
        return
    values, mask = inputs.modalities["keywords"]
    # a history that is constant (all keywords 0 where the observatory found no active pixel) identifies nothing
    varied = (values != values[:, :1, :1]) & mask
    filled: NDArray[np.bool_] = np.asarray(varied.any(axis=(1, 2)))
    digest = np.array([hashlib.blake2b(row.tobytes(), digest_size=8).hexdigest() for row in values])
    for first, second, left, right in _pairs(samples):
        same = np.intersect1d(digest[left[filled[left]]], digest[right[filled[right]]])
        if len(same):
            yield f"{first} and {second}", f"{len(same)} identical keyword histories", "no record in two blocks"


def _normaliser(samples: xr.Dataset, digest: str | None) -> Iterator[Case]:
    expected = training_digest(samples)
    if digest is not None and digest != expected:
        yield "normaliser", digest, f"{expected}, the digest of the training block"


def _future_keys(samples: xr.Dataset) -> Iterator[Case]:
    for earlier, later in (("data_cutoff", "issue_time"), ("data_cutoff", "window_start")):
        # "not (a <= b)" and not "a > b": NaT compares false either way, and is wrong here
        wrong = np.flatnonzero(~(samples[earlier].to_numpy() <= samples[later].to_numpy()))
        if len(wrong):
            yield "samples", f"{len(wrong)} rows, the first is row {wrong[0]}", f"{earlier} not later than {later}"


def _future_inputs(samples: xr.Dataset, inputs: Inputs) -> Iterator[Case]:
    cutoff = samples["data_cutoff"].to_numpy().astype("datetime64[us]")
    for modality, latest in inputs.latest.items():
        wrong = np.flatnonzero(latest.astype("datetime64[us]") > cutoff)
        if len(wrong):
            got = f"{len(wrong)} rows, e.g. row {wrong[0]}: {latest[wrong[0]]} after {cutoff[wrong[0]]}"
            yield f"inputs {modality}", got, "nothing later than data_cutoff"


def _derivable(samples: xr.Dataset, inputs: Inputs) -> Iterator[Case]:
    """Find columns, or their masks, that order the labels (nearly) without error."""
    event = samples["event"]
    region = texts(samples["entity"]) == "region"
    harp = samples["harpnum"].to_numpy()
    means = {name: _Means(images) for name, images in inputs.lazy.items()}
    for threshold, window in itertools.product(event["threshold"].to_numpy(), event["window"].to_numpy()):
        label = event.sel(threshold=threshold, window=window).to_numpy()
        kinds = [np.flatnonzero(region & (label == value)) for value in (0, 1)]
        # regions, not rows: a hundred rows of one region separate as easily as one
        if min(len(np.unique(harp[rows])) for rows in kinds) < _LEAST:
            continue
        rows = np.concatenate([_thin(kind) for kind in kinds])
        for modality, part, table in _columns(inputs, rows, means):
            for place, area in _giveaways(table, label[rows] == 1, inputs.names[modality]):
                got = f"AUC {area:.4f} for {threshold} in {window:g} h"
                yield f"{modality} {part}, {place}", got, f"between {1 - _DERIVABLE:.3f} and {_DERIVABLE:g}"


def _columns(
    inputs: Inputs, rows: NDArray[np.intp], means: Mapping[str, _Means]
) -> Iterator[tuple[str, str, NDArray[Any]]]:
    """Give each modality's values and masks in some rows; of images which frames there are, and each one's mean."""
    for modality, (values, mask) in inputs.modalities.items():
        yield modality, "values", values[rows]
        yield modality, "mask", mask[rows]
    for modality, images in inputs.lazy.items():
        yield modality, "mask", images.found[rows]
        yield modality, "mean", means[modality](rows)


class _Means:
    """Mean of each frame over what was observed; each distinct image is read once, whoever asks for it."""

    def __init__(self, images: LazyModality) -> None:
        self.images = images
        self.known: dict[int, NDArray[np.float64]] = {}

    def __call__(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Give the means of rows, shape (row, lag, channel)."""
        numbers = self.images.share[rows]
        first = np.unique(numbers, return_index=True)[1]
        new = [row for row, number in zip(rows[first], numbers[first], strict=True) if number not in self.known]
        for start in range(0, len(new), _READ):
            part = np.array(new[start : start + _READ])
            values, mask = self.images.read(part)
            # summed in 64 bits: of a million pixels, 32 bits would lose what tells two frames apart
            means = values.sum(axis=(3, 4), dtype=np.float64) / np.maximum(mask.sum(axis=(3, 4)), 1)
            self.known |= zip(self.images.share[part].tolist(), means, strict=True)
        return np.stack([self.known[number] for number in numbers.tolist()])


def _thin(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return at most so many rows, evenly spread: enough to tell 0.999 from what honest columns reach."""
    return np.asarray(rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _ENOUGH)).astype(int))])


def _giveaways(table: NDArray[Any], positive: NDArray[np.bool_], names: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    flat = table.reshape(len(table), -1)
    for column in np.flatnonzero((flat != flat[:1]).any(axis=0)):
        area = _auc(flat[:, column], positive)
        # a column that says the opposite of the label gives it away as well
        if max(area, 1 - area) >= _DERIVABLE:
            yield f"step {column // len(names)}, {names[column % len(names)]}", area


def _auc(values: NDArray[Any], positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, from the ranks of the positives (Mann-Whitney)."""
    number = int(positive.sum())
    ranks = rankdata(values)[positive].sum()
    return float((ranks - number * (number + 1) / 2) / (number * (len(values) - number)))
