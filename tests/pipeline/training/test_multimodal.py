"""Training on images beside tables, end to end on a small archive: the bundle, its forecasts, lost instruments."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
import zarr

from sunproof.models.network import Network
from sunproof.pipeline.auditing.audit import run as audit
from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.forecasting.config import ForecastConfig
from sunproof.pipeline.forecasting.forecast import run as forecast
from sunproof.pipeline.forecasting.predict import predict
from sunproof.pipeline.samples.config import DiskConfig, PatchConfig, VectorConfig
from sunproof.pipeline.samples.dataset import SampleData
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.training.architecture import build_architecture
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import (
    DiskModelConfig,
    ModelConfig,
    OptimiserConfig,
    PatchModelConfig,
    PhysicsConfig,
    TrainConfig,
)
from sunproof.pipeline.training.train import run
from tests.pipeline.samples.images.build import write_images, write_vectors
from tests.pipeline.training.world import INPUTS, START, World, make_world

GROUPS = ("aia_171", "suvi16_195", "hmi_m")
# six hours of the history and of the frames that may be old: blocks of the small world lie 96 h apart
IMAGES = {
    "disk": DiskConfig(groups=GROUPS, size=16, oldest_hours=24),
    "patch": PatchConfig(groups=("hmi_m",), size=8, degrees=40, oldest_hours=24),
    "vector": VectorConfig(size=8, degrees=8, oldest_hours=24),
}


def make_seen(root: Path) -> World:
    """`make_world` with a frame a day of three instruments; the regions stand at the disk's centre."""
    world = make_world(root)
    group = zarr.open_group(str(world.archive), mode="a")["sharp"]
    for name in ("latitude", "longitude"):
        group[name][:] = 0.0
    random = np.random.default_rng(1)
    for name in GROUPS:
        pixels = random.gamma(2, 50, (200, 32, 32)) * (1 if name != "hmi_m" else random.choice([-1, 1], (200, 32, 32)))
        pixels[random.random(200) < 0.05] = np.nan
        # in the test block one instrument pauses for days
        pixels[185:190] = np.nan if name == "suvi16_195" else pixels[185:190]
        quantity = "magnetic_field" if name == "hmi_m" else "intensity"
        write_images(world.archive, name, pixels, quantity=quantity, start=START, hours=24)
    # a vector patch every other record; the last regions have none
    sharp = xr.open_zarr(world.archive, group="sharp", consolidated=False)
    pairs = zip(sharp["harpnum"].values.tolist(), sharp["time"].values, strict=True)
    records = [(number, time) for number, time in list(pairs)[::2] if number < 39]
    write_vectors(world.archive, records, [random.normal(0, 200, (3, 10, 14)) for _ in records], cell=1.0)
    return world


def config(world: World, output: str, **changes) -> TrainConfig:
    model = ModelConfig(
        width=8,
        hidden=8,
        dropout=0.1,
        background=("history", "disk"),
        disk=DiskModelConfig(patch=8, inner=8, heads=2, tokens=2),
        patch=PatchModelConfig(inner=4, depth=2),
        vector=PatchModelConfig(inner=2, depth=2),
    )
    physics = PhysicsConfig(mirror=0.1, strength=0.1, polarity=0.1)
    settings = {"inputs": INPUTS.model_copy(update=IMAGES), "model": model, "seeds": (0,)}
    return world.train(output, **(settings | {"optimiser": OptimiserConfig(physics=physics)} | changes))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    return make_seen(tmp_path_factory.mktemp("seen"))


@pytest.fixture(scope="module")
def trained(seen):
    return run(config(seen, "trained"))


def test_the_bundle_holds_channels_and_their_statistics(trained):
    blocks = json.loads((trained / "model.json").read_text())["architecture"]["modalities"]
    assert blocks["disk"]["features"] == list(GROUPS)
    assert blocks["disk"]["instruments"] == [[0], [1], [2]]
    assert blocks["patch"]["features"] == ["hmi_m", "mu"]
    statistics = json.loads((trained / "normaliser.json").read_text())
    assert statistics["disk"]["axis"] == -3
    assert statistics["disk"]["centre"][2] == 0
    assert blocks["vector"]["features"] == ["sharp_br", "sharp_bt", "sharp_bp"]
    assert blocks["vector"]["mirrored"] == [-1, 1, -1]
    assert statistics["vector"]["centre"] == [0, 0, 0]
    assert len({*statistics["vector"]["scale"]}) == 3
    facts = json.loads((trained / "training.json").read_text())
    assert {"loss", "loss_constant"} <= facts["background"].keys()


def test_encoders_of_images_are_chosen_too(seen):
    usual = config(seen, "chosen")
    encoders = {
        "disk": {"name": "magnetogram_patch", "options": {"depth": 1}},
        "patch": {"name": "disk_image", "options": {"patch": 4, "tokens": 2, "inner": 8}},
    }
    chosen = usual.model_copy(update={"model": ModelConfig(**usual.model.model_dump() | {"encoders": encoders})})
    data = SampleData(seen.archive, seen.samples, usual.inputs)
    data.setup()
    architecture = build_architecture(data, chosen)
    blocks = architecture["modalities"]
    # what an encoder does not name it is not given; what the usual one was set to stays with it
    assert not {"instruments", "channel_dropout", "inner"} & {*blocks["disk"]}
    assert blocks["patch"]["instruments"] == [[0], [1]]
    found = Network(architecture).encoders
    assert [type(found[name]).__name__ for name in ("disk", "patch", "vector")] == [
        "MagnetogramPatchEncoder",
        "DiskImageEncoder",
        "MagnetogramPatchEncoder",
    ]


