"""A registry is a folder: every module in it that offers the wanted name is a member, and no list is edited."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from sunproof.pipeline.errors import ConfigError, Problem

__all__ = ["members", "pick"]


@cache
def members(package: str, attribute: str) -> dict[str, Any]:
    """List what the modules of a folder offer under one name.

    Parameters
    ----------
    package : str
        Import name of the folder, e.g. ``"sunproof.pipeline.sources"``.
    attribute : str
        The name each module must define to be a member, e.g. ``"SOURCE"``. Modules without it
        (``base.py``, helpers) are not members.

    Returns
    -------
    dict
        Module name -> object, sorted by module name.
    """
    folder = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(folder.__path__))
    modules = {name: importlib.import_module(f"{package}.{name}") for name in names}
    # Modules without the name are helpers of the members, not members.
    return {name: getattr(module, attribute) for name, module in modules.items() if hasattr(module, attribute)}


def pick(package: str, attribute: str, name: str) -> Any:
    """Return one member by module name.

    Raises
    ------
    ConfigError
        If there is no such member; the message lists those there are.
    """
    found = members(package, attribute)
    if name not in found:
        raise ConfigError(Problem(f"no such member of {package}", "configuration", name, f"one of {', '.join(found)}"))
    return found[name]
