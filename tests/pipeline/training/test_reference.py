import numpy as np
import pytest
import torch

from sunproof.models.auxiliary import MODALITY
from sunproof.models.forecaster import Ensemble
from sunproof.models.network import Network
from sunproof.models.normaliser import Normaliser, fit_normaliser
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.training.reference import answers, check_reference, pick_reference, write_reference
from tests.models.toy import architecture, ensemble, inputs


def test_a_few_rows_are_picked_and_the_hard_ones_made():
    given = inputs(100)
    before = {name: (values.copy(), mask.copy()) for name, (values, mask) in given.items()}
    picked = pick_reference(given)
    assert all(len(values) == len(mask) == 16 for values, mask in picked.values())
    # nothing at all, one modality gone, NaN where something was observed
    assert not any(mask[0].any() for _, mask in picked.values())
    assert not picked["xrs"][1][2].any()
    assert picked["keywords"][1][2].any()
    assert any(np.isnan(values[-1]).any() for values, _ in picked.values())
    for name, parts in given.items():
        for part, old in zip(parts, before[name], strict=True):
            assert np.array_equal(part, old)


def test_one_row_is_enough_and_large_ones_are_left_out():
    assert len(pick_reference(inputs(1))["xrs"][0]) == 1
    large, small = (np.zeros((3, 4, side, side), np.float32) for side in (512, 16))
    images = {"disk": (large, large == 0), "patch": (small, small == 0), **inputs(3)}
    picked = pick_reference(images)
    assert "disk" not in picked
    assert len(picked["patch"][0]) == len(picked["xrs"][0]) == 3


def test_a_model_is_held_against_its_own_answers(tmp_path):
    served, path = ensemble(), tmp_path / "reference.safetensors"
    write_reference(served, pick_reference(inputs(50)), path)
    assert check_reference(served, path) == 0
    assert torch.isfinite(answers(served, pick_reference(inputs(50)))["logit"]).all()
    with torch.no_grad():
        next(served.members.parameters()).mul_(1.01)
    with pytest.raises(InputError, match=r"(?s)saved:\nthe table\n; got '.*'; wanted at most 0.0001 in logit. Train"):
        check_reference(served, path, "the table")


def test_a_file_that_is_none_is_told(tmp_path):
    (tmp_path / "r.safetensors").write_bytes(b"no")
    with pytest.raises(InputError, match="reference answers not readable"):
        check_reference(ensemble(), tmp_path / "r.safetensors")


def test_what_is_predicted_beside_flares_is_compared_too(tmp_path):
    tree = architecture(auxiliary={"quantities": ["usflux"], "lead_hours": [24.0]})
    networks = [Network(tree)]
    statistics = fit_normaliser(inputs(50)).statistics() | {
        MODALITY: {"scale": [0.0], "centre": [0.1], "spread": [1.0]}
    }
    served = Ensemble(tree, Normaliser(statistics), networks).eval()
    path = tmp_path / "reference.safetensors"
    write_reference(served, pick_reference(inputs(50)), path)
    assert check_reference(served, path) == 0
    with torch.no_grad():
        networks[0].auxiliary.wide.bias += 0.01
    with pytest.raises(InputError, match=r"answers otherwise than when it was saved; got '0.01'"):
        check_reference(served, path)
