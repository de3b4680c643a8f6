"""Layer by layer: how far a changed layer is from the one it replaces, on the inputs that the original gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sunproof.pipeline.training.strata import together

__all__ = ["changed_layers", "exported_layers"]

# Rows are enough for a root mean square, and every layer's inputs and outputs are kept.
_ROWS = 512

Seen = dict[str, tuple[tuple[Any, ...], dict[str, Any], Tensor]]


def _layers(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield modules that compute with weights of their own and hold no other, attention as one."""
    inside = ""
    for name, module in root.named_modules():
        if inside and name.startswith(f"{inside}."):
            continue
        if isinstance(module, nn.MultiheadAttention):
            inside = name
            yield name, module
        elif not list(module.children()) and list(module.parameters(recurse=False)):
            yield name, module


def _watch(root: nn.Module, call: Any) -> Seen:
    seen: Seen = {}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
            seen[name] = (args, kwargs, _first(output))

        return hook

    handles = [module.register_forward_hook(keep(name), with_kwargs=True) for name, module in _layers(root)]
    try:
        with torch.no_grad():
            call()
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _first(output: Any) -> Tensor:
    first: Tensor = output[0] if isinstance(output, tuple) else output
    return first


def _rows(inputs: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Tensor, Tensor]]:
    most = together(inputs, _ROWS)
    return {
        name: (torch.as_tensor(values[:most]), torch.as_tensor(mask[:most])) for name, (values, mask) in inputs.items()
    }


def changed_layers(original: nn.Module, changed: nn.Module, inputs: Mapping[str, tuple[Any, Any]]) -> dict[str, float]:
    """Give each layer of a changed model what the original's gets.

    Parameters
    ----------
    original, changed : Ensemble
        With the same names of layers.
    inputs : mapping
        Modality -> (values, mask), raw units; the first 512 rows.

    Returns
    -------
    dict
        Layer -> root mean square of the difference over that of the original's output.
    """
    seen = _watch(original, lambda: original(_rows(inputs)))
    modules, found = dict(changed.named_modules()), {}
    with torch.no_grad():
        for name, (args, kwargs, output) in seen.items():
            # the changed layer gets what the original's got, so that errors do not add up along the way
            layer = modules[name]
            dtype = next((part.dtype for part in layer.parameters(recurse=False)), torch.float32)
            cast = [_cast(part, dtype) for part in args]
            found[name] = _relative(
                _first(layer(*cast, **{key: _cast(part, dtype) for key, part in kwargs.items()})), output
            )
    return found


def _cast(value: Any, dtype: torch.dtype) -> Any:
    return value.to(dtype) if isinstance(value, Tensor) and value.is_floating_point() else value


def _relative(got: Tensor, wanted: Tensor) -> float:
    size = float(wanted.double().square().mean().sqrt())
    error = float((got.double() - wanted.double()).square().mean().sqrt())
    # a layer whose output is zero has no relative error
    return error / size if size else error


def exported_layers(
    original: nn.Module, program: torch.export.ExportedProgram, inputs: Mapping[str, tuple[Any, Any]]
) -> dict[str, float]:
    """Compare what flows through an exported program with what flows through the module it was made from.

    Parameters
    ----------
    original : Exportable
    program : torch.export.ExportedProgram
    inputs : mapping
        Modality -> (values, mask), raw units; the first 512 rows.

    Returns
    -------
    dict
        Layer -> relative root mean square, as `changed_layers`.
    """
    few = _rows(inputs)
    values, masks = ({name: pair[place] for name, pair in few.items()} for place in (0, 1))
    seen = _watch(original, lambda: original(values, masks))
    module: Any = program.module()
    last = {_path(node): node for node in module.graph.nodes if _path(node) in seen}
    kept: dict[str, Tensor] = {}

    class Watching(torch.fx.Interpreter):
        def run_node(self, n: torch.fx.Node) -> Any:
            result = super().run_node(n)
            path = _path(n)
            # getting an item of a tuple is its own node: the first one is the output that is compared
            fresh = path in seen and isinstance(result, Tensor) and (path not in kept or n is last[path])
            if fresh and result.shape == seen[path][2].shape:
                kept[path] = result
            return result

    flat = torch.utils._pytree.tree_leaves((values, masks))
    with torch.no_grad():
        Watching(module).run(*flat)
    # named as in the model itself, which lies in the exported module as `model`
    return {name.removeprefix("model."): _relative(kept[name], seen[name][2]) for name in seen if name in kept}


def _path(node: torch.fx.Node) -> str:
    stack = node.meta.get("nn_module_stack")
    return str(list(stack.values())[-1][0]) if stack else ""
