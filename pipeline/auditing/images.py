"""The audit looks at the images behind a forecast: usual ones, in their place, no copies, and of this region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sunproof.models.cutouts import Cutouts
    from sunproof.models.gallery import Frames, Gallery
    from sunproof.pipeline.samples.config import InputConfig
    from sunproof.pipeline.samples.features import Inputs
    from sunproof.pipeline.samples.images.portraits import Portraits

__all__ = ["Seen", "draw_images", "look_at_images"]

Columns = dict[str, NDArray[np.float64]]

# Moments of the training block that are looked at, rows whose patches are, and rows read at once.
_MOMENTS, _ROWS, _TOGETHER = 1000, 2000, 256
_DAY = 86_400_000_000


class Seen(NamedTuple):
    """What the training block's images are like; None where there are too few of them.

    ``gallery`` knows frames, ``cutouts`` patches of regions. Nothing of it comes from the model but which images it
    reads.
    """

    gallery: Gallery | None
    cutouts: Cutouts | None


def draw_images(archive: str, rows: xr.Dataset, inputs: InputConfig, records: Inputs, seed: int) -> Seen | None:
    """Look at images of the training block.

    Parameters
    ----------
    archive : str
    rows : xarray.Dataset
        Of the training block, along ``sample``.
    inputs : InputConfig
        The model's.
    records : Inputs
        Three days of records of the same rows.
    seed : int

    Returns
    -------
    Seen or None
        None for a model without images.
    """
    from sunproof.models.cutouts import Cutouts, Shown
    from sunproof.models.gallery import Gallery
    from sunproof.pipeline.samples.features import build
    from sunproof.pipeline.samples.images.portraits import Portraits, image_groups

    if not image_groups(inputs):
        return None
    random = np.random.default_rng([seed, 11])
    times = np.unique(rows["data_cutoff"].to_numpy())
    times = np.sort(random.permutation(times)[:_MOMENTS])
    frames, day = _frames(Portraits(archive, inputs), times)
    gallery = Gallery.fit(frames, day, seed)
    if inputs.patch is None:
        return Seen(gallery, None)
    chosen = np.sort(random.permutation(rows.sizes["sample"])[:_ROWS])
    pictures = build(
        archive, rows.isel(sample=chosen), inputs.model_copy(update={"modalities": (), "disk": None, "vector": None})
    )
    patch = _patches(pictures)
    keywords: Any = tuple(part[chosen] for part in records.modalities["keywords"])
    shown = Shown.of_images(keywords, patch)
    return Seen(gallery, Cutouts.fit(shown, rows["harpnum"].to_numpy()[chosen], seed))


def look_at_images(
    seen: Seen, archive: str, keys: xr.Dataset, model: tuple[InputConfig, Inputs], keywords: Any
) -> Columns:
    """Tell of the images behind forecasts.

    Parameters
    ----------
    seen : Seen
    archive : str
    keys : xarray.Dataset
        Some forecasts of regions.
    model : tuple of (InputConfig, Inputs)
        What the model reads, and of these forecasts.
    keywords : tuple of ndarray
        Three days of records of the same forecasts: values and mask.

    Returns
    -------
    dict
        ``domain_images``, ``image_placement``, ``image_copies`` and ``patch_agreement``, shape (row,).
    """
    from sunproof.models.cutouts import Shown
    from sunproof.pipeline.samples.images.portraits import Portraits
    from sunproof.pipeline.samples.reading import remembered

    inputs, read = model
    times, inverse = np.unique(keys["data_cutoff"].to_numpy(), return_inverse=True)
    key = ("portraits", archive, inputs.model_dump_json())
    portraits = remembered(key, lambda: Portraits(archive, inputs))
    frames, _ = _frames(portraits, times)
    nothing = np.full(len(times), np.nan)
    usual, placed = seen.gallery(frames) if seen.gallery is not None else (nothing, nothing)
    found = {"domain_images": usual, "image_placement": placed, "image_copies": _copies(portraits, times)}
    columns = {name: np.asarray(values[inverse], np.float64) for name, values in found.items()}
    if seen.cutouts is not None:
        columns["patch_agreement"] = seen.cutouts(Shown.of_images(keywords, _patches(read)))
    return columns


def _frames(portraits: Portraits, times: NDArray[Any]) -> tuple[Mapping[str, Frames], NDArray[np.float64]]:
    """Portraits of the latest frame of each channel at some moments."""
    from sunproof.models.gallery import Frames
    from sunproof.pipeline.samples.images.portraits import FEATURES
    from sunproof.pipeline.samples.timeline import microseconds

    found = {}
    for name, slots in portraits.slots(times.astype("datetime64[us]")).items():
        features, agreement = np.full((len(times), len(FEATURES)), np.nan), np.full(len(times), np.nan)
        flux, limb = agreement.copy(), agreement.copy()
        for row, slot in enumerate(slots.tolist()):
            if slot >= 0:
                one = portraits.of(name, slot)
                features[row], agreement[row], flux[row], limb[row] = one.features, one.agreement, one.flux, one.limb
        found[name] = Frames(features, agreement, flux, limb)
    return found, microseconds(times) / _DAY


def _copies(portraits: Portraits, times: NDArray[Any]) -> NDArray[np.float64]:
    """Channels whose latest frame repeats one before it; NaN where there is no frame at all."""
    count, any_there = np.zeros(len(times)), np.zeros(len(times), bool)
    for name, slots in portraits.slots(times.astype("datetime64[us]")).items():
        for row in np.flatnonzero(slots >= 0).tolist():
            count[row] += portraits.of(name, int(slots[row])).copy
            any_there[row] = True
    return np.where(any_there, count, np.nan)


def _patches(inputs: Inputs) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    parts = [
        inputs.read(slice(start, start + _TOGETHER), only=("patch",))["patch"]
        for start in range(0, len(inputs), _TOGETHER)
    ]
    return np.concatenate([values for values, _ in parts]), np.concatenate([mask for _, mask in parts])
