"""The ten folds of LLM-FlareNet (arXiv 2601.22811): M or X within 24 h from 40 steps of ten SHARP keywords.

Used by benchmarks/skill.py. The published model reaches a TSS of 0.720 +- 0.040, a plain regression on the same folds
0.70 to 0.72; test regions occur in training, so unseen regions are scored by themselves.
"""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import xarray as xr
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sunproof.pipeline.config import load_config
from sunproof.pipeline.forecasting.predict import predict
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.samples.features import Inputs
from sunproof.pipeline.training.config import TrainConfig
from sunproof.pipeline.training.train import train
from sunproof.pipeline.verification.categorical import best_threshold, tabulate
from sunproof.pipeline.verification.scores import area_under_roc

__all__ = ["ARCHIVE", "LEARNT", "UNSEEN", "Fold", "read_fold", "run_folds"]

ARCHIVE = "benchmarks/llm_flarenet/Data_origin.tar.xz"
# Published mean over the folds, whose test regions partly occur in training; and the same demand where they do not.
LEARNT, UNSEEN = 0.720, 0.720
FOLDS, STEPS = 10, 40
NAMES = ("totusjh", "totpot", "totusjz", "absnjzh", "savncpp", "usflux", "area_acr", "meanpot", "r_value", "shrgt45")
_COLUMNS = ("noaa_ar", "time", "noaa_num", "flare", *NAMES)
_BLOCKS = {"Train": "train", "Val": "validation", "Test": "test"}
ROOT = Path(__file__).resolve().parent.parent

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Fold:
    """One fold.

    Parameters
    ----------
    values : array of float, shape (sample, step, keyword)
        NaN where a number is garbled.
    flare : array of str, shape (sample,)
        Largest class within 24 h: N (none or below C), C, M, X.
    region : array of int, shape (sample,)
        NOAA number of the first step.
    block : array of str, shape (sample,)
    """

    values: Array
    flare: NDArray[Any]
    region: NDArray[np.int64]
    block: NDArray[Any]

    @property
    def event(self) -> Array:
        """1 for M or X, else 0."""
        return np.isin(self.flare, ["M", "X"]).astype(float)

    @property
    def unseen(self) -> NDArray[np.bool_]:
        """Whether the region occurs in no other block than test."""
        known = self.region[self.block != "test"]
        return ~np.isin(self.region, known)


