import json
import re
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
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS, VOCABULARY
from tests.models.toy import architecture, ensemble, inputs

INPUTS = InputConfig(modalities=("xrs", "region"), history_hours=6)


def given(size: int = 30) -> Any:
    return {name: part for name, part in inputs(size).items() if name != "keywords"}


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
    return save_bundle(
        Bundle(model.eval(), background, INPUTS, {"note": 1}), tmp_path / "bundle", "# Card\n", None, given()
    )


def edit(path: Path, change: Any) -> None:
    tree = json.loads(path.read_text())
    change(tree)
    path.write_text(json.dumps(tree))


def test_a_loaded_model_gives_the_same_forecasts(bundle: Bundle, tmp_path: Path):
    loaded = load_bundle(tmp_path / "bundle")
    with torch.no_grad():
        for name in ("log_rate", "alpha", "limit"):
            assert torch.equal(getattr(loaded.ensemble(given()), name), getattr(bundle.ensemble(given()), name))
    assert torch.equal(loaded.background.log_rate, bundle.background.log_rate)
    assert (loaded.inputs, loaded.facts) == (INPUTS, {"note": 1})
    assert not loaded.ensemble.training


def test_the_digest_is_that_of_the_folder(bundle: Bundle, tmp_path: Path):
    assert bundle.digest == load_bundle(tmp_path / "bundle").digest == digest_tree(tmp_path / "bundle")


def test_saving_twice_gives_the_same_bytes(bundle: Bundle, tmp_path: Path):
    assert save_bundle(bundle, tmp_path / "second", "# Card\n", None, given()).digest == bundle.digest


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
    with pytest.raises(InputError, match=r"nowhere: no bundle here; .*--model builtin") as caught:
        load_bundle(tmp_path / "nowhere")
    assert len(caught.value.problems) == 1


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


def test_a_changed_vocabulary_is_refused_with_a_table_of_differences(bundle: Bundle, tmp_path: Path):
    def change(tree: dict[str, Any]) -> None:
        keywords = [[name, VOCABULARY[name].unit] for name in SHARP_KEYWORDS[:-1]]
        keywords[2], keywords[0] = ["meanalp", "Mm-1"], ["usflux", "Wb"]
        tree["made"]["vocabulary"] = {"keywords": keywords, "thresholds": {"C1.0": 1e-6, "M1.0": 2e-5, "Z1.0": 1e-3}}

    edit(tmp_path / "bundle" / "model.json", change)
    with pytest.raises(InputError) as caught:
        load_bundle(tmp_path / "bundle")
    for row in (
        r"critical +keywords\[0\] +usflux \(Wb\) +usflux \(Mx\)\n",
        r"critical +keywords\[2\] +meanalp \(Mm-1\) +meangbt \(G pix-1\)\n",
        r"critical +keywords\[16\] +nothing +area_acr",
        r"critical +threshold M1.0 +2e-05 W m-2 +1e-05 W m-2\n",
        r"critical +threshold Z1.0 +0.001 W m-2 +unknown\n",
    ):
        assert re.search(row, str(caught.value)), row
    assert str(caught.value).count("critical") == 5
    assert "Train the model again, or use what made it: sunproof 0." in str(caught.value)


def test_another_torch_is_refused_and_lesser_differences_stand_beside_it(bundle: Bundle, tmp_path: Path):
    def change(tree: dict[str, Any]) -> None:
        tree["made"]["environment"] |= {"torch": "1.13.1", "numpy": "1.26.4", "captum": "0.1"}

    edit(tmp_path / "bundle" / "model.json", change)
    with pytest.raises(
        InputError, match=r"(?s)critical +torch +1\.13\.1.*warning +numpy +1\.26\.4.*note +captum +0\.1"
    ):
        load_bundle(tmp_path / "bundle")


def test_what_may_matter_is_told_and_loaded(bundle: Bundle, tmp_path: Path, capsys):
    def change(tree: dict[str, Any]) -> None:
        tree["made"] |= {"limits": "sha256:0123456789abcdef", "code": "0.0.9"}
        tree["made"]["environment"] |= {"platform": "Plan9 mips"}

    edit(tmp_path / "bundle" / "model.json", change)
    assert load_bundle(tmp_path / "bundle").ensemble
    told = capsys.readouterr().err
    assert re.search(r"warning +platform +Plan9 mips", told)
    assert re.search(r"note +limits +sha256:0123456789ab ", told)
    assert re.search(r"note +code +0\.0\.9", told)


def test_notes_alone_are_not_worth_a_word(bundle: Bundle, tmp_path: Path, capsys):
    edit(tmp_path / "bundle" / "model.json", lambda tree: tree["made"].update(code="0.0.9"))
    load_bundle(tmp_path / "bundle")
    assert not capsys.readouterr().err


def test_the_first_format_is_read_with_a_warning_and_a_later_one_refused(bundle: Bundle, tmp_path: Path, capsys):
    path = tmp_path / "bundle" / "model.json"
    edit(path, lambda tree: tree.pop("made"))
    (tmp_path / "bundle" / "reference.safetensors").unlink()
    load_bundle(tmp_path / "bundle")
    assert re.search(r"warning +format +1 +2", capsys.readouterr().err)
    edit(path, lambda tree: tree.update(made={"format": 3}))
    with pytest.raises(InputError, match=r"critical +format +3 +2"):
        load_bundle(tmp_path / "bundle")


def test_a_model_that_answers_otherwise_than_when_saved_is_refused(bundle: Bundle, tmp_path: Path):
    # nothing but the answers can tell: a normaliser of the same shape
    edit(tmp_path / "bundle" / "normaliser.json", lambda tree: tree["xrs"].update(centre=[-6.3, -6.1]))
    with pytest.raises(
        InputError, match=r"answers otherwise than when it was saved; got '\d.*wanted at most 0\.0001 in"
    ):
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
