"""The code of somebody else's module: taken into a bundle, and loaded from it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from sunproof.models.foreign import ForeignModel
from sunproof.pipeline.errors import InputError, Problem
from sunproof.pipeline.receipts import digest_file

__all__ = ["load_foreign", "make_module", "read_weights"]

_WANTED = "file.py:NAME or package.module:NAME, where NAME makes a torch.nn.Module"


def load_foreign(tree: Mapping[str, Any], statistics: Mapping[str, Any], root: Path) -> ForeignModel:
    """Make the model of a bundle's ``model.json``; its weights are not loaded.

    Parameters
    ----------
    tree : mapping
        ``architecture``, and ``foreign`` with ``module``, ``options``, ``answers``, ``missing``.
    statistics : mapping
        ``normaliser.json``.
    root : Path
        The bundle, which holds the code where ``module`` names a file.

    Raises
    ------
    InputError
        See `make_module`.
    """
    told = tree["foreign"]
    module = make_module(told["module"], told["options"], root)
    missing = float("nan") if told["missing"] is None else told["missing"]
    return ForeignModel(module, tree["architecture"], statistics, told["answers"], missing)


def make_module(reference: str, options: Mapping[str, Any], root: Path = Path()) -> nn.Module:
    """Call what makes the module. The code is run: it must be trusted as any installed package is.

    Parameters
    ----------
    reference : str
        ``file.py:NAME``, the file relative to ``root``, or ``package.module:NAME`` of something installed.
    options : mapping
        Named arguments.
    root : Path

    Raises
    ------
    InputError
        If there is no such code, if it fails, or if it makes something else.
    """
    where, _, name = reference.partition(":")
    try:
        source = _source(root / where) if where.endswith(".py") else importlib.import_module(where)
        made = getattr(source, name)(**options)
    # whatever somebody else's code raises is told as a problem of that code, with its own words
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
        raise InputError(Problem("the module cannot be made", reference, got, _WANTED)) from error
    if not isinstance(made, nn.Module):
        raise InputError(Problem("not a torch module", reference, type(made).__name__, _WANTED))
    _check_names(made, reference)
    return made


def _source(path: Path) -> ModuleType:
    # named after its content: another bundle's file of the same name is another module
    name = f"_sunproof_foreign_{digest_file(path)[-16:]}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no Python file")
        module = importlib.util.module_from_spec(spec)
        # registered first: dataclasses and pickling look their module up there
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            # half a module must not be found by the next who asks
            del sys.modules[name]
            raise
    return sys.modules[name]


def _check_names(module: nn.Module, reference: str) -> None:
    kinds = {parameter.kind for parameter in inspect.signature(module.forward).parameters.values()}
    # no name, no way to tell which modality an input is
    if inspect.Parameter.POSITIONAL_ONLY in kinds or inspect.Parameter.VAR_POSITIONAL in kinds:
        got = f"forward{inspect.signature(module.forward)}"
        raise InputError(Problem("inputs without names", reference, got, "named inputs, one a modality"))


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a state dict: safetensors, or what ``torch.save(module.state_dict(), path)`` wrote.

    Raises
    ------
    InputError
        If it cannot be read without running code.
    """
    try:
        if path.suffix == ".safetensors":
            return dict(safetensors.torch.load_file(path))
        # weights_only: a pickle may run any code when it is read
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    # torch tells of a bad file by half a dozen kinds of error
    except Exception as error:
        wanted = "a state dict (.safetensors, or torch.save of module.state_dict())"
        raise InputError(Problem("weights not readable", str(path), str(error), wanted)) from error
