"""``sunproof export``: a model as torch.export and ONNX files, each held against the one that was trained."""

from __future__ import annotations

import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.models.reduced import Exportable, reduced
from sunproof.pipeline import console, receipts
from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.training.bundle import Bundle, load_bundle
from sunproof.pipeline.training.compatibility import made_here
from sunproof.pipeline.training.config import ExportConfig
from sunproof.pipeline.training.layers import changed_layers, exported_layers
from sunproof.pipeline.training.onnx_file import make_onnx, run_onnx
from sunproof.pipeline.training.parity import ENOUGH, LIMITS, compare, objections, worst_layer
from sunproof.pipeline.training.parity_page import write_page
from sunproof.pipeline.training.shelf import bundle_folder
from sunproof.pipeline.training.strata import Strata, pick_strata, together
from sunproof.pipeline.training.threads import one_thread

__all__ = ["export_program", "run"]

_ROWS = 1024
Inputs = Mapping[str, tuple[Any, Any]]


def run(config: ExportConfig) -> Path:
    """Export every version that is asked for, with the report on its parity; those too far away are left out.

    Parameters
    ----------
    config : ExportConfig

    Returns
    -------
    Path
        The folder: one file a version, ``parity.json`` and ``parity.md``.

    Raises
    ------
    InputError
        If bundle, archive and samples are not of one Sun; after everything else is written, if a version exceeds a
        limit: with its name, layer and numbers.
    """
    # before minutes of loading: a missing package is told at once
    if "onnx" in config.versions and importlib.util.find_spec("onnxscript") is None:
        raise InputError(Problem("not installed", "onnx", "onnxscript", todo='pip install "sunproof[onnx]"'))
    bundle = load_bundle(config.bundle)
    bundle.check_sun(config.bundle, config.archive)
    data = SampleData(config.archive, config.samples, bundle.inputs)
    data.setup()
    bundle.check_features(data.inputs.names, str(config.archive))
    strata = pick_strata(data, config.blocks, config.size, config.seed)
    inputs = {"bundle": bundle.digest, "samples": receipts.digest_file(config.samples)}
    inputs["archive"] = receipts.digest_tree(config.archive)
    refused = ProblemList(str(bundle_folder(config.bundle)), InputError)
    with receipts.replacing(config.output) as partial, _plain_attention():
        partial.mkdir()
        report = _report(bundle, strata, config.keep)
        for version in console.track(config.versions, "exporting"):
            report["versions"][version] = _version(bundle, strata, version, config.keep, partial, refused)
        (partial / "parity.json").write_bytes(receipts.canonical(report) + b"\n")
        (partial / "parity.md").write_text(write_page(report), encoding="utf-8")
    receipts.write_receipt(config.output, "export", config.model_dump(mode="json"), inputs)
    console.say(write_page(report))
    # the versions that are near enough are written first; one that is not must not take them along
    refused.check()
    return config.output


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Compare one algorithm: in eval mode attention would take another path, which knows nothing of changed layers."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with one_thread():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _report(bundle: Bundle, strata: Strata, keep: Sequence[str]) -> dict[str, Any]:
    flares = len(strata) - strata.counts().get("quiet", 0)
    return {
        "bundle": bundle.digest,
        "model": bundle.facts.get("model", "sunproof"),
        "made": made_here(bundle.ensemble.architecture),
        "inputs": {name: list(values.shape[1:]) for name, (values, _) in strata.inputs.items()},
        "limits": LIMITS,
        "keep": list(keep),
        "samples": {"drawn": len(strata), **strata.counts()},
        "enough": bool(len(strata) >= ENOUGH["samples"] and flares >= ENOUGH["flares"]),
        "versions": {},
    }


def _version(
    bundle: Bundle, strata: Strata, version: str, keep: Sequence[str], folder: Path, refused: ProblemList
) -> dict[str, Any]:
    """Export one version, compare it, and keep its file if it is near enough."""
    try:
        return _compared(bundle, strata, version, keep, folder, refused)
    except InputError as error:
        refused.problems.extend(error.problems)
        return {"objections": [problem.what for problem in error.problems], "file": None}


def _compared(
    bundle: Bundle, strata: Strata, version: str, keep: Sequence[str], folder: Path, refused: ProblemList
) -> dict[str, Any]:
    original = bundle.ensemble
    model = reduced(original, "fp32" if version == "onnx" else version, keep)  # type: ignore[arg-type]
    module = Exportable(model).eval()
    program = export_program(module, strata.inputs)
    layers: Mapping[str, float]
    if version == "onnx":
        content, layers = make_onnx(program, strata.inputs), {}
        logit = run_onnx(content, strata.inputs, together(strata.inputs, _ROWS))
    else:
        content = _bytes(program)
        layers = (
            exported_layers(module, program, strata.inputs)
            if version == "fp32"
            else changed_layers(original, model, strata.inputs)
        )
        # what was written is what is compared
        logit = _answers(torch.export.load(io.BytesIO(content)).module(), strata.inputs)
    parity = compare(_answers(Exportable(original), strata.inputs), logit, strata, bundle.facts["scores"], layers)
    name = f"{'fp32' if version == 'onnx' else version}.{'onnx' if version == 'onnx' else 'pt2'}"
    against = objections(parity)
    if against:
        what = (
            f"{version} is not exported, and layer {worst_layer(parity)} is where it differs most: {'; '.join(against)}"
        )
        refused.add(what, todo=f"Leave this version out{', or add that layer to keep' if version == 'int8' else ''}.")
    else:
        (folder / name).write_bytes(content)
    return {**parity.plain(), "objections": against, "file": None if against else name}


def export_program(module: Exportable, inputs: Inputs) -> torch.export.ExportedProgram:
    """Export for batches of any size.

    Parameters
    ----------
    module : Exportable
        In eval mode.
    inputs : mapping
        Modality -> (values, mask): a few rows show shapes and types.

    Raises
    ------
    InputError
        If the model cannot be traced.
    """
    # neither 1 nor the length of anything else: such a size would be taken for a constant
    values, masks = ({name: torch.as_tensor(pair[place][:7]) for name, pair in inputs.items()} for place in (0, 1))
    batch = torch.export.Dim("batch", min=1, max=1_000_000)
    shapes = tuple({name: {0: batch} for name in part} for part in (values, masks))
    with torch.no_grad(), _quiet():
        try:
            return torch.export.export(module, (values, masks), dynamic_shapes=shapes)
        # what cannot be traced fails in a dozen ways; each says in its first line what and where
        except Exception as error:
            got = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            raise InputError(Problem("the model cannot be traced", "torch.export", got)) from error


@contextmanager
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("torch.export")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # recurrent layers keep a list of their own weights, which is made anew and means nothing here
        warnings.filterwarnings("ignore", message=r"(?s).*were assigned during export")
        try:
            yield
        finally:
            logger.setLevel(level)


def _bytes(program: torch.export.ExportedProgram) -> bytes:
    stream = io.BytesIO()
    with _quiet():
        torch.export.save(program, stream)
    return stream.getvalue()


def _answers(module: Any, inputs: Inputs) -> NDArray[np.float64]:
    size, parts, step = len(next(iter(inputs.values()))[0]), [], together(inputs, _ROWS)
    with torch.no_grad():
        for start in range(0, size, step):
            rows = slice(start, start + step)
            values, masks = ({name: torch.as_tensor(pair[k][rows]) for name, pair in inputs.items()} for k in (0, 1))
            parts.append(module(values, masks)["logit"].double().numpy())
    return np.concatenate(parts)
