"""What an instrument of the synthetic Sun is, and how every file says that it is simulated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sunproof.pipeline.receipts import replacing

if TYPE_CHECKING:
    from sunproof.pipeline.simulate.scene import Scene

__all__ = ["ORIGIN", "Instrument", "write_text"]

ORIGIN = "simulated by sunproof; no observation"


@runtime_checkable
class Instrument(Protocol):
    """Protocol of every ``INSTRUMENT`` in this folder: looks at the scene, writes files as the real one would."""

    name: str
    """Folder below the raw folder, e.g. ``"sharp"``."""

    def observe(self, scene: Scene, folder: Path) -> list[Path]:
        """Write this instrument's files.

        Parameters
        ----------
        scene : Scene
        folder : Path
            Raw folder of this instrument; made where it is missing.

        Returns
        -------
        list of Path
            The files written. The same scene gives the same bytes.
        """
        ...


def write_text(path: Path, text: str, **facts: str) -> Path:
    """Write a text file under comment lines that say it is simulated, whole or not at all.

    Parameters
    ----------
    path : Path
    text : str
    **facts
        Further facts for the reader, as ``# name: value`` lines.

    Returns
    -------
    Path
        The same path.
    """
    header = {"simulated": "1", "origin": ORIGIN, **facts}
    lines = "".join(f"# {name}: {value}\n" for name, value in header.items())
    with replacing(path) as partial:
        partial.write_text(lines + text, encoding="utf-8")
    return path
