"""What ``sunproof train`` needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from sunproof.pipeline.config import Config
from sunproof.pipeline.samples.config import InputConfig

__all__ = [
    "CardConfig",
    "EncoderConfig",
    "ExportConfig",
    "ModelConfig",
    "OptimiserConfig",
    "TrainConfig",
    "TrainerConfig",
    "WrapConfig",
]

Summary = Literal["last", "mean", "deviation", "change", "trend", "square", "observed"]
Block = Literal["train", "validation", "test", "none"]
Modality = Literal["keywords", "xrs", "history", "region", "disk", "patch", "vector"]
Version = Literal["fp32", "fp16", "bf16", "int8", "onnx"]


class LinearConfig(Config):
    """Features that enter the linear path, as patterns of names: few and strong ones generalise best."""

    keywords: tuple[str, ...] = ("*",)
    xrs: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    region: tuple[str, ...] = ("flares_[cm]_*", "flare_index_*", "hours_since_[cm]")


class DiskModelConfig(Config):
    """The encoder of full-disk images: a vision transformer an instrument."""

    patch: int = Field(default=8, ge=1, le=64)
    """Pixels a side of a patch; the size of the images must be a multiple of ``patch`` times ``tokens``."""
    inner: int = Field(default=32, ge=4, le=2048)
    """Width inside the transformer."""
    depth: int = Field(default=1, ge=0, le=24)
    """Its layers."""
    heads: int = Field(default=4, ge=1, le=32)
    """Its heads, a divisor of ``inner``."""
    tokens: int = Field(default=4, ge=1, le=64)
    """Tokens a side of the disk that each instrument ends with."""


class PatchModelConfig(Config):
    """The encoder of patches around regions, and of vector magnetograms: a small convolutional net."""

    inner: int = Field(default=12, ge=1, le=512)
    """Channels of the first convolution; each further one, at half the resolution, has twice as many."""
    depth: int = Field(default=3, ge=1, le=8)
    """Convolutions."""


class EncoderConfig(Config):
    """An encoder that is chosen for a modality; its name alone may stand in place of the block."""

    name: str
    """A module of models/encoders that reads what the modality is."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Named arguments of it, in place of its own defaults."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class ModelConfig(Config):
    """Size of the network. A linear path over summary statistics always stands beside the deep one."""

    recurrent_layers: int = Field(default=1, ge=0, le=4)
    """Layers of gated recurrent units over each sequence; 0 leaves its summary statistics alone."""
    summaries: tuple[Summary, ...] = ("last", "trend", "square")
    """Summary statistics of each sequence that enter the linear path."""
    linear: LinearConfig = LinearConfig()
    """Features of the linear path; the deep path sees all."""
    width: int = Field(default=24, ge=1, le=1024)
    """Numbers that stand for one modality after encoding."""
    hidden: int = Field(default=48, ge=0, le=4096)
    """Units of the fusion layer; 0 leaves the linear path alone."""
    dropout: float = Field(default=0.2, ge=0, lt=1)
    """Of encoder and fusion inputs."""
    modality_dropout: float = Field(default=0.05, ge=0, lt=1)
    """Chance that a whole modality of a training sample is hidden, so that a lost instrument is nothing new."""
    instrument_dropout: float = Field(default=0.1, ge=0, lt=1)
    """Chance that one instrument's images are hidden from a training sample."""
    fusion: Literal["join", "attention"] | None = None
    """How modalities meet: ``join`` their means, or let a query attend to all tokens. By default attention where there
    are images, which have too many tokens to be joined."""
    fusion_layers: int = Field(default=1, ge=1, le=12)
    """Layers of attention."""
    fusion_heads: int = Field(default=4, ge=1, le=32)
    """Heads of attention, a divisor of ``width``."""
    background: tuple[Literal["xrs", "history", "disk"], ...] = ()
    """What the rate of flares from unlisted regions may depend on: X-ray level, flares of the disk, its images. The
    dependence is kept if the validation block is the better for it; by default the rate is constant."""
    disk: DiskModelConfig = DiskModelConfig()
    patch: PatchModelConfig = PatchModelConfig()
    vector: PatchModelConfig = PatchModelConfig()
    """The encoder of vector magnetograms, with weights of its own."""
    encoders: dict[Modality, EncoderConfig] = Field(default_factory=dict)
    """Modality -> encoder, where it shall not be the usual one: a name, or ``{name: ..., options: {...}}``. What is set
    for the usual one (``recurrent_layers``, ``summaries``, ``disk``, ``patch``, ``vector``) is not passed on to it."""

    @field_validator("encoders")
    @classmethod
    def _known_encoders(cls, value: dict[str, EncoderConfig]) -> dict[str, EncoderConfig]:
        if value:
            # reading the registry imports torch, which no configuration without a choice needs
            from sunproof.pipeline.training.encoders import wrong_choices

            if wrong := wrong_choices(value):
                raise ValueError("; ".join(wrong))
        return value


