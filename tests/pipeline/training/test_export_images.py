"""Exports of a model of images: full disks, patches and vector magnetograms beside the tables."""

import importlib.util
import json
import re
import shutil

import pytest
import safetensors.torch
import torch
import xarray as xr

from sunproof.models.reduced import Exportable, reduced
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.training import export
from sunproof.pipeline.training.bundle import load_bundle, save_bundle
from sunproof.pipeline.training.config import ExportConfig, PhysicsConfig, TrainerConfig
from sunproof.pipeline.training.parity import objections
from sunproof.pipeline.training.train import run as train
from tests.pipeline.training.test_multimodal import config as images_config
from tests.pipeline.training.test_multimodal import make_seen

VERSIONS = ("fp32", "fp16", "bf16", "int8")
ONNX = importlib.util.find_spec("onnxscript") is not None


@pytest.fixture(scope="module")
def speaking(tmp_path_factory):
    """A bundle whose images matter: validation may have found that the deep path earns nothing here."""
    world = make_seen(tmp_path_factory.mktemp("seen"))
    plain = images_config(world, "trained")
    small = {
        "inputs": plain.inputs.model_copy(update={"modalities": ("keywords",)}),
        "model": plain.model.model_copy(update={"recurrent_layers": 0, "background": ()}),
        "optimiser": plain.optimiser.model_copy(update={"physics": PhysicsConfig()}),
        "trainer": TrainerConfig(max_epochs=1, batch_size=128),
    }
    folder = train(plain.model_copy(update=small))
    bundle = load_bundle(folder)
    torch.manual_seed(0)
    torch.nn.init.normal_(bundle.ensemble.members[0].deep.last.weight, std=0.3)
    examples = images_of(bundle, world, 12)
    save_bundle(bundle, world.root / "speaking", "# A model whose images speak\n", examples=examples)
    return world


def settings(world, **changes):
    paths = {"bundle": world.root / "speaking", "archive": world.archive, "samples": world.samples}
    return ExportConfig(**{"output": world.root / "exported", "size": 60, "versions": VERSIONS} | paths | changes)


@pytest.fixture(scope="module")
def exported(speaking):
    """All versions, the last of them damaged; what 60 samples say of small differences is not asked."""

    def damaged(ensemble, precision, keep):
        copied = reduced(ensemble, precision, keep)
        if precision == "int8":
            copied.members[0].encoders["vector"].layers[0].scale.mul_(-4)
            copied.members[0].wide.scale.mul_(1.5)
        return copied

    def grave(parity):
        return objections(parity) if parity.probability > 0.1 else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "reduced", damaged)
        patch.setattr(export, "objections", grave)
        with pytest.raises(InputError) as refusal:
            export.run(settings(speaking))
    return speaking, str(refusal.value)


@pytest.fixture(scope="module")
def report(exported):
    return json.loads((exported[0].root / "exported/parity.json").read_text())


def images_of(bundle, world, rows):
    samples = xr.load_dataset(world.samples, engine="h5netcdf")
    samples = samples.isel(sample=(samples["block"] == "validation").values & (samples["entity"] == "region").values)
    inputs = build(world.archive, samples.isel(sample=slice(0, rows)), bundle.inputs)
    order = bundle.ensemble.architecture["modalities"]
    parts = inputs.read(slice(None))
    return {name: tuple(map(torch.from_numpy, parts[name])) for name in order}


def test_a_bundle_answers_for_its_images_too(speaking, tmp_path):
    kept = safetensors.torch.load_file(speaking.root / "trained" / "reference.safetensors")
    assert {"disk.values", "patch.mask", "vector.values"} <= {*kept}
    changed = shutil.copytree(speaking.root / "speaking", tmp_path / "changed")
    weights = safetensors.torch.load_file(changed / "weights.safetensors")
    (name,) = [name for name in weights if name.endswith("encoders.vector.layers.0.weight")]
    weights[name] = weights[name] * 1.1
    (changed / "weights.safetensors").write_bytes(safetensors.torch.save(weights))
    with pytest.raises(InputError, match="the model answers otherwise than when it was saved"):
        load_bundle(changed)


def test_every_version_is_written_and_compared_layer_by_layer(exported, report):
    written = {path.name for path in (exported[0].root / "exported").glob("*.pt2")}
    assert written == {"fp32.pt2", "fp16.pt2", "bf16.pt2"}
    for name in VERSIONS:
        version = report["versions"][name]
        layers = version["layers"]
        for place in ("vector.layers.0", "patch.layers.2", "disk.embed.0", "disk.layers.0.project"):
            assert f"members.0.encoders.{place}" in layers
        assert "members.0.deep.layers.0.key_value" in layers
        assert (max(layers.values()) < 1e-5) == (name == "fp32")
        assert version["probability"] < {"fp32": 1e-5, "fp16": 0.01, "bf16": 0.1, "int8": 1}[name]
    assert report["inputs"]["vector"] == [1, 3, 8, 8]


def test_the_images_enter_the_exported_function(exported):
    bundle = load_bundle(exported[0].root / "speaking")
    program = torch.export.load(exported[0].root / "exported/fp32.pt2").module()
    served = Exportable(bundle.ensemble)
    given = images_of(bundle, exported[0], 20)
    for size in (1, 2, 20):
        values, masks = ({name: pair[place][:size] for name, pair in given.items()} for place in (0, 1))
        with torch.no_grad():
            got, wanted = program(values, masks), served(values, masks)
        for name in wanted:
            torch.testing.assert_close(got[name], wanted[name], atol=1e-5, rtol=0, equal_nan=True)
    # without one of them it answers otherwise, and answers
    for name in ("disk", "patch", "vector"):
        with torch.no_grad():
            found = program(values, masks | {name: torch.zeros_like(masks[name])})["logit"]
        assert torch.isfinite(found).all()
        assert not torch.equal(found, got["logit"])


def test_a_damaged_convolution_is_refused_by_name(exported, report):
    world, told = exported
    layer = r"members\.0\.encoders\.vector\.layers\.0 \([\d.]+ relative error\)"
    assert re.search(
        rf"int8 is not exported, and layer {layer} is where it differs most: .*add that layer to keep", told
    )
    assert report["versions"]["int8"]["file"] is None
    assert not (world.root / "exported/int8.pt2").exists()


@pytest.mark.skipif(not ONNX, reason="needs onnx, onnxscript and onnxruntime")
def test_onnx_gives_the_same_answers(speaking):
    export.run(settings(speaking, output=speaking.root / "onnx", versions=("onnx",)))
    version = json.loads((speaking.root / "onnx/parity.json").read_text())["versions"]["onnx"]
    assert version["file"] == "fp32.onnx"
    assert version["probability"] < 1e-4
