import numpy as np
import pytest
from matplotlib.image import imread

from sunproof.pipeline.verification.cases import make_cases
from sunproof.pipeline.verification.evaluate import Evaluation
from sunproof.pipeline.verification.plots import plot


@pytest.fixture
def found(samples):
    cases = make_cases(samples)
    rng = np.random.default_rng(0)
    probabilities = {"model": rng.random(cases.shape), "goes_flux": np.full(cases.shape, np.nan)}
    rates = {"region": np.zeros((2, 2)), "full_disk": np.zeros((2, 2))}
    return Evaluation({"simulated": 1}, {"model": "m", "goes_flux": "x"}, [], [], [], cases, probabilities, rates)


def test_one_diagram_of_each_kind_an_entity_with_a_panel_a_threshold(found, tmp_path):
    paths = plot(found, tmp_path)
    assert [path.name for path in paths] == [
        f"{kind}_{entity}.png" for entity in ("region", "full_disk") for kind in ("reliability", "roc")
    ]
    for path in paths:
        picture = imread(path)
        assert picture.shape[1] == pytest.approx(2 * picture.shape[0], rel=0.01)
        assert picture.std() > 0.05  # something is drawn


def test_the_same_evaluation_gives_the_same_bytes(found, tmp_path):
    first = [path.read_bytes() for path in plot(found, tmp_path)]
    assert first == [path.read_bytes() for path in plot(found, tmp_path)]


def test_a_sun_without_events_draws_without_a_curve(found, tmp_path):
    found.cases.event[:] = 0
    assert len(plot(found, tmp_path)) == 4
