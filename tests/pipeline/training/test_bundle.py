import json
from pathlib import Path
from typing import Any

import pytest
import torch

from sunproof.models.forecaster import Calibration, Ensemble
from sunproof.models.heads import FlareProcess
from sunproof.models.network import Network
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.receipts import digest_tree
from sunproof.pipeline.samples.config import InputConfig
from sunproof.pipeline.training.bundle import Bundle, load_bundle, save_bundle
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.models.toy import architecture, ensemble, inputs

INPUTS = InputConfig(modalities=("xrs", "region"), history_hours=6)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    tree = architecture()
    # the toy knows three keywords only, and a bundle must know them all
    del tree["modalities"]["keywords"]
    torch.manual_seed(1)
    members = [Network(tree) for _ in range(2)]
    for parameter in (parameter for member in members for parameter in member.parameters()):
        torch.nn.init.normal_(parameter, std=0.3)
    model = Ensemble(tree, ensemble().normaliser, members, Calibration((0.1, 0.9), (0.2, 1.1)))
    numbers = ([[-1.0, -0.5, -0.2]], [2.2], [5e-3])
    background = FlareProcess(*(torch.tensor(value, dtype=torch.float64) for value in numbers))
    return save_bundle(Bundle(model.eval(), background, INPUTS, {"note": 1}), tmp_path / "bundle", "# Card\n")


def edit(path: Path, change: Any) -> None:
    tree = json.loads(path.read_text())
    change(tree)
    path.write_text(json.dumps(tree))


def test_a_loaded_model_gives_the_same_forecasts(bundle: Bundle, tmp_path: Path):
    given = {name: part for name, part in inputs(30).items() if name != "keywords"}
    loaded = load_bundle(tmp_path / "bundle")
    with torch.no_grad():
        for name in ("log_rate", "alpha", "limit"):
            assert torch.equal(getattr(loaded.ensemble(given), name), getattr(bundle.ensemble(given), name))
    assert torch.equal(loaded.background.log_rate, bundle.background.log_rate)
    assert (loaded.inputs, loaded.facts) == (INPUTS, {"note": 1})
    assert not loaded.ensemble.training


def test_the_digest_is_that_of_the_folder(bundle: Bundle, tmp_path: Path):
    assert bundle.digest == load_bundle(tmp_path / "bundle").digest == digest_tree(tmp_path / "bundle")


def test_saving_twice_gives_the_same_bytes(bundle: Bundle, tmp_path: Path):
    assert save_bundle(bundle, tmp_path / "second", "# Card\n").digest == bundle.digest


def test_a_bundle_without_background_stays_without(bundle: Bundle, tmp_path: Path):
    save_bundle(Bundle(bundle.ensemble, None, INPUTS, {}), tmp_path / "other", "")
    assert load_bundle(tmp_path / "other").background is None


def test_missing_files_are_listed_together(bundle: Bundle, tmp_path: Path):
    for name in ("normaliser.json", "weights.safetensors"):
        (tmp_path / "bundle" / name).unlink()
    with pytest.raises(
        InputError, match=r"(?s)weights\.safetensors: file is missing.*normaliser\.json: file is missing"
    ):
        load_bundle(tmp_path / "bundle")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(InputError, match=r"nowhere: model\.json: file is missing; got \[\]"):
        load_bundle(tmp_path / "nowhere")


def test_broken_json_is_told_with_its_file(bundle: Bundle, tmp_path: Path):
    (tmp_path / "bundle" / "calibration.json").write_text("{")
    with pytest.raises(InputError, match=r"calibration\.json: not readable as JSON; got"):
        load_bundle(tmp_path / "bundle")


def test_weights_of_another_architecture_are_refused(bundle: Bundle, tmp_path: Path):
    edit(tmp_path / "bundle" / "model.json", lambda tree: tree["architecture"].update(width=6))
    with pytest.raises(InputError, match=r"weights do not fit the architecture; got .*size mismatch"):
        load_bundle(tmp_path / "bundle")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tree: tree["modalities"]["xrs"].update(colour=3), "colour"),
        (lambda tree: tree.pop("width"), "width"),
        (lambda tree: tree["modalities"]["xrs"]["wide"].append("xrsc"), "xrsc"),
    ],
)
def test_an_architecture_of_another_version_is_told(bundle: Bundle, tmp_path: Path, change: Any, told: str):
    edit(tmp_path / "bundle" / "model.json", lambda tree: change(tree["architecture"]))
    with pytest.raises(
        InputError, match=rf"model\.json: architecture not understood; got .*{told}.*Train the model again"
    ):
        load_bundle(tmp_path / "bundle")


def test_inputs_nobody_understands_are_refused(bundle: Bundle, tmp_path: Path):
    edit(tmp_path / "bundle" / "model.json", lambda tree: tree["inputs"].update(colour="red"))
    with pytest.raises(InputError, match=r"inputs block not understood; got .*colour"):
        load_bundle(tmp_path / "bundle")


def test_a_changed_vocabulary_is_told_keyword_by_keyword(bundle: Bundle, tmp_path: Path):
    block = {"encoder": "sequence", "steps": 6, "layers": 1, "summaries": ["last"], "wide": []}
    keywords = [*SHARP_KEYWORDS[:2], "meanalp", *SHARP_KEYWORDS[3:-1]]

    def change(tree: dict[str, Any]) -> None:
        tree["architecture"]["modalities"]["keywords"] = block | {"features": keywords}
        tree["architecture"]["thresholds"] = ["C1.0", "M1.0", "Z1.0"]

    edit(tmp_path / "bundle" / "model.json", change)
    expected = (
        r"(?s)keywords\[2\].*got 'meangbt'; wanted meanalp.*keywords\[16\].*wanted nothing.*unknown threshold; got 'Z1"
    )
    with pytest.raises(InputError, match=expected):
        load_bundle(tmp_path / "bundle")


def test_other_features_are_refused_with_every_difference(bundle: Bundle):
    names = {"xrs": ("xrsb", "xrsa"), "region": ("flares_c_24h",)}
    with pytest.raises(InputError) as caught:
        bundle.check_features(names, "archive.zarr")
    assert len(caught.value.problems) == 3
    assert "archive.zarr: region[1]: feature differs from the model's; got 'nothing'; wanted srs_area" in str(
        caught.value
    )


def test_the_right_features_pass(bundle: Bundle):
    bundle.check_features({"xrs": ("xrsa", "xrsb"), "region": ("flares_c_24h", "srs_area")}, "archive.zarr")
