"""The audit looks at the vector magnetograms that a model reads."""

import shutil

import numpy as np
import pytest
import xarray as xr

from sunproof.models import cutouts
from sunproof.models.constraints.base import Outcome
from sunproof.models.constraints.engine import all_checks, evaluate
from sunproof.models.physics.potential_field import potential_field
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.kit import inputs_of, watched
from sunproof.pipeline.auditing.loading import load_batch
from sunproof.pipeline.auditing.questions import question
from sunproof.pipeline.auditing.vectors import draw_vectors, look_at_vectors
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.samples.config import VectorConfig
from sunproof.pipeline.samples.dataset import read_samples
from sunproof.pipeline.samples.reading import texts
from sunproof.pipeline.training.config import ModelConfig, PatchModelConfig
from sunproof.pipeline.training.train import run as train
from tests.pipeline.samples.images.build import VECTORS, write_vectors
from tests.pipeline.training.world import INPUTS, make_world

SEES = INPUTS.model_copy(update={"vector": VectorConfig(size=16, degrees=20, oldest_hours=24)})
SIDE = 20


@pytest.fixture(scope="module", autouse=True)
def _few_regions():
    # the small world has some twenty regions in training; what one in a hundred is cannot be told from them
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutouts, "FEWEST", 15)
        yield


def bipole(flux, random):
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    spots = [np.exp(-((x - side * 3) ** 2 + (y - side) ** 2) / 2 / 2**2) for side in (-1, 1)]
    # no two regions of one flux are alike
    outward = 800 * flux / 1e22 * random.lognormal(0, 0.1) * (spots[1] - spots[0])
    west, north = potential_field(outward)
    return np.stack([outward, -(north + 0.3 * west), west - 0.3 * north]) + random.normal(0, 0.1, (3, SIDE, SIDE))


def give_vectors(archive, change=lambda field: field, shift=0):
    """Every second record has a patch whose field goes with the flux, of the record or of one further on."""
    sharp = xr.open_zarr(archive, group="sharp", consolidated=False)
    records = list(zip(sharp["harpnum"].values.tolist(), sharp["time"].values, strict=True))[::2]
    random = np.random.default_rng(0)
    fluxes = np.roll(sharp["usflux"].values[::2], shift)
    write_vectors(archive, records, [change(bipole(flux, random)) for flux in fluxes], cell=1.0)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    made = make_world(tmp_path_factory.mktemp("vectors"))
    give_vectors(made.archive)
    return made


@pytest.fixture(scope="module")
def known(world):
    samples = read_samples(world.samples)
    rows = samples.isel(sample=np.flatnonzero((texts(samples["block"]) == "train") & (samples["harpnum"] > 0)))
    return draw_vectors(str(world.archive), rows, SEES, inputs_of(str(world.archive), rows, watched(SEES)), seed=0)


def look(world, known, archive):
    samples = read_samples(world.samples)
    keys = samples.isel(sample=np.flatnonzero((texts(samples["block"]) == "test") & (samples["harpnum"] > 0)))
    records = inputs_of(str(archive), keys, watched(SEES)).modalities["keywords"]
    return look_at_vectors(known, keys, inputs_of(str(archive), keys, SEES), records)


def planted(world, folder, **wrong):
    archive = shutil.copytree(world.archive, folder / "archive.zarr")
    for name in VECTORS:
        shutil.rmtree(archive / name)
    give_vectors(archive, **wrong)
    return archive


def test_own_patches_are_of_one_field_and_fit_their_records(world, known):
    found = look(world, known, world.archive)
    seen = np.isfinite(found["vector_field"])
    assert seen.mean() > 0.5
    assert (found["vector_field"][seen] > 0.5).all()
    assert 0.2 < np.nanmedian(found["vector_agreement"]) < 0.8


@pytest.mark.parametrize("change", [lambda field: field * [[[1]], [[-1]], [[1]]], lambda field: field[[0, 2, 1]]])
def test_a_wrong_sign_and_exchanged_components_run_against_the_potential_field(world, known, tmp_path, change):
    field = look(world, known, planted(world, tmp_path, change=change))["vector_field"]
    assert (field[np.isfinite(field)] < 0).all()


@pytest.mark.parametrize("wrong", [{"change": lambda field: 4 * field}, {"change": lambda field: 0.1 * field}])
def test_a_wrong_scale_fits_no_record(world, known, tmp_path, wrong):
    agreement = look(world, known, planted(world, tmp_path, **wrong))["vector_agreement"]
    lowest = 1 / (1 + len(known.ratios))
    assert (agreement[np.isfinite(agreement)] < 1.5 * lowest).mean() > 0.9


def test_the_patch_of_another_region_fits_less(world, known, tmp_path):
    own = look(world, known, world.archive)["vector_agreement"]
    other = look(world, known, planted(world, tmp_path, shift=30))["vector_agreement"]
    assert np.nanmedian(other) < np.nanmedian(own) / 2


def test_of_too_few_regions_only_the_law_is_asked(world):
    found = look(world, None, world.archive)
    assert "vector_agreement" not in found
    assert np.isfinite(found["vector_field"]).any()


def test_a_model_without_vector_magnetograms_draws_none(world):
    samples = read_samples(world.samples).isel(sample=slice(0))
    assert draw_vectors(str(world.archive), samples, INPUTS, inputs_of(str(world.archive), samples, INPUTS), 0) is None


def test_the_audit_asks_both_checks_and_finds_what_is_wrong(world, tmp_path):
    model = ModelConfig(recurrent_layers=1, width=4, hidden=6, vector=PatchModelConfig(inner=2, depth=2))
    train(world.train(inputs=SEES, model=model, seeds=(0,)))
    wrong = planted(world, tmp_path, change=lambda field: field[[0, 2, 1]])
    outcomes = []
    # the last audit is without the training samples: the law is asked alone
    for archive, training in ((world.archive, world.samples), (wrong, world.samples), (world.archive, "")):
        paths = {"archive": archive, "bundle": world.root / "bundle"}
        output = tmp_path / f"{len(outcomes)}.nc"
        forecast(ForecastConfig(output=output, samples=world.samples, blocks=("test",), **paths))
        asked = {"probes": 5, "twins": 1, "fillings": 1, "above": 0.99}
        told = {name: str(path) for name, path in paths.items()}
        config = AuditConfig(forecasts=str(output), question=asked, training=str(training), **told)
        found = evaluate(question(load_batch(config), config), all_checks(["D6", "J11"]))
        outcomes.append({str(name): found["outcome"].sel(check=name).values for name in found["check"].values})
    good, bad, alone = outcomes
    asked_about = good["D6"] != Outcome.NOT_EVALUABLE
    assert asked_about.sum() > 50
    assert (good["D6"][asked_about] == Outcome.PASS).all()
    assert (bad["D6"][asked_about] == Outcome.REVIEW).all()
    assert (good["J11"] != Outcome.NOT_EVALUABLE).sum() > 50
    np.testing.assert_array_equal(alone["D6"], good["D6"])
    assert (alone["J11"] == Outcome.NOT_EVALUABLE).all()