def read_fold(archive: tarfile.TarFile, number: int) -> Fold:
    """Read one fold's three files; a header line in the middle is dropped, a garbled number is missing.

    Parameters
    ----------
    archive : tarfile.TarFile
        ``Data_origin.tar.xz``.
    number : int

    Returns
    -------
    Fold
    """
    parts = []
    for name, block in _BLOCKS.items():
        member = archive.extractfile(f"Data_origin/{number}{name}.csv")
        if member is None:
            raise FileNotFoundError(f"Data_origin/{number}{name}.csv is a folder; wanted a file")
        table = pd.read_csv(io.BytesIO(member.read()), header=None, names=list(_COLUMNS), dtype=str)
        table = table[table["noaa_ar"].str.fullmatch(r"\d+")]
        numbers = table[list(NAMES)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
        labels = table["flare"].to_numpy(str).reshape(-1, STEPS)[:, 0]
        regions = table["noaa_ar"].to_numpy().astype(np.int64).reshape(-1, STEPS)[:, 0]
        parts.append((numbers.reshape(-1, STEPS, len(NAMES)), labels, regions, np.full(len(labels), block)))
    values, flare, region, blocks = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Fold(values, flare, region, blocks)


def model_probability(fold: Fold, work: Path) -> Array:
    """P(>= M1.0) of the house's model, trained and calibrated on the fold; shape (sample,)."""
    settings = [
        f"archive={work}",
        "samples=none",
        f"output={work}",
        "inputs.modalities=[keywords]",
        "model.summaries=[last, mean, change]",
        # a few hundred samples: no recurrent net, and a regression as free as scikit-learn's default
        "model.recurrent_layers=0",
        "optimiser.wide_penalty=1",
        "optimiser.extra_fluxes=[]",
    ]
    config = load_config(TrainConfig, ROOT / "configs" / "train.yaml", settings)
    mask = np.isfinite(fold.values)
    inputs = Inputs(
        {"keywords": (np.where(mask, fold.values, 0).astype(np.float32), mask)},
        {"keywords": NAMES},
        {"keywords": np.full(len(fold.flare), np.datetime64("NaT", "us"))},
    )
    data = SampleData(work, _samples(fold), config.inputs)
    data.inputs = inputs
    bundle = train(data, config, work, {})
    process = predict(bundle, inputs.modalities, 1024)
    found: Array = process.probabilities(torch.tensor([1e-5], dtype=torch.float64))[:, 0, 0].numpy()
    return found


def _samples(fold: Fold) -> xr.Dataset:
    size = len(fold.flare)
    order = np.array([{"N": 0, "C": 1, "M": 2, "X": 3}[name] for name in fold.flare])
    event = (order[:, None] >= np.array([1, 2, 3])[None, :]).astype(np.float32)[:, :, None]
    unknown = np.full((size, 1), np.nan, np.float32)
    variables = {
        "event": (("sample", "threshold", "window"), event),
        "flare_count": (("sample", "window"), unknown),
        "largest_flux": (("sample", "window"), unknown),
        "block": ("sample", fold.block.astype(object)),
        "entity": ("sample", np.full(size, "region", dtype=object)),
        "harpnum": ("sample", np.full(size, -1)),
        "noaa_ar": ("sample", fold.region),
        "issue_time": ("sample", np.full(size, np.datetime64("NaT", "ns"))),
    }
    coordinates = {"threshold": np.array(["C1.0", "M1.0", "X1.0"], dtype=object), "window": [24.0]}
    return xr.Dataset(variables, coords=coordinates, attrs={"classes": "cumulative", "windows": "nested"})


def regression_probability(fold: Fold) -> Array:
    """P(>= M1.0) of a plain logistic regression on latest, mean and change of the raw keywords; shape (sample,)."""
    seen = np.isfinite(fold.values)
    filled = np.where(seen, fold.values, np.nanmean(fold.values[fold.block == "train"], axis=(0, 1)))
    columns = np.concatenate([filled[:, -1], filled.mean(axis=1), filled[:, -1] - filled[:, 0]], axis=1)
    train_rows = fold.block == "train"
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000))
    model.fit(columns[train_rows], fold.event[train_rows])
    found: Array = model.predict_proba(columns)[:, 1]
    return found


def score_fold(fold: Fold, probability: Array) -> dict[str, float]:
    """Score test and its unseen regions: TSS at the training base rate, and at the best threshold of validation."""
    event, row = fold.event, {}
    validation = fold.block == "validation"
    rate = float(event[fold.block == "train"].mean())
    chosen = best_threshold(probability[validation], event[validation])
    for suffix, rows in {"": fold.block == "test", "_unseen": (fold.block == "test") & fold.unseen}.items():
        row[f"cases{suffix}"], row[f"events{suffix}"] = int(rows.sum()), int(event[rows].sum())
        row[f"tss{suffix}"] = tabulate(probability[rows], event[rows], rate).true_skill
        row[f"tss_validation{suffix}"] = tabulate(probability[rows], event[rows], chosen).true_skill
        row[f"auc{suffix}"] = area_under_roc(probability[rows], event[rows])
    return row


def run_folds(path: Path, work: Path) -> dict[str, list[dict[str, float]]]:
    """Train and score on every fold.

    Parameters
    ----------
    path : Path
        ``Data_origin.tar.xz``.
    work : Path
        Scratch folder.

    Returns
    -------
    dict
        ``model`` and ``regression`` -> one row of scores a fold.
    """
    rows: dict[str, list[dict[str, float]]] = {"model": [], "regression": []}
    with tarfile.open(path) as archive:
        for number in range(FOLDS):
            fold = read_fold(archive, number)
            rows["model"].append(score_fold(fold, model_probability(fold, work / str(number))))
            rows["regression"].append(score_fold(fold, regression_probability(fold)))
    return rows
