"""The bundle: a folder that holds everything needed to forecast, and refuses inputs it was not made for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from pydantic import ValidationError

from sunproof.models.background import Background
from sunproof.models.forecaster import Calibration, Ensemble
from sunproof.models.heads import FlareProcess
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser
from sunproof.pipeline import receipts
from sunproof.pipeline.errors import InputError, Problem, ProblemList
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.samples.reading import is_simulated
from sunproof.pipeline.training.compatibility import check_compatible, made_here, table
from sunproof.pipeline.training.foreign import load_foreign
from sunproof.pipeline.training.reference import check_reference, pick_reference, write_reference
from sunproof.pipeline.training.shelf import bundle_folder
from sunproof.pipeline.vocabulary import THRESHOLDS, VOCABULARY

__all__ = ["Bundle", "load_bundle", "save_bundle"]

_REFERENCE = "reference.safetensors"
_FILES = ("weights.safetensors", "model.json", "normaliser.json", "calibration.json", "training.json", "card.md")


@dataclass(frozen=True)
class Bundle:
    """A trained model with its receipts.

    Parameters
    ----------
    ensemble : Ensemble
        The served model, in eval mode.
    background : FlareProcess, Background or None
        Flares of the full disk from no listed region, batch size 1; None where the samples had no full-disk rows.
    inputs : InputConfig
        How the model's inputs are built.
    facts : dict
        ``training.json``: data digests, split, seeds, base rates, thresholds, scores on validation.
    digest : str
        Of the whole folder; stands in every certificate. Empty before saving.
    foreign : dict or None
        Of somebody else's module, what makes it again: see `sunproof.pipeline.training.foreign.load_foreign`.
    """

    ensemble: Ensemble
    background: FlareProcess | Background | None
    inputs: InputConfig
    facts: dict[str, Any]
    digest: str = ""
    foreign: dict[str, Any] | None = None

    def check_features(self, names: Mapping[str, Sequence[str]], where: str) -> None:
        """Compare the features that were built with those the model was trained on.

        Parameters
        ----------
        names : mapping
            Modality -> feature names, in order.
        where : str
            What was built, for the message.

        Raises
        ------
        InputError
            With one line for every difference.
        """
        problems = ProblemList(where, InputError)
        for modality, block in self.ensemble.architecture["modalities"].items():
            _compare(problems, modality, names.get(modality, ()), block["features"])
        problems.check()

    def check_sun(self, path: str | Path, archive: str | Path) -> None:
        """Refuse to ask about the real Sun what a simulated one taught; the other way round is a test, and marked.

        Parameters
        ----------
        path : str or Path
            The bundle's own, for the message.
        archive : str or Path
            What the model is about to read.

        Raises
        ------
        InputError
            If the model was trained on a simulated Sun and no group of the archive is simulated.
        """
        # a simulated archive with a model of the real Sun is how the pipeline is tested: its products are marked
        if self.facts["simulated"] and not is_simulated(archive):
            told = {str(path): "simulated", str(archive): "real"}
            todo = "Train on samples of this archive, or use the bundle 'builtin'."
            what = "a model trained on a simulated Sun, and an archive of the real one"
            raise InputError(Problem(what, "configuration", told, "one Sun", todo))


def _compare(problems: ProblemList, modality: str, got: Sequence[str], wanted: Sequence[str]) -> None:
    # by place, because a network knows its inputs by their order alone
    for place in range(max(len(got), len(wanted))):
        here, there = (names[place] if place < len(names) else "nothing" for names in (got, wanted))
        if here != there:
            todo = "Train the model again, or use the version of sunproof that trained it."
            problems.add("feature differs from the model's", f"{modality}[{place}]", here, there, todo)


def save_bundle(
    bundle: Bundle,
    path: str | Path,
    card: str,
    files: Mapping[str, Path] | None = None,
    examples: Mapping[str, tuple[Any, Any]] | None = None,
) -> Bundle:
    """Write the folder, whole or not at all.

    Parameters
    ----------
    bundle : Bundle
    path : str or Path
        The folder; an older one is replaced.
    card : str
        ``card.md``: what the model is for, what it saw, how good it was, where it ends.
    files : mapping, optional
        Name -> file to take along: the code of a foreign module.
    examples : mapping, optional
        Inputs of some block, modality -> (values, mask), raw units: a few become the reference answers that loading
        compares with.

    Returns
    -------
    Bundle
        The same with its digest.
    """
    ensemble = bundle.ensemble
    contents = {
        "model.json": {
            "made": made_here(ensemble.architecture),
            "architecture": ensemble.architecture,
            "members": len(ensemble.members),
            "inputs": bundle.inputs.model_dump(mode="json"),
            **({"foreign": bundle.foreign} if bundle.foreign else {}),
        },
        "normaliser.json": ensemble.normaliser.statistics(),
        "calibration.json": {
            "rate": ensemble.calibration.rate,
            "index": ensemble.calibration.index,
            "background": _plain(bundle.background),
        },
        "training.json": bundle.facts,
    }
    with receipts.replacing(path) as partial:
        partial.mkdir()
        # copied, because tied weights of a foreign module share their memory
        weights = {name: tensor.clone().contiguous() for name, tensor in ensemble.members.state_dict().items()}
        (partial / "weights.safetensors").write_bytes(safetensors.torch.save(weights))
        for name, content in contents.items():
            # canonical JSON: the bundle's digest must not depend on the order in which a dictionary grew
            (partial / name).write_bytes(receipts.canonical(content) + b"\n")
        (partial / "card.md").write_text(card, encoding="utf-8")
        for name, file in (files or {}).items():
            shutil.copyfile(file, partial / name)
        if examples and (picked := pick_reference(examples)):
            write_reference(ensemble, picked, partial / _REFERENCE)
    # of the folder in its place: what certificates will name is what a reader finds
    return replace(bundle, digest=receipts.digest_tree(path))


def _plain(process: FlareProcess | Background | None) -> dict[str, Any] | None:
    if process is None:
        return None
    if isinstance(process, Background):
        return process.plain()
    return {"log_rate": process.log_rate[0].tolist(), "alpha": float(process.alpha), "limit": float(process.limit)}


def load_bundle(path: str | Path) -> Bundle:
    """Read a bundle folder.

    Parameters
    ----------
    path : str or Path
        The folder, or ``builtin`` for the model in the package.

    Returns
    -------
    Bundle

    Raises
    ------
    InputError
        If files are missing or unreadable, if weights do not fit the architecture, if vocabulary or environment are not
        those it was made for (with a table of differences), or if it answers otherwise than when it was saved.
    """
    root = bundle_folder(path)
    if not root.is_dir():
        todo = "Run `sunproof train` first, or take `--model builtin`, which ships with the package."
        raise InputError(Problem("no bundle here", str(path), "nothing", "a folder of sunproof train or wrap", todo))
    problems = ProblemList(str(root), InputError)
    for name in _FILES:
        if not (root / name).is_file():
            problems.add("file is missing", name, sorted(file.name for file in root.glob("*")), name)
    problems.check()
    trees = {name: _read(root / name) for name in _FILES if name.endswith(".json")}
    architecture = trees["model.json"]["architecture"]
    told = _told(trees["model.json"])
    # before anything is built of it: an incompatible bundle would fail deep inside with words of torch
    rows = check_compatible(told, architecture, str(root))
    try:
        inputs = InputConfig.model_validate(trees["model.json"]["inputs"])
    except ValidationError as error:
        raise InputError(Problem("inputs block not understood", str(root / "model.json"), str(error))) from error
    foreign = trees["model.json"].get("foreign")
    if foreign:
        ensemble: Ensemble = load_foreign(trees["model.json"], trees["normaliser.json"], root)
    else:
        ensemble = _ensemble(trees, root / "model.json")
    _load_weights(ensemble, root / "weights.safetensors")
    # dropout off before the reference answers are compared
    ensemble.eval()
    # the last word: versions may differ as they like if the model still answers as it did
    if (root / _REFERENCE).is_file():
        check_reference(ensemble, root / _REFERENCE, table(rows) if rows else "")
    background = _process(trees["calibration.json"]["background"])
    digest = receipts.digest_tree(root)
    return Bundle(ensemble, background, inputs, trees["training.json"], digest, foreign)


def _ensemble(trees: Mapping[str, Any], path: Path) -> Ensemble:
    architecture, calibration = trees["model.json"]["architecture"], trees["calibration.json"]
    members = _networks(architecture, trees["model.json"]["members"], path)
    maps = Calibration(tuple(calibration["rate"]), tuple(calibration["index"]))
    return Ensemble(architecture, Normaliser(trees["normaliser.json"]), members, maps)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(Problem("not readable as JSON", str(path), str(error), "UTF-8 JSON")) from error


def _told(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a bundle says it was made with; of format 1, what its architecture lets one know."""
    if "made" in tree:
        return dict(tree["made"])
    architecture = tree["architecture"]
    names = architecture["modalities"].get("keywords", {}).get("features", ())
    units = [[name, VOCABULARY[name].unit if name in VOCABULARY else "unknown"] for name in names]
    fluxes = {name: THRESHOLDS.get(name) for name in architecture["thresholds"]}
    return {"format": 1, "vocabulary": {"keywords": units, "thresholds": fluxes}}


def _networks(architecture: Mapping[str, Any], number: int, path: Path) -> list[Network]:
    try:
        return [Network(architecture) for _ in range(number)]
    except (KeyError, TypeError, ValueError) as error:
        # what another version of the encoders called its options
        todo = "Train the model again, or use the version of sunproof that trained it (its receipt names it)."
        raise InputError(Problem("architecture not understood", str(path), str(error), todo=todo)) from error


def _load_weights(ensemble: Ensemble, path: Path) -> None:
    try:
        ensemble.members.load_state_dict(safetensors.torch.load_file(path))
    except (safetensors.SafetensorError, RuntimeError) as error:
        raise InputError(Problem("weights do not fit the architecture", str(path), str(error))) from error


def _process(tree: Mapping[str, Any] | None) -> FlareProcess | Background | None:
    # only a rate that depends on the disk has weights; a constant one has a process
    if tree is not None and "weights" in tree:
        return Background.from_plain(tree)
    if tree is None:
        return None
    log_rate, alpha, limit = (
        torch.tensor([tree[name]], dtype=torch.float64) for name in ("log_rate", "alpha", "limit")
    )
    return FlareProcess(log_rate, alpha, limit)