def test_the_same_run_gives_the_same_bytes(trained, seen):
    again = run(config(seen, "again"))
    for name in ("weights.safetensors", "calibration.json", "normaliser.json"):
        assert (again / name).read_bytes() == (trained / name).read_bytes()


def test_losses_from_physics_are_logged(trained):
    (path,) = Path(f"{trained}.logs").rglob("metrics.csv")
    head = path.read_text().splitlines()[0].split(",")
    assert {"loss_mirror", "loss_strength", "loss_polarity", "validation_loss"} <= {*head}


def test_any_instrument_or_modality_may_be_lost(trained, seen):
    bundle = load_bundle(trained)
    data = SampleData(seen.archive, seen.samples, bundle.inputs)
    data.setup()
    given = data.inputs.read(data.rows("validation").numpy()[:20])
    for name in given:
        rest = {other: part for other, part in given.items() if other != name}
        with torch.no_grad():
            assert torch.isfinite(bundle.ensemble(rest).logits(bundle.ensemble.fluxes)).all()
    values, mask = given["disk"]
    for channel in range(len(GROUPS)):
        hidden = mask.copy()
        hidden[:, :, channel] = False
        with torch.no_grad():
            found = bundle.ensemble({**given, "disk": (values, hidden)}).logits(bundle.ensemble.fluxes)
        assert torch.isfinite(found).all()


@pytest.fixture(scope="module")
def forecasts(trained, seen):
    output = seen.root / "forecasts.nc"
    settings = {"archive": seen.archive, "bundle": trained, "samples": seen.samples, "blocks": ("test",)}
    return xr.load_dataset(forecast(ForecastConfig(**settings, output=output, baselines=False)), engine="h5netcdf")


def test_forecasts_say_which_channel_they_did_without(forecasts, seen):
    issued = forecasts.isel(forecast=(forecasts["entity"] == "region").values)
    assert (issued["status"] == "ISSUED").all()
    assert np.isfinite(issued["probability"]).all()
    reasons = {str(text) for text in issued["status_reason"].values}
    assert any("disk suvi16_195" in text for text in reasons)
    assert any("vector sharp_br, vector sharp_bt, vector sharp_bp" in text for text in reasons)
    assert not any(" mu" in text for text in reasons)


def test_an_audit_asks_the_model_with_its_images(trained, seen, forecasts, tmp_path):
    some = {"forecasts": str(seen.root / "forecasts.nc"), "output": str(tmp_path / "audit")}
    where = {"archive": str(seen.archive), "bundle": str(trained), "samples": str(seen.samples)}
    config = AuditConfig(**some, **where, explain={"top": 3, "sampled": 0, "grave": 0}, report={"pages": 0})
    audit(config)
    evidence = xr.load_dataset(tmp_path / "audit" / "evidence.nc", engine="h5netcdf")
    issued = (forecasts["entity"] == "region").values & (forecasts["status"] == "ISSUED").values
    # recomputed from the archive, images and all
    assert evidence["reproduction_error"].values[issued].max() < 1e-4
    told = [open_certificate(tmp_path / "audit" / "certificates.jsonl", seq)["attribution"] for seq in range(1, 142)]
    explained = [found for found in told if found["status"] == "explained"]
    assert len(explained) == 3
    for found in explained:
        assert {*found["features"]["vector"]} == {"sharp_br", "sharp_bt", "sharp_bp"}


def test_the_full_disk_is_its_regions_and_the_background(forecasts):
    times = np.unique(forecasts["issue_time"].values[(forecasts["entity"] == "full_disk").values])
    assert len(times) > 10
    for time in times:
        slot = forecasts.isel(forecast=(forecasts["issue_time"] == time).values)
        disk = slot.isel(forecast=(slot["entity"] == "full_disk").values)
        regions = slot.isel(forecast=(slot["entity"] == "region").values)
        rest = (1 - regions["probability"]).prod("forecast") * (1 - disk["probability_background"][0])
        np.testing.assert_allclose(disk["probability"][0], 1 - rest, atol=1e-9)


def test_what_comes_after_the_cutoff_does_not_change_a_forecast(trained, seen, tmp_path):
    changed = tmp_path / "archive.zarr"
    shutil.copytree(seen.archive, changed)
    middle = np.datetime64("2012-07-01", "ns")
    for name in GROUPS:
        group = zarr.open_group(str(changed), mode="a")[name]
        quantity = "magnetic_field" if name == "hmi_m" else "intensity"
        pixels = group[quantity][:]
        pixels[int((middle - START) / np.timedelta64(1, "D")) + 1 :] = 7.0
        group[quantity][:] = pixels
    bundle = load_bundle(trained)
    # validation may have found that the deep path earns nothing here: let it speak all the same
    torch.nn.init.normal_(bundle.ensemble.members[0].deep.last.weight)
    samples = xr.load_dataset(seen.samples, engine="h5netcdf")
    samples = samples.isel(sample=(samples["block"] == "test").values & (samples["entity"] == "region").values)
    before = (samples["data_cutoff"] <= middle).values
    assert before.any()
    assert not before.all()
    ours, theirs = (
        predict(bundle, build(archive, samples, bundle.inputs), 64).log_rate for archive in (seen.archive, changed)
    )
    assert torch.equal(ours[before], theirs[before])
    assert not torch.equal(ours[~before], theirs[~before])
