"""The architecture that a configuration and its inputs ask for, and the statistics of images."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sunproof.models.normaliser import fit_images
from sunproof.pipeline.samples.images.base import LazyModality
from sunproof.pipeline.samples.images.vector import MIRRORED
from sunproof.pipeline.training.encoders import own_options, serving

if TYPE_CHECKING:
    from sunproof.pipeline.samples.dataset import SampleData
    from sunproof.pipeline.training.config import ModelConfig, TrainConfig

__all__ = ["build_architecture", "image_statistics"]

# Images that statistics are taken from, and how many are held at once.
_IMAGES, _TOGETHER = 256, 16


def build_architecture(data: SampleData, config: TrainConfig) -> dict[str, Any]:
    """Describe the network in plain values.

    Parameters
    ----------
    data : SampleData
        After ``setup``.
    config : TrainConfig

    Returns
    -------
    dict
        See `sunproof.models.network.Network`.
    """
    modalities: dict[str, Any] = {}
    linear: Mapping[str, tuple[str, ...]] = config.model.linear.model_dump()
    for name, (values, _) in data.inputs.modalities.items():
        names, patterns = list(data.inputs.names[name]), linear.get(name, ())
        wide = [key for key in names if any(fnmatch.fnmatchcase(key, pattern) for pattern in patterns)]
        steps = int(values.shape[1]) if values.ndim == 3 else None
        settings: dict[str, Any] = {"layers": 1}
        if steps is not None:
            settings = {"layers": config.model.recurrent_layers, "summaries": list(config.model.summaries)}
        own = _encoder(name, config.model, settings)
        modalities[name] = {**own, "features": names, "wide": wide, "steps": steps}
    modalities |= {name: _image(name, images, config.model) for name, images in data.inputs.lazy.items()}
    model = config.model
    fusion = model.fusion or ("attention" if data.inputs.lazy else "join")
    architecture = {
        "modalities": modalities,
        "thresholds": [str(name) for name in data.samples["threshold"].to_numpy()],
        "windows": [float(value) for value in data.samples["window"].to_numpy()],
        "width": model.width,
        "hidden": model.hidden,
        "dropout": model.dropout,
        "modality_dropout": model.modality_dropout,
    }
    if fusion == "attention":
        architecture["fusion"] = {"layers": model.fusion_layers, "heads": model.fusion_heads}
    auxiliary = config.optimiser.physics.auxiliary
    if auxiliary is not None:
        architecture["auxiliary"] = auxiliary.model_dump(mode="json", include={"quantities", "lead_hours"})
    return architecture


def _image(name: str, images: LazyModality, model: ModelConfig) -> dict[str, Any]:
    common = {"features": list(images.names), "wide": [], "steps": images.shape[0], "grid": list(images.shape[-2:])}
    common["signed"] = list(images.signed)
    if name == "vector":
        common["mirrored"] = list(MIRRORED)
    own = _encoder(name, model, getattr(model, name).model_dump())
    told = {"instruments": _instruments(images.names), "channel_dropout": model.instrument_dropout}
    known = own_options(own["encoder"], given=True)
    return {**common, **{key: value for key, value in told.items() if key in known}, **own}


def _encoder(name: str, model: ModelConfig, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Name the encoder of a modality, with its own options; the settings are those of the one that serves it."""
    usual, chosen = serving(name), {str(key): choice for key, choice in model.encoders.items()}.get(name)
    if chosen is None:
        return {"encoder": usual, **settings}
    # layers of one encoder are no layers of another: that one begins from its own defaults
    return {"encoder": chosen.name, **(settings if chosen.name == usual else {}), **chosen.options}


def _instruments(names: tuple[str, ...]) -> list[list[int]]:
    """Put the channels of one instrument together: ``aia_131`` and ``aia_193``, but neither EUVI with the other."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(name.rpartition("_")[0] or name, []).append(place)
    return list(found.values())


def image_statistics(lazy: Mapping[str, LazyModality], rows: NDArray[np.int64]) -> dict[str, dict[str, Any]]:
    """Fit how images are normalised, on some of the training block's, evenly spread over it.

    Parameters
    ----------
    lazy : mapping
        Modality -> images of all samples.
    rows : ndarray of int
        The training block.

    Returns
    -------
    dict
        Modality -> what `sunproof.models.normaliser.fit_images` found.
    """
    found = {}
    for name, images in lazy.items():
        # what is shared is read once, so that a moment with many regions does not outweigh the others
        distinct = rows[np.unique(images.share[rows], return_index=True)[1]]
        # a row without any frame would be read for nothing
        distinct = distinct[images.found[distinct].any(axis=(1, 2))]
        chosen = (
            distinct[np.unique(np.linspace(0, len(distinct) - 1, _IMAGES).astype(int))] if len(distinct) else distinct
        )
        parts = (chosen[start : start + _TOGETHER] for start in range(0, len(chosen), _TOGETHER))
        found[name] = fit_images((images.read(part) for part in parts), images.signed)
    return found
