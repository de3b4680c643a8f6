"""One implementation for arrays and tensors: functions are written in torch, arrays go in and come out as arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np
import torch

__all__ = ["array_or_tensor"]

F = TypeVar("F", bound=Callable[..., Any])


def array_or_tensor(function: F) -> F:
    """Let a function of torch tensors take numpy arrays too.

    If any argument is a tensor the result is tensors, on that tensor's device; otherwise arrays are converted without
    a copy where their layout allows it (big-endian FITS data is copied) and the result is converted back.
    """

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        given = [*args, *kwargs.values()]
        if any(isinstance(value, torch.Tensor) for value in given):
            # Tensors stay on their device and in their graph.
            return function(*args, **kwargs)
        result = function(*map(_tensor, args), **{key: _tensor(value) for key, value in kwargs.items()})
        return _array(result)

    return cast(F, wrapper)


def _tensor(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    # torch knows the machine's byte order only, and warns about arrays it could write through but must not.
    native = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("="))
    return torch.from_numpy(native if native.flags.writeable else native.copy())


def _array(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().numpy()
    if isinstance(value, dict):
        return {key: _array(item) for key, item in value.items()}
    if isinstance(value, tuple):
        items = [_array(item) for item in value]
        # A named tuple takes its fields one by one, a plain one all at once.
        return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
    return value
