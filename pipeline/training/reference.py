"""Reference answers: a few inputs with what the model said when it was saved, held against what it says here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor

from sunproof.models.forecaster import Ensemble
from sunproof.models.heads import FlareProcess
from sunproof.pipeline.errors import InputError, Problem

__all__ = ["answers", "check_reference", "pick_reference", "spread_rows", "write_reference"]

# Rows of a vector step or of an image stack: the file stays small beside the weights.
_ROWS, _BYTES = 16, 1_000_000
# A modality of which one row is larger is left out: the model is then asked without it.
_LARGEST = _BYTES // 4
# Other processors and releases order sums otherwise: 1e-6 in logit. What is audited or recomputed may differ by 1e-5
# to 1e-4, so a model that differs by more is another one.
_PARITY = 1e-4

Inputs = Mapping[str, tuple[Any, Any]]


def spread_rows(size: int, most: int = _ROWS) -> NDArray[np.int64]:
    """Up to ``most`` of so many rows, evenly spread; by default as many as there are reference answers."""
    return np.unique(np.linspace(0, size - 1, min(most, size)).astype(np.int64))


def pick_reference(inputs: Inputs) -> dict[str, tuple[Any, Any]]:
    """Pick rows evenly, and of them make hard ones: nothing observed, one modality gone, NaN under a true mask.

    Parameters
    ----------
    inputs : mapping
        Modality -> (values, mask), raw units, of any block.

    Returns
    -------
    dict
        At most 16 rows and about a megabyte; without modalities of which a row has more than a quarter of that.
    """
    size = len(next(iter(inputs.values()))[0])
    bytes_of = {name: sum(np.asarray(part[:1]).nbytes for part in pair) for name, pair in inputs.items()}
    inputs = {name: pair for name, pair in inputs.items() if bytes_of[name] <= _LARGEST}
    each = sum(bytes_of[name] for name in inputs)
    rows = spread_rows(size, min(_ROWS, int(_BYTES // max(1, each))))
    picked = {name: tuple(np.array(np.asarray(part)[rows]) for part in pair) for name, pair in inputs.items()}
    for place, (values, mask) in enumerate(picked.values()):
        mask[:1] = False
        if len(rows) > place + 2:
            mask[place + 1] = False
            values[-1:][mask[-1:]] = np.where(np.arange(mask[-1:].sum()) % 5 == 0, np.nan, values[-1:][mask[-1:]])
    return {name: (pair[0], pair[1]) for name, pair in picked.items()}


def answers(ensemble: Ensemble, inputs: Inputs) -> dict[str, Tensor]:
    """Ask a model.

    Returns
    -------
    dict
        ``logit`` of every probability, shape (row, threshold, window), float64; ``changes`` of what is predicted beside
        flares (dex), if anything is.
    """
    with torch.no_grad():
        process: FlareProcess = ensemble(inputs).double()
    found = {"logit": process.logits(ensemble.fluxes.double())}
    return found if process.changes is None else found | {"changes": process.changes}


def write_reference(ensemble: Ensemble, inputs: Inputs, path: Path) -> None:
    """Write ``reference.safetensors``."""
    tensors = {name: part.contiguous() for name, part in answers(ensemble, inputs).items()}
    for name, (values, mask) in inputs.items():
        tensors |= {f"{name}.values": torch.as_tensor(values), f"{name}.mask": torch.as_tensor(mask)}
    path.write_bytes(safetensors.torch.save(tensors))


def check_reference(ensemble: Ensemble, path: Path, table: str = "") -> float:
    """Ask the model again.

    Parameters
    ----------
    ensemble : Ensemble
        As loaded here.
    path : Path
        ``reference.safetensors``.
    table : str
        Differences between the bundle's surroundings and these, for the message.

    Returns
    -------
    float
        Largest difference in logit, or in dex.

    Raises
    ------
    InputError
        If the model answers otherwise than when it was saved, or the file cannot be read.
    """
    try:
        tensors = safetensors.torch.load_file(path)
        wanted = {"logit": tensors.pop("logit")}
        if "changes" in tensors:
            wanted["changes"] = tensors.pop("changes")
        names = sorted({name.rpartition(".")[0] for name in tensors})
        inputs = {name: (tensors[f"{name}.values"], tensors[f"{name}.mask"]) for name in names}
    except (safetensors.SafetensorError, KeyError) as error:
        raise InputError(Problem("reference answers not readable", str(path), str(error))) from error
    got = answers(ensemble, inputs)
    worst = max(_apart(got[name], part) if name in got else torch.inf for name, part in wanted.items())
    if worst > _PARITY:
        what = "the model answers otherwise than when it was saved" + (f":\n{table}\n" if table else "")
        todo = "Train the model again, or use what made it."
        raise InputError(Problem(what, str(path), f"{worst:.2g}", f"at most {_PARITY:g} in logit", todo))
    return worst


def _apart(got: Tensor, wanted: Tensor) -> float:
    """Largest difference; equal first, for both may be infinite, or both unknown."""
    same = (got == wanted) | (torch.isnan(got) & torch.isnan(wanted))
    difference = torch.where(same, torch.zeros_like(got), (got - wanted).abs())
    return float(difference.nan_to_num(nan=torch.inf).max()) if difference.numel() else 0.0
