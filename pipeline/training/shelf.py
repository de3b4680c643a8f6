"""Where bundles are: a folder anywhere, or the one that ships inside the package."""

from __future__ import annotations

from pathlib import Path

__all__ = ["BUILTIN", "bundle_folder"]

BUILTIN = "builtin"
"""Name that stands for the model in the package."""


def bundle_folder(name: str | Path) -> Path:
    """Find a bundle's folder.

    Parameters
    ----------
    name : str or Path
        A path, or ``builtin``; a folder of that name is reached by its full path.

    Returns
    -------
    Path
    """
    return Path(__file__).parent / BUILTIN if str(name) == BUILTIN else Path(name)
