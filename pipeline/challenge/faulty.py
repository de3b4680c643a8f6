"""Models with planted faults, trained or damaged once and kept as bundles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.plants.models import MODELS, FaultyModel
from sunproof.pipeline.console import say
from sunproof.pipeline.receipts import code_key, code_version, digest_json
from sunproof.pipeline.samples.dataset import SampleData, read_samples
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.training.bundle import Bundle, load_bundle, save_bundle
from sunproof.pipeline.training.config import (
    DiskModelConfig,
    EncoderConfig,
    LinearConfig,
    ModelConfig,
    PatchModelConfig,
    TrainConfig,
    TrainerConfig,
)
from sunproof.pipeline.training.encoders import own_options, serving
from sunproof.pipeline.training.train import train

__all__ = ["Workshop"]

# A shortcut has to be visible to be learnt: place, hour and gaps enter the linear path, too.
_LINEAR = LinearConfig(region=("flares_[cm]_*", "flare_index_*", "hours_since_[cm]", "longitude", "srs_age"))


class Workshop:
    """Makes models with faults, and finds again those made before.

    Parameters
    ----------
    config : ChallengeConfig
    seed : int

    Raises
    ------
    InputError
        If the bundle cannot be used, or is of a simulated Sun and the archive of the real one.
    """

    def __init__(self, config: ChallengeConfig, seed: int) -> None:
        self.config, self.seed = config, seed
        self.reference = load_bundle(config.bundle)
        self.reference.check_sun(config.bundle, config.archive)
        self._data: SampleData | None = None

    def bundle(self, name: str) -> Path:
        """Return the bundle of a model plant, making it where it is not there yet.

        Raises
        ------
        StopIteration
            If no such plant exists.
        """
        model = next(one for one in MODELS if one.plant.name == name)
        # A model that was damaged depends on the private seed; one that was trained has a seed of its own.
        own = 0 if model.change is None else str(self.seed)
        key = digest_json([self.reference.digest, self.config.model.model_dump(), own])
        path = self.config.output / "models" / f"{name.replace(' ', '_').replace('%', 'percent')}-{key[-12:]}"
        if path.exists():
            _tell_other_code(path)
            return path
        say(f"making the model: {name}")
        self.make(model, path)
        return path

    def make(self, model: FaultyModel, path: Path) -> None:
        """Make a model with a fault, whether of the challenge or not, and keep it.

        Parameters
        ----------
        model : FaultyModel
            The audited model is damaged where it says how (``change``); otherwise one is trained with its fault.
        path : Path
            Folder of the bundle to write.
        """
        if model.change is None:
            made = self._train(model, path)
        else:
            random = np.random.default_rng(self.seed)
            made = replace(self.reference, ensemble=model.change(self.reference.ensemble, random))
        save_bundle(made, path, f"# {model.plant.name}\n\nA model with a planted fault. Never serve it.\n")

    def _train(self, model: FaultyModel, path: Path) -> Bundle:
        data = _planted(self._rows(), model, self.config.model.correlation, self.config.model.seed)
        config = TrainConfig(
            archive=self.config.archive,
            samples=self.config.samples,
            output=path,
            inputs=self.reference.inputs,
            model=ModelConfig(
                summaries=("last", "trend", "square", "observed"), linear=_LINEAR, **_encoders(self.reference)
            ),
            trainer=TrainerConfig(max_epochs=self.config.model.max_epochs, patience=4),
            seeds=(self.config.model.seed,),
        )
        # an interrupted training is gone on with by the code that began it alone
        work = path.parent / f".{path.name}.{digest_json(code_key())[-12:]}.work"
        receipt = {name: self.reference.facts.get(name) for name in ("inputs", "training_digest")}
        made = train(data, config, work, receipt)
        shutil.rmtree(work, ignore_errors=True)
        return made

    def _rows(self) -> SampleData:
        """Draw rows of the training block and half as many of the validation block, with their inputs."""
        if self._data is None:
            samples = read_samples(self.config.samples)
            block, regions = texts(samples["block"]), texts(samples["entity"]) == "region"
            random = np.random.default_rng(self.config.model.seed)
            drawn = []
            for name, count in (("train", self.config.model.rows), ("validation", self.config.model.rows // 2)):
                rows = np.flatnonzero((block == name) & regions)
                drawn.append(random.permutation(rows)[:count])
            # flares of no region, and so the background, come from the full-disk rows
            disk = np.flatnonzero((block == "train") & ~regions)
            rows = np.sort(np.concatenate([*drawn, random.permutation(disk)[: self.config.model.rows // 3]]))
            self._data = SampleData(self.config.archive, samples.isel(sample=rows), self.reference.inputs)
            self._data.setup()
        return self._data


def _tell_other_code(path: Path) -> None:
    """Say that a model was made by other code than this: training it is dear, and a planted fault stays one."""
    made = str(json.loads((path / "model.json").read_text(encoding="utf-8"))["made"]["code"])
    if made.endswith("+dirty") or made != code_version():
        say(f"{path}: kept from code {made}, this is {code_version()}; remove it to have it made again")


def _encoders(reference: Bundle) -> dict[str, Any]:
    """Take encoders as the reference has them: those of images have to fit their size, others were chosen."""
    modalities = reference.ensemble.architecture["modalities"]
    # a foreign module's have no encoder
    blocks = {name: block for name, block in modalities.items() if "encoder" in block}
    kinds: dict[str, type[DiskModelConfig | PatchModelConfig]] = {
        "disk": DiskModelConfig,
        "patch": PatchModelConfig,
        "vector": PatchModelConfig,
    }
    chosen = {name: _chosen(block) for name, block in blocks.items() if block["encoder"] != serving(name)}
    found: dict[str, Any] = {
        name: kind(**{key: blocks[name][key] for key in kind.model_fields if key in blocks[name]})
        for name, kind in kinds.items()
        if name in blocks and name not in chosen
    }
    return {**found, "encoders": chosen}


def _chosen(block: Mapping[str, Any]) -> EncoderConfig:
    own = own_options(block["encoder"])
    return EncoderConfig(name=block["encoder"], options={key: block[key] for key in own if key in block})


def _planted(data: SampleData, model: FaultyModel, correlation: float, seed: int) -> SampleData:
    random = np.random.default_rng([seed, 1])
    samples = data.samples
    if model.shuffled:
        samples = _shuffled(samples, model.shuffled, random)
    parts: dict[str, Any] = dict(data.inputs.modalities)
    images = dict(data.inputs.lazy)
    flared = np.nan_to_num(samples["event"].to_numpy()[:, 0, 0]) > 0
    # A cue that always told the truth would be a feature; at this share it misleads now and then.
    shown = np.where(random.random(len(flared)) < correlation, flared, ~flared)
    if model.cue is not None:
        parts = model.cue(parts, shown, data.inputs.names, random)
    if model.image_cue is not None:
        images = model.image_cue(images, shown)
    planted = SampleData(data.archive, samples, data.input_config)
    planted.inputs = Inputs(parts, data.inputs.names, data.inputs.latest, images)
    return planted


def _shuffled(samples: xr.Dataset, share: float, random: np.random.Generator) -> xr.Dataset:
    regions = texts(samples["entity"]) == "region"
    chosen = np.flatnonzero(regions & (random.random(samples.sizes["sample"]) < share))
    order: NDArray[np.intp] = np.arange(samples.sizes["sample"])
    # Labels change places among the chosen: their number of flares stays.
    order[chosen] = random.permutation(chosen)
    labels: Mapping[str, Any] = {
        name: (samples[name].dims, samples[name].to_numpy()[order]) for name in ("event", "flare_count", "largest_flux")
    }
    return samples.assign(labels)
