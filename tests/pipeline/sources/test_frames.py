import numpy as np
import pytest

from sunproof.pipeline.sources.frames import Frame, Geometry, Observer
from sunproof.pipeline.vocabulary import check

TURNED = Geometry(0.6, -0.01, -1228.0, 0.02, 0.5, -1200.0)


def frame(data, **changes):
    given = {
        "quantity": "intensity",
        "group": "aia_171",
        "time": np.datetime64("2011-02-15T00:00:01.34", "ns"),
        "geometry": TURNED,
        "observer": Observer(-6.8, 0.01, 0.987),
        "apparent_radius": 971.8,
    }
    return Frame(data, **{**given, **changes})


def test_geometry_and_its_inverse_are_one():
    there_and_back = TURNED.inverse().after(TURNED)
    np.testing.assert_allclose(there_and_back, (1, 0, 0, 0, 1, 0), atol=1e-9)


def test_after_does_the_first_map_first():
    shift, double = Geometry(1, 0, 5, 0, 1, 7), Geometry(2, 0, 0, 0, 2, 0)
    assert double.after(shift) == Geometry(2, 0, 10, 0, 2, 14)
    assert shift.after(double) == Geometry(2, 0, 5, 0, 2, 7)


def test_pixel_area_of_a_mirrored_grid_is_positive():
    assert Geometry(-2, 0, 0, 0, 3, 0).pixel_area == 6


def test_physical_applies_scale_and_offset_once():
    counts = np.array([[700, 1200], [710, 900]], np.int16)
    once = frame(counts, scale=0.1, offset=-70.0).physical()
    np.testing.assert_allclose(once.data, [[0, 50], [1, 20]], atol=1e-5)
    assert once.physical() is once
    assert once.data.dtype == np.float32


def test_dataset_passes_the_vocabulary_and_keeps_the_facts():
    made = frame(np.ones((3, 4), np.float32), flags=("eclipse",), rejected_for=("eclipse",), quality=8192)
    dataset = check(made.with_facts(factor=0.97).to_dataset(), "frame", {"intensity": ("time", "y", "x")})
    assert dataset.attrs["group"] == "aia_171"
    assert dataset.attrs["factor"] == 0.97
    assert dataset.reject_reason.item() == "eclipse"
    assert not dataset.accepted.item()
    assert np.isnat(dataset.t_tai.values[0])


def test_keys_become_variables():
    assert frame(np.ones((2, 2)), keys={"harpnum": 377}).to_dataset().harpnum.item() == 377


@pytest.mark.parametrize("dtype", [np.int16, ">f8", np.float32])
def test_physical_is_always_native_float32(dtype):
    assert frame(np.ones((2, 2), dtype)).physical().data.dtype == np.dtype(np.float32)
