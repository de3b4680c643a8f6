"""Training of one member, and the ensemble that is served."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytorch_lightning as lightning
import torch
from torch import Tensor, distributed, nn

from sunproof.models.auxiliary import MODALITY, change_loss
from sunproof.models.heads import FlareProcess, masked_loss
from sunproof.models.losses.base import Question, without_dropout
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser
from sunproof.models.prepared import Prepared, prepare
from sunproof.pipeline.registry import pick
from sunproof.pipeline.vocabulary import THRESHOLDS

__all__ = ["Calibration", "Ensemble", "Forecaster"]

# No flare population is steeper; the vocabulary's range for the index ends here.
_STEEPEST = 5.0
# Parameters of what is fitted exactly before the deep path trains.
_WIDE = ("wide.", "auxiliary.wide.")

Batch = tuple[Prepared, Tensor, Tensor] | tuple[Prepared, Tensor, Tensor, Tensor]
"""Inputs, events (batch, threshold, window), counts (batch, window); changes ahead (batch, quantity * lead), if any."""


class Forecaster(lightning.LightningModule):  # type: ignore[misc]
    """One member in training, on prepared inputs.

    Parameters
    ----------
    architecture : mapping
        See `sunproof.models.network.Network`.
    optimiser : mapping
        ``learning_rate``, ``weight_decay``, ``wide_learning_rate`` (the linear path's, 0 freezes it),
        ``fluxes`` (W m-2, the thresholds of the loss, which may be more than the product's) with a weight each in
        ``flux_weights``, ``further_windows`` (weight of all windows but the first), ``count_weight``, ``physics``
        (module of `sunproof.models.losses` -> weight; none by default), ``auxiliary_weight`` (of the changes ahead).
    normaliser : Normaliser, optional
        Needed by the losses from physics, which speak of raw inputs.
    """

    fluxes: Tensor
    weights: Tensor

    def __init__(
        self, architecture: Mapping[str, Any], optimiser: Mapping[str, Any], normaliser: Normaliser | None = None
    ) -> None:
        super().__init__()
        # in a tuple it is no part of the module: checkpoints hold weights alone
        self._normaliser = (copy.deepcopy(normaliser),)
        self.architecture, self.optimiser = dict(architecture), dict(optimiser)
        self.network = Network(architecture)
        self.register_buffer("fluxes", torch.tensor(list(optimiser["fluxes"]), dtype=torch.float32))
        windows = [1.0] + [float(optimiser["further_windows"])] * (len(architecture["windows"]) - 1)
        self.register_buffer(
            "weights", torch.outer(torch.tensor(list(optimiser["flux_weights"])), torch.tensor(windows))
        )

    def on_after_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Finish the inputs on the device that they were moved to."""
        return batch[0].ready(), *batch[1:]

    def forward(self, prepared: Prepared) -> FlareProcess:
        """Forecast a batch of prepared inputs."""
        process: FlareProcess = self.network(prepared)
        return process

    def loss(self, batch: Batch, process: FlareProcess | None = None) -> Tensor:
        """Masked negative log-likelihood of a batch; ``process`` is what is forecast of it, where that is known."""
        prepared, events, counts = batch[:3]
        process = self(prepared) if process is None else process
        weight = self.optimiser["count_weight"]
        return masked_loss(process, self.fluxes, events, counts, self.weights, weight, _mean_of_processes)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """One step of Lightning's loop."""
        process = self(batch[0])
        loss = self.loss(batch, process)
        if process.changes is not None:
            asked = change_loss(process.changes, batch[-1], _mean_of_processes)
            self.log("loss_auxiliary", asked, on_step=False, on_epoch=True, batch_size=len(batch[0]), sync_dist=True)
            # whatever its weight: several processes want a gradient of every parameter
            loss = loss + self.optimiser["auxiliary_weight"] * asked
        if any(self.optimiser.get("physics", {}).values()):
            loss = loss + self._physics(batch[0])
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[0]), sync_dist=True)
        return loss

    def _physics(self, prepared: Prepared) -> Tensor:
        """Weigh what physics asks of this batch; nothing of it enters the loss of validation."""
        (normaliser,) = self._normaliser
        assert normaliser is not None
        total = prepared.limit.new_zeros(())
        with without_dropout(self.network):
            blocks = self.architecture["modalities"]
            question = Question(self.network, prepared, self(prepared), normaliser.on(self.device), blocks)
            for name, weight in self.optimiser["physics"].items():
                if weight:
                    asked = pick("sunproof.models.losses", "LOSS", name)(question)
                    size = {"batch_size": len(prepared), "sync_dist": True}
                    self.log(f"loss_{name}", asked, on_step=False, on_epoch=True, **size)
                    total = total + weight * asked
        return total

    def validation_step(self, batch: Batch, index: int) -> None:
        """One batch of the validation block; its loss decides when to stop."""
        # shares may differ by a row: every process must weight the common batch alike
        rows = round(float(_mean_of_processes(torch.tensor(float(len(batch[0])), device=self.device)) * _processes()))
        process = self(batch[0])
        self.log("validation_loss", self.loss(batch, process), batch_size=rows, prog_bar=True, sync_dist=True)
        if process.changes is not None:
            asked = change_loss(process.changes, batch[-1], _mean_of_processes)
            self.log("validation_auxiliary", asked, batch_size=rows, sync_dist=True)

    def configure_model(self) -> None:
        """Split the weights over devices where the strategy asks for it; otherwise nothing happens."""
        mesh = self._device_mesh
        if mesh is None:
            return
        from torch.distributed.fsdp import FSDPModule, fully_shard

        if isinstance(self.network, FSDPModule):
            return
        # a unit each: only one encoder's weights are whole at a time
        for encoder in self.network.encoders.values():
            fully_shard(encoder, mesh=mesh["data_parallel"])
        fully_shard(self.network, mesh=mesh["data_parallel"])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, with the linear paths' own learning rate."""
        named = list(self.network.named_parameters())
        wide = [parameter for name, parameter in named if name.startswith(_WIDE)]
        deep = [parameter for name, parameter in named if not name.startswith(_WIDE)]
        settings = self.optimiser
        groups = [{"params": deep}, {"params": wide, "lr": settings["wide_learning_rate"]}]
        return torch.optim.AdamW(groups, lr=settings["learning_rate"], weight_decay=settings["weight_decay"])


