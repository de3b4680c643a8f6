import numpy as np
import pytest

from sunproof.models.attribution.ablation import ablate
from sunproof.models.attribution.explained import Explained
from sunproof.models.attribution.integrated_gradients import attribute
from sunproof.models.attribution.spans import spans
from tests.models import imaging


def tree(**modalities):
    blocks = {name: {"features": list(features), "steps": steps} for name, (features, steps) in modalities.items()}
    return {"modalities": blocks}


@pytest.mark.parametrize(
    ("steps", "hours", "names"),
    [
        (24, 1, ["12 to 24 h", "6 to 12 h", "3 to 6 h", "1 to 3 h", "0 to 1 h"]),
        # in whole steps, and what they cover: none of six hours ends after one
        (4, 6, ["12 to 24 h", "6 to 12 h", "0 to 6 h"]),
        (10, 0.2, ["1 to 2 h", "0 to 1 h"]),
        (72, 1, ["48 to 72 h", "24 to 48 h", "12 to 24 h", "6 to 12 h", "3 to 6 h", "1 to 3 h", "0 to 1 h"]),
    ],
)
def test_sequences_are_cut_where_hours_double(steps, hours, names):
    found = spans(tree(keywords=(["usflux", "r_value"], steps)), hours, {})
    assert list(found.names) == names


def test_a_step_is_in_the_span_that_its_hours_are_in():
    found = spans(tree(keywords=(["usflux"], 7)), 1, {})
    assert [found.names[place] for place in found.index] == [
        "6 to 7 h",
        *["3 to 6 h"] * 3,
        *["1 to 3 h"] * 2,
        "0 to 1 h",
    ]


def test_sequences_share_their_hours_and_scalars_have_none():
    found = spans(tree(keywords=(["usflux"], 2), xrs=(["level"], 2), region=(["srs_area"], None)), 1, {})
    assert found.names == ("1 to 2 h", "0 to 1 h", "no time")
    assert found.index.tolist() == [0, 1, 0, 1, 2]


def test_frames_of_images_are_told_by_their_hours():
    found = spans(imaging.architecture(), 1, {"disk": (0, 12), "patch": (0,)})
    assert found.names[-3:] == ("disk, 0 h before", "disk, 12 h before", "patch, 0 h before")
    assert spans(imaging.architecture(), 1, {}).names[-3:] == ("disk, frame 1", "disk, frame 2", "patch, frame 1")


def test_every_input_is_in_one_span_which_can_be_taken_away():
    model = imaging.ensemble()
    given = imaging.inputs(4)
    explained = Explained.of(model, given, "M1.0", 24)
    found = spans(model.architecture, 4, {"disk": (0, 12)})
    flat = explained.flat(attribute(model, given, "M1.0", 24).modalities)
    assert found.index.shape == flat.shape[1:]
    np.testing.assert_allclose(found.sums(flat).sum(axis=1), flat.sum(axis=1), rtol=1e-9)
    effects = ablate(explained, found)
    assert effects.shape == (4, len(found.names))
    assert (np.abs(effects[:, found.names.index("0 to 4 h")]) > 0).all()


def test_a_model_without_sequences_has_no_hours():
    found = spans(tree(region=(["srs_area", "latitude"], None)), 1, {})
    assert found.names == ("no time",)
