"""ONNX, where its packages are installed (``pip install "sunproof[onnx]"``): made from an exported program, and run."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sunproof.pipeline.errors import InputError, Problem

__all__ = ["OUTPUTS", "make_onnx", "run_onnx"]


OUTPUTS = ("logit", "log_rate", "alpha", "limit")


def make_onnx(program: torch.export.ExportedProgram, modalities: Iterable[str]) -> bytes:
    """Convert an exported program.

    Parameters
    ----------
    program : torch.export.ExportedProgram
        Of an `Exportable`.
    modalities : iterable of str
        In the order of its inputs.

    Returns
    -------
    bytes
        A model with inputs ``values_NAME`` and ``masks_NAME`` and outputs `OUTPUTS`.

    Raises
    ------
    InputError
        If an operation has no counterpart.
    """
    names = [f"{kind}_{name}" for kind in ("values", "masks") for name in modalities]
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    # the converter warns of its own deprecated parts and of packages it does not need, and reports steps on stdout
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            converted: Any = torch.onnx.export(program, dynamo=True, input_names=names, output_names=list(OUTPUTS))
        except torch.onnx.errors.OnnxExporterError as error:
            raise InputError(Problem("the model has no counterpart in ONNX", "onnx", str(error)[:300])) from error
        finally:
            logger.setLevel(level)
    return bytes(converted.model_proto.SerializeToString())


def run_onnx(content: bytes, inputs: Mapping[str, tuple[Any, Any]], rows: int) -> NDArray[np.float64]:
    """Run on the CPU, some rows at a time.

    Returns
    -------
    ndarray, shape (sample, threshold, window)
        Logits.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # warnings on constants that were folded are no news
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    size, parts = len(next(iter(inputs.values()))[0]), []
    for start in range(0, size, rows):
        given = {}
        for name, pair in inputs.items():
            for kind, part in zip(("values", "masks"), pair, strict=True):
                given[f"{kind}_{name}"] = np.asarray(part[start : start + rows])
        wanted = {item.name for item in session.get_inputs()}
        found = session.run(["logit"], {name: part for name, part in given.items() if name in wanted})
        parts.append(np.asarray(found[0], np.float64))
    return np.concatenate(parts)
