"""A strip of pictures: what every image group of an archive holds, one frame each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sunproof.pipeline.receipts import replacing

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["picture_strip"]

# Magnetic field at which the grey scale ends, G.
_STRONG = 200.0


def picture_strip(archive: Path, path: Path) -> list[str]:
    """Draw the first frame of every image group of a simulated archive side by side.

    Parameters
    ----------
    archive : Path
        Zarr archive with its inventory beside it.
    path : Path
        PNG file to write; none is written where the archive holds no image.

    Returns
    -------
    list of str
        The groups, in the order of the pictures.
    """
    inventory = json.loads(Path(f"{archive}.inventory.json").read_text(encoding="utf-8"))["groups"]
    groups = [name for name, group in inventory.items() if group.get("slots", {}).get("filled")]
    if not groups:
        return []
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2.2 * len(groups), 2.6), facecolor="black", layout="tight")
    for number, name in enumerate(groups, start=1):
        axes = figure.add_subplot(1, len(groups), number)
        image, magnetic, words = _first_frame(archive, name)
        axes.imshow(
            image, origin="lower", cmap="gray" if magnetic else "inferno", vmin=-_STRONG if magnetic else None,
            vmax=_STRONG if magnetic else None,
        )  # fmt: skip
        axes.set_title(words, color="white", fontsize=7)
        axes.axis("off")
    with replacing(path) as partial:
        figure.savefig(partial, format="png", dpi=110)
    return groups


def _first_frame(archive: Path, group: str) -> tuple[npt.NDArray[np.float32], bool, str]:
    """Pixels for display, whether they are a magnetic field, and what to write above them."""
    import xarray as xr

    with xr.open_zarr(archive, group=group, decode_timedelta=False) as dataset:
        (name,) = (str(name) for name, variable in dataset.data_vars.items() if variable.dims == ("time", "y", "x"))
        slot = int(np.flatnonzero(dataset["missing_reason"].values == "")[0])
        pixels = dataset[name][slot].values.astype(np.float32)
        words = f"SIMULATED {group}\n{_place(dataset, slot)}"
    if name == "magnetic_field":
        return pixels, True, words
    floor = float(np.nanmedian(pixels[pixels > 0]))
    # dark and bright on one scale: linear below the median, logarithmic above
    return np.arcsinh(np.clip(pixels, 0.0, None) / floor * 2.0), False, words


def _place(dataset: xr.Dataset, slot: int) -> str:
    time = np.datetime_as_string(dataset["time_observed"].values[slot], unit="m")
    return f"{time}, longitude {float(dataset['observer_longitude'].values[slot]):z.0f}"
