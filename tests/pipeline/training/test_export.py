import importlib.util
import json

import numpy as np
import pytest
import torch
import xarray as xr
import yaml

from sunproof.models.reduced import Exportable, reduced
from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.samples.features import build
from sunproof.pipeline.training import export
from sunproof.pipeline.training.bundle import load_bundle
from sunproof.pipeline.training.config import ExportConfig, ModelConfig
from sunproof.pipeline.training.train import run as train
from tests.pipeline.training.world import of_a_simulated_sun

ONNX = importlib.util.find_spec("onnxscript") is not None


def settings(world, **changes):
    paths = {"bundle": world.root / "to_export", "archive": world.archive, "samples": world.samples}
    return ExportConfig(
        **{"output": world.root / "exported", "size": 150, "versions": ("fp32", "int8")} | paths | changes
    )


@pytest.fixture(scope="module")
def exported(world):
    """A sound version and a damaged one, by the command line."""
    small = ModelConfig(recurrent_layers=1, width=3, hidden=4, dropout=0.0)
    train(world.train("to_export", model=small, seeds=(0,)))

    def damaged(ensemble, precision, keep):
        copied = reduced(ensemble, precision, keep)
        if precision == "int8":
            copied.members[0].wide.scale.mul_(1.5)
        return copied

    config = world.root / "export.yaml"
    config.write_text(yaml.safe_dump(settings(world).model_dump(mode="json")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "reduced", damaged)
        code = main(["export", str(config)])
    return world, code


def test_a_version_that_is_too_far_away_is_refused_naming_the_layer(exported, capfd):
    world, code = exported
    assert code == 2
    report = json.loads((world.root / "exported/parity.json").read_text())
    damaged = report["versions"]["int8"]
    assert damaged["file"] is None
    assert any("largest difference of a probability" in text for text in damaged["objections"])
    assert max(damaged["layers"], key=damaged["layers"].get) == "members.0.wide"
    assert {path.name for path in (world.root / "exported").iterdir()} == {"fp32.pt2", "parity.json", "parity.md"}


def test_the_refusal_tells_version_layer_and_numbers(exported, monkeypatch):
    world, _ = exported
    report = json.loads((world.root / "exported/parity.json").read_text())["versions"]["fp32"]
    far = {name: np.float64(1e-9) for name in report["layers"]} | {"members.0.deep.1": 0.7}
    monkeypatch.setattr(export, "exported_layers", lambda *parts: far)
    monkeypatch.setattr(export, "objections", lambda parity: ["too far"])
    told = r"fp32 is not exported, and layer members\.0\.deep\.1 \(0\.7 relative error\) is where .*: too far"
    with pytest.raises(InputError, match=told):
        export.run(settings(world, output=world.root / "none", versions=("fp32",)))


def test_the_sound_version_is_the_trained_function_for_batches_of_any_size(exported):
    world, _ = exported
    bundle = load_bundle(world.root / "to_export")
    program = torch.export.load(world.root / "exported/fp32.pt2").module()
    served = Exportable(bundle.ensemble)
    samples = xr.load_dataset(world.samples, engine="h5netcdf")
    parts = build(world.archive, samples.isel(sample=slice(0, 40)), bundle.inputs).modalities
    for size in (1, 2, 33):
        values, masks = ({name: torch.from_numpy(pair[k][:size]) for name, pair in parts.items()} for k in (0, 1))
        with torch.no_grad():
            got, wanted = program(values, masks), served(values, masks)
        for name in wanted:
            torch.testing.assert_close(got[name], wanted[name], atol=1e-5, rtol=0, equal_nan=True)


def test_the_report_says_what_was_compared(exported):
    world, _ = exported
    report = json.loads((world.root / "exported/parity.json").read_text())
    version = report["versions"]["fp32"]
    assert version["probability"] < 1e-5
    assert version["flips_of_x"] == version["flips"] == 0
    assert {"members.0.wide", "members.0.encoders.keywords.recurrent"} <= set(version["layers"])
    assert max(version["layers"].values()) < 1e-5
    assert report["enough"] is False
    assert report["samples"]["drawn"] == 150
    assert report["bundle"] == load_bundle(world.root / "to_export").digest
    assert str(world.root) not in (world.root / "exported/parity.json").read_text()


def test_a_model_of_a_simulated_sun_is_not_compared_on_the_real_one(exported, tmp_path):
    world, _ = exported
    other = of_a_simulated_sun(world.root / "to_export", tmp_path / "other")
    with pytest.raises(
        InputError, match=r"trained on a simulated Sun, .*other': 'simulated', .*'real'\}; wanted one Sun"
    ):
        export.run(settings(world, bundle=other, output=tmp_path / "exported"))
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


@pytest.mark.skipif(ONNX, reason="its packages are here")
def test_without_its_packages_onnx_is_refused_before_anything_is_done(world):
    with pytest.raises(InputError, match=r'onnx: not installed.*pip install "sunproof\[onnx\]"'):
        export.run(settings(world, versions=("fp32", "onnx")))


@pytest.mark.skipif(not ONNX, reason="needs onnx, onnxscript and onnxruntime")
def test_onnx_gives_the_same_answers(exported):
    world, _ = exported
    export.run(settings(world, output=world.root / "onnx", versions=("onnx",)))
    report = json.loads((world.root / "onnx/parity.json").read_text())["versions"]["onnx"]
    assert report["file"] == "fp32.onnx"
    assert report["probability"] < 1e-4


def test_attention_takes_its_usual_path_again_afterwards():
    before = torch.backends.mha.get_fastpath_enabled()
    with export._plain_attention():
        assert not torch.backends.mha.get_fastpath_enabled()
        assert torch.get_num_threads() == 1
    assert torch.backends.mha.get_fastpath_enabled() == before