class AuxiliaryConfig(Config):
    """What is predicted beside flares: how quantities change until some hours after the windows begin."""

    quantities: tuple[Literal["xrsb", "xrsb_peak", "usflux", "totpot"], ...] = Field(min_length=1)
    """Of the region: SHARP's unsigned flux and energy density. Of the whole disk: the 1-8 angstrom flux, median of the
    last hour (``xrsb``) and largest of all hours (``xrsb_peak``)."""
    lead_hours: tuple[Annotated[float, Field(gt=0, le=24 * 27)], ...] = Field(default=(24,), min_length=1)
    """How far ahead, ascending; beyond the longest window the split needs a wider gap (``split.gap_hours``)."""
    weight: float = Field(default=0.1, ge=0)
    """Of these predictions in the loss of the deep path; at 0 their linear path alone is fitted."""

    @field_validator("quantities", "lead_hours")
    @classmethod
    def _ascending(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(set(value)) != len(value) or (not isinstance(value[0], str) and sorted(value) != list(value)):
            raise ValueError(f"wanted different ones, hours ascending; got {list(value)}")
        return value


class PhysicsConfig(Config):
    """Weights of what physics asks in training, each 0 unless it is wanted; docs/model.md tells what they gained."""

    mirror: float = Field(default=0.0, ge=0)
    """A Sun reflected from north to south, with B turned into -B, flares as the Sun does."""
    strength: float = Field(default=0.0, ge=0)
    """A stronger field does not make flares fewer, within the range of training."""
    polarity: float = Field(default=0.0, ge=0)
    """A Sun whose field points the other way everywhere flares as the Sun does."""
    auxiliary: AuxiliaryConfig | None = None
    """Quantities that are predicted beside flares; none by default."""


class OptimiserConfig(Config):
    """How the weights are found."""

    wide_penalty: float = Field(default=10.0, gt=0)
    """Ridge penalty of the linear path, which is fitted first and exactly (1/C of a logistic regression)."""
    wide_sharing: float = Field(default=0.5, gt=0)
    """How freely its weights for larger flares may differ from those for C1.0; towards 0 they become the same."""
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)
    """Of the deep path."""
    wide_learning_rate: float = Field(default=0.0, ge=0, lt=1)
    """Of the linear path while the deep one trains; 0 keeps the fitted one."""
    weight_decay: float = Field(default=1e-2, ge=0)
    """Of the deep path."""
    extra_fluxes: tuple[Annotated[float, Field(ge=1e-6, lt=1)], ...] = (3e-6, 3e-5)
    """Further thresholds of the loss, W m-2: more of the size distribution than the product's classes show."""
    threshold_weights: dict[Literal["C1.0", "M1.0", "X1.0"], float] = Field(default_factory=dict)
    """Weights of the thresholds in the loss; 1 where not given, as for the further ones."""
    further_windows: float = Field(default=0.1, gt=0)
    """Weight of the windows after the first in the loss: they overlap it, and must not decide its forecasts."""
    count_weight: float = Field(default=0.0, ge=0)
    """Weight of the Poisson likelihood of flare counts, an auxiliary task."""
    physics: PhysicsConfig = PhysicsConfig()
    """What physics asks of the deep path in training."""


class TrainerConfig(Config):
    """How Lightning trains: on what, how precisely, and how often its state is kept."""

    max_epochs: int = Field(default=40, ge=1)
    patience: int = Field(default=6, ge=1)
    """Epochs without a better validation loss after which training stops."""
    batch_size: int = Field(default=512, ge=1)
    """Rows of one batch over all devices together: more devices are faster, and the steps stay the same."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients are summed before a step."""
    gradient_clip: float = Field(default=1.0, gt=0)
    """Largest norm of the gradient."""
    accelerator: Literal["auto", "cpu", "gpu"] = "cpu"
    """The nets are small: on two cores a CPU is enough."""
    devices: int = Field(default=1, ge=1)
    """Processes of each node: one a GPU."""
    num_nodes: int = Field(default=1, ge=1)
    """Machines; several need a launcher (srun or torchrun) that starts the command once a device."""
    strategy: Literal["auto", "ddp", "fsdp"] = "auto"
    """Over several devices: ``ddp`` copies the network, ``fsdp`` splits it; ``auto`` copies."""
    precision: Annotated[Literal["32", "bf16-mixed", "16-mixed"], BeforeValidator(lambda value: str(value))] = "32"
    """Of the deep path; the linear path, fluxes and head are computed in 32 bits at any precision."""
    compile: bool = False
    """Compile the network with torch.compile: minutes at first, faster steps afterwards; needs a C++ compiler."""
    deterministic: bool = True
    """Deterministic kernels; the few operations that have none on a GPU only warn."""
    threads: int = Field(default=1, ge=1)
    """CPU threads of each process; sums, and so the weights' last digits, depend on it."""
    checkpoint_every_steps: int | None = Field(default=None, ge=1)
    """Keep the state after so many steps, beside the end of each epoch."""
    checkpoint_every_minutes: float | None = Field(default=10, gt=0)
    """Keep the state after so many minutes, too."""
    logger: Literal["csv", "tensorboard"] = "csv"
    """Losses go to ``<output>.logs``; tensorboard is a package of its own (pip install "sunproof[tensorboard]")."""

    @property
    def ranks(self) -> int:
        """Processes that train together."""
        return self.devices * self.num_nodes

    @model_validator(mode="after")
    def _possible(self) -> Self:
        wrong = []
        if self.batch_size % self.ranks:
            wrong.append(f"batch_size ({self.batch_size}) must be a multiple of devices x num_nodes ({self.ranks})")
        if self.precision == "16-mixed" and self.accelerator == "cpu":
            wrong.append("precision (16-mixed) needs a GPU; take bf16-mixed or 32 on a CPU (accelerator is cpu)")
        if self.strategy == "fsdp" and self.precision == "16-mixed":
            wrong.append("strategy (fsdp) splits networks of precision 32 or bf16-mixed, not 16-mixed")
        if self.strategy == "fsdp" and self.ranks == 1:
            wrong.append("strategy (fsdp) splits the network over several devices (devices x num_nodes is 1)")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class TrainConfig(Config):
    """Configuration of ``sunproof train``."""

    archive: Path
    """The archive that the samples were made from."""
    samples: Path
    """``samples.nc``, with train and validation blocks."""
    output: Path
    """The bundle folder to write."""
    held_out: Path | None = None
    """Folder of cases (`sunproof review cases`): the leak audit refuses samples whose training or validation block has
    the region of a held-out one."""
    inputs: InputConfig = InputConfig()
    """Modalities, history and step."""
    model: ModelConfig = ModelConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    trainer: TrainerConfig = TrainerConfig()
    seeds: tuple[int, ...] = (0, 1, 2)
    """One member of the ensemble a seed; single nets are noisy."""

    @model_validator(mode="after")
    def _encoders_of_inputs(self) -> Self:
        given = [*self.inputs.modalities, *self.inputs.images]
        if stray := [name for name in self.model.encoders if name not in given]:
            raise ValueError(f"model.encoders ({', '.join(stray)}) must be of the inputs' ({', '.join(given)})")
        return self

    @model_validator(mode="after")
    def _distinct_seeds(self) -> Self:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds ({list(self.seeds)}) must be at least one, and different")
        return self


