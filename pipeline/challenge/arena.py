"""Scenes, models and the chain of one challenge, and everything that can be tried in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sunproof.models.constraints.views import column
from sunproof.pipeline import receipts
from sunproof.pipeline.challenge.cases import HARD, Candidates, NoCase
from sunproof.pipeline.challenge.chain import Chain, Trial
from sunproof.pipeline.challenge.config import ChallengeConfig
from sunproof.pipeline.challenge.fabricated import claimed_trial
from sunproof.pipeline.challenge.faulty import Workshop
from sunproof.pipeline.challenge.plants.base import Plant
from sunproof.pipeline.challenge.plants.explanations import FABRICATED, Claim, true_explanation
from sunproof.pipeline.challenge.plants.models import MODELS
from sunproof.pipeline.challenge.scene import Scene, reach, read_scene
from sunproof.pipeline.challenge.trials import moved, table
from sunproof.pipeline.registry import members

__all__ = ["Arena", "Entry"]


@dataclass(frozen=True)
class Entry:
    """One row of the challenge: what is tried, how its trial is made, and why it does not apply, if it does not."""

    name: str
    family: str
    statement: str
    expected: str
    make: Callable[[], xr.Dataset]
    lacking: str = ""


class Arena:
    """Scenes, models and the chain of one challenge.

    Parameters
    ----------
    config : ChallengeConfig
    seed : str
        Private; every draw is seeded with a hash of it and of what is drawn.
    """

    def __init__(self, config: ChallengeConfig, seed: str) -> None:
        self.config, self.seed = config, seed
        self.workshop = Workshop(config, self._number("models"))
        self.chain = Chain(config.archive, config.samples, config.question)
        told = config.model_dump(mode="json", exclude={"seed", "output", "plants", "resamples"})
        plan = [told, seed, self.workshop.reference.digest, receipts.code_key()]
        # named after what decides the trials: those of another configuration are never mixed in
        self.folder = config.output / "trials" / receipts.digest_json(plan)[-12:]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._candidates: dict[str, Candidates] = {}
        self._scenes: dict[str, Scene] = {}
        self._clean: Trial | None = None

    def _number(self, purpose: str) -> int:
        # Each purpose has its own numbers: a plant that is added or left out changes no other trial.
        return int.from_bytes(hashlib.sha256(f"{self.seed}\0{purpose}".encode()).digest()[:8])

    def _random(self, purpose: str) -> np.random.Generator:
        return np.random.default_rng(self._number(purpose))

    def entries(self) -> Iterator[Entry]:
        """List everything that can be tried."""
        yield Entry("as they come", "as they come", "Good forecasts as they come.", "accepted", self._natural)
        yield Entry(
            "without a plant", "as they come", "The planted forecasts before the planting.", "accepted", self._unplanted
        )
        for kind, statement in HARD.items():
            yield Entry(kind, "hard but good", statement, "accepted", partial(self._hard, kind))
        for plants in members("sunproof.pipeline.challenge.plants", "PLANTS").values():
            for plant in plants:
                yield self._entry(plant, partial(self._input, plant))
        for one in MODELS:
            yield self._entry(one.plant, partial(self._model, one.plant))
        told = partial(self._claimed, "true explanation", true_explanation, 0.0)
        yield Entry("true explanation", "hard but good", "The model's own explanation, as printed.", "accepted", told)
        for name, (statement, claim) in FABRICATED.items():
            false = partial(self._claimed, name, claim, 1.0)
            yield Entry(name, "fabricated explanation", statement, "rejected", false)

    def _entry(self, plant: Plant, make: Callable[[], xr.Dataset]) -> Entry:
        modalities = self.workshop.reference.ensemble.architecture["modalities"]
        return Entry(plant.name, plant.family, plant.statement, plant.expected, make, plant.lacking(modalities))

    def candidates(self, block: str) -> Candidates:
        """Look at a block, once."""
        if block not in self._candidates:
            found = Candidates.of(self.config, self.workshop.reference, block, self._random(f"candidates {block}"))
            self._candidates[block] = found
        return self._candidates[block]

    def scene(self, name: str, slots: Callable[[], xr.Dataset]) -> Scene:
        """Cut a scene out of the archive, once."""
        if name not in self._scenes:
            self._scenes[name] = self._cut_out(slots())
        return self._scenes[name]

    def _cut_out(self, slots: xr.Dataset) -> Scene:
        hours = self.config.hours
        return read_scene(self.config.archive, slots, hours, reach(self.workshop.reference.inputs, hours))

    def planted_scene(self) -> Scene:
        """Cut out the region-times that faults are planted in."""
        one = self.config
        return self.scene(
            "planted",
            lambda: self.candidates(one.block).planted(one.each, one.active, self._random("planted"), one.hours),
        )

    def clean(self) -> Trial:
        """Run the chain on the planted region-times before the planting."""
        if self._clean is None:
            self._clean = self.chain.run(self.planted_scene(), self.config.bundle)
        return self._clean

    def learnt_from(self) -> xr.Dataset:
        """Try good forecasts of the validation block: the rule of 5 % is learnt from them.

        Each comes with its true explanation, or nothing were known of how often a check on given ones objects to them.
        """
        random, config = self._random("learnt from"), self.config
        # What the rule of 5 % learns from must not be what it is judged on.
        slots = self.candidates("validation").natural(config.good, random, config.hours)
        scene = self._cut_out(slots)
        trial = claimed_trial(true_explanation, self.chain.run(scene, config.bundle), scene, config, random)
        return table(trial, np.zeros(len(scene)), np.ones(len(scene)))

    def _good(self, scene: Scene) -> xr.Dataset:
        trial = self.chain.run(scene, self.config.bundle)
        size = len(scene)
        return table(trial, np.zeros(size), np.ones(size))

    def _natural(self) -> xr.Dataset:
        random, config = self._random("natural"), self.config
        slots = self.candidates(config.block).natural(config.good, random, config.hours)
        return self._good(self._cut_out(slots))

    def _unplanted(self) -> xr.Dataset:
        clean = self.clean()
        size = len(clean.verdict)
        return table(clean, np.zeros(size), np.ones(size))

    def _hard(self, kind: str) -> xr.Dataset:
        random, config = self._random(kind), self.config
        slots = self.candidates(config.block).hard(kind, config.hard, random, config.hours)
        return self._good(self._cut_out(slots))

    def _graded(self, plant: Plant) -> tuple[Scene, NDArray[np.float64]]:
        """Plant it, every severity in as many region-times."""
        scene, random = self.planted_scene(), self._random(plant.name)
        if absent := plant.absent(scene):
            raise NoCase(absent)
        severity = plant.graded(scene, random)
        return plant.apply(scene, severity, random), severity

    def _input(self, plant: Plant) -> xr.Dataset:
        scene, severity = self._graded(plant)
        trial = self.chain.run(scene, self.config.bundle)
        return table(trial, moved(trial, self.clean()), severity)

    def _model(self, plant: Plant) -> xr.Dataset:
        scene, severity = self._graded(plant)
        # the reference looks at the same inputs: what moves is the model's doing alone
        reference = self.clean()
        if scene is not self.planted_scene():
            reference = self.chain.run(scene, self.config.bundle, check=False)
        trial = self.chain.run(scene, self.workshop.bundle(plant.name))
        return table(trial, moved(trial, reference), severity)

    def _claimed(self, name: str, claim: Claim, moved_by: float) -> xr.Dataset:
        trial = claimed_trial(claim, self.clean(), self.planted_scene(), self.config, self._random(name))
        # the forecast is untouched; what may be false is the explanation, wherever one was given
        told = np.isfinite(column(trial.forecasts, "explanation_skill"))
        return table(trial, np.where(told, moved_by, 0.0), np.ones(len(told)))