def _processes() -> int:
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


def _mean_of_processes(value: Tensor) -> Tensor:
    if _processes() == 1:
        return value
    value = value.detach().clone()
    distributed.all_reduce(value)
    return value / _processes()


@dataclass(frozen=True)
class Calibration:
    """A monotone map of the process: coherent before, coherent after.

    Parameters
    ----------
    rate : tuple of float
        (a, b) of log Lambda' = a + b log Lambda, b > 0.
    index : tuple of float
        (c, d) of log(alpha' - 1) = c + d log(alpha - 1): any real c and d keep alpha above 1.
    """

    rate: tuple[float, float] = (0.0, 1.0)
    index: tuple[float, float] = (0.0, 1.0)

    def __call__(self, process: FlareProcess) -> FlareProcess:
        """Calibrate a process."""
        (a, b), (c, d) = self.rate, self.index
        slope = torch.exp(c + d * torch.log(process.alpha - 1))
        alpha = (1 + slope).clamp_max(_STEEPEST)
        return replace(process, log_rate=a + b * process.log_rate, alpha=alpha)


class Ensemble(nn.Module):
    """The served model: raw inputs to a calibrated process, averaged over members trained from different seeds.

    Log rates and indices are averaged, so that the mean is one process again and as coherent as its members.

    Parameters
    ----------
    architecture : mapping
        See `sunproof.models.network.Network`.
    normaliser : Normaliser
    members : sequence of Network
    calibration : Calibration, optional
        The identity by default.
    """

    fluxes: Tensor

    def __init__(
        self,
        architecture: Mapping[str, Any],
        normaliser: Normaliser,
        members: Sequence[Network],
        calibration: Calibration | None = None,
    ) -> None:
        super().__init__()
        self.architecture = dict(architecture)
        self.normaliser = normaliser
        self.members = nn.ModuleList(members)
        self.calibration = calibration or Calibration()
        # float64, so that C1.0 is exactly the smallest flare that the rate counts
        fluxes = torch.tensor([THRESHOLDS[name] for name in architecture["thresholds"]], dtype=torch.float64)
        self.register_buffer("fluxes", fluxes, persistent=False)

    def prepare(self, inputs: Mapping[str, tuple[Any, Any]]) -> Prepared:
        """Normalise raw inputs; see `sunproof.models.prepared.prepare`."""
        return prepare(inputs, self.normaliser, self.architecture)

    def process(self, prepared: Prepared) -> FlareProcess:
        """Calibrated mean process of a prepared batch."""
        first: Any = self.members[0]
        common = first.common(prepared)
        members = [member(prepared, common) for member in self.members]
        log_rate = torch.stack([process.log_rate for process in members]).mean(0)
        alpha = torch.stack([process.alpha for process in members]).mean(0)
        changes = None
        if members[0].changes is not None:
            # members were trained on the same spreads
            mean = torch.stack([process.changes for process in members]).mean(0)
            changes = self.normaliser.restore(MODALITY, mean)
        return self.calibration(FlareProcess(log_rate, alpha, prepared.limit, changes=changes))

    def features(self, prepared: Prepared) -> Tensor:
        """Summarise inputs as the model does, shape (batch, feature): the domain is where training had such rows."""
        member: Any = self.members[0]
        features: Tensor = member.wide_features(prepared)
        return features

    def forward(self, inputs: Mapping[str, tuple[Any, Any]]) -> FlareProcess:
        """Forecast a batch of raw inputs.

        Parameters
        ----------
        inputs : mapping
            Modality -> (values, mask), raw units; any subset of the modalities.

        Returns
        -------
        FlareProcess
        """
        return self.process(self.prepare(inputs))