class WrapConfig(Config):
    """Configuration of ``sunproof wrap``: somebody else's torch module becomes a bundle."""

    module: str = Field(pattern=r"^[^:]+:[A-Za-z_]\w*$")
    """What makes the module: ``file.py:NAME``, whose file goes into the bundle, or ``package.module:NAME``."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Named arguments of it."""
    weights: Path | None = None
    """State dict: ``.safetensors``, or what ``torch.save(module.state_dict(), path)`` wrote."""
    answers: Literal["logit", "probability"] = "logit"
    """What the module returns, sample x threshold x window: of at least one flare of the class or above."""
    missing: float = Field(default=0.0, allow_inf_nan=True)
    """What the module is given where nothing was observed; ``.nan`` if it knows that."""
    name: str = Field(default="foreign", min_length=1)
    """Of the forecaster, as it shall stand in forecasts and certificates."""
    archive: Path
    """The archive that the samples were made from."""
    samples: Path
    """``samples.nc``, with train and validation blocks: medians of the inputs, base rates, thresholds and windows."""
    inputs: InputConfig = InputConfig()
    """Modalities, history and step: the module's inputs bear the modalities' names."""
    output: Path
    """The bundle folder to write."""

    @field_validator("inputs")
    @classmethod
    def _without_images(cls, value: InputConfig) -> InputConfig:
        if value.images:
            raise ValueError(f"{', '.join(value.images)}: wrapped modules are given no images; leave them out")
        return value


class CardConfig(Config):
    """Configuration of ``sunproof card``: what was measured of a model goes on its card, in a new bundle."""

    bundle: Path
    """The bundle, which stays as it is."""
    scores: Path | None = None
    """``scores.json`` of `sunproof evaluate` on the test block."""
    challenge: Path | None = None
    """``challenge.json`` of `sunproof challenge` held on this very bundle; the plants it sees worst are named."""
    output: Path
    """The new bundle folder."""

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.output == self.bundle:
            raise ValueError(f"output ({self.output}) must not be the bundle itself: certificates name its digest")
        return self


class ExportConfig(Config):
    """Configuration of ``sunproof export``."""

    bundle: Path = Path("builtin")
    """The model."""
    archive: Path
    """The archive, and"""
    samples: Path
    """the samples on which versions are compared with the trained model."""
    blocks: tuple[Block, ...] = Field(default=("validation", "test"), min_length=1)
    """Blocks that samples are drawn from; what is compared is versions, not skill."""
    size: int = Field(default=6000, ge=1)
    """So many samples, equal shares a kind of outcome as far as there are; 5000 with 300 flares are wanted at least."""
    seed: int = 0
    """Of the drawing."""
    versions: tuple[Version, ...] = Field(default=("fp32", "fp16", "bf16", "int8"), min_length=1)
    """What to write: torch.export in float32, float16, bfloat16, with 8-bit linear layers; ONNX in float32."""
    keep: tuple[str, ...] = ()
    """Patterns of layers that ``int8`` leaves in float32, e.g. ``*.wide``."""
    output: Path
    """Folder to write: one file a version, ``parity.json`` and ``parity.md``."""
