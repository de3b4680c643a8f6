import numpy as np
import pytest

from sunproof.models.attribution import erasure
from sunproof.models.attribution.erasure import erased
from sunproof.models.attribution.explained import Explained
from tests.models import imaging

ALL = np.ones((1, 1, 1, 1), bool)


@pytest.fixture(scope="module")
def explained():
    return Explained.of(imaging.ensemble(), imaging.inputs(5, seed=2, parts=3), "M1.0", 24)


def test_a_modality_taken_away_is_what_ablation_of_its_frames_says(explained):
    columns = explained.mask.shape[1]
    names = list(explained.prepared.modalities)
    sizes = {name: part[0].flatten(1).shape[1] for name, part in explained._levers.items()}
    for name in explained.prepared.index:
        start = sum(sizes[other] for other in names[: names.index(name)])
        kept = np.ones((2, columns), bool)
        kept[1, start : start + sizes[name]] = False
        logits = explained.kept(kept)
        for row in (0, 3):
            (found,) = erased(explained, row, [{name: ALL}])
            assert found == pytest.approx(logits[row, 0] - logits[row, 1], abs=1e-5)


def test_nothing_taken_away_changes_nothing(explained):
    nothing = {"disk": ~ALL, "patch": ~ALL}
    np.testing.assert_allclose(erased(explained, 1, [{}, nothing]), 0, atol=1e-6)
    assert erased(explained, 1, []).shape == (0,)


def test_ways_do_not_disturb_each_other(explained, monkeypatch):
    random = np.random.default_rng(0)
    ways = [{"patch": random.random((1, 1, 16, 16)) < 0.3} for _ in range(4)] + [{"disk": ALL}]
    together = erased(explained, 2, ways)
    assert np.abs(together).max() > 1e-3
    monkeypatch.setattr(erasure, "_PIXELS", 1)
    np.testing.assert_allclose(erased(explained, 2, ways), together, atol=1e-6)
