import numpy as np
import pytest
import torch

from sunproof.models.symmetries import HALF_TURN, MIRROR, OPPOSITE

KEYWORDS = {"features": ["usflux", "meanjzd", "meanjzh"]}
VECTOR = {
    "features": ["sharp_br", "sharp_bt", "sharp_bp"],
    "grid": [4, 4],
    "signed": [True, True, True],
    "mirrored": [-1, 1, -1],
}
ALL = {"opposite": OPPOSITE, "mirror": MIRROR, "half turn": HALF_TURN}


def vector_potential_field(x, y):
    """Field of a dipole along the surface: (outward, southward, westward); rows run to the north."""
    z = 1.0
    moment = np.array([0.7, 0.4, 0.0])
    r = np.stack(
        [np.broadcast_to(x, np.broadcast(x, y).shape), np.broadcast_to(y, np.broadcast(x, y).shape), 0 * x + 0 * y + z]
    )
    size = np.sqrt((r**2).sum(axis=0))
    west, north, out = 3 * r * np.tensordot(moment, r, 1) / size**5 - moment[:, None, None] / size**3
    return np.stack([out, -north, west])


def curl_and_divergence(field):
    """Vertical current and divergence along the surface, of (outward, southward, westward)."""
    _, south, west = field
    north = -south
    current = np.gradient(north, axis=1) - np.gradient(west, axis=0)
    return current, np.gradient(west, axis=1) + np.gradient(north, axis=0)


def turned(symmetry, block, values):
    values = torch.as_tensor(np.asarray(values, np.float32))
    return symmetry(block, values, torch.ones_like(values, dtype=torch.bool))[0].numpy()


@pytest.mark.parametrize("symmetry", ALL.values(), ids=ALL)
def test_twice_is_none(symmetry):
    values = np.random.default_rng(0).normal(size=(2, 1, 3, 4, 4)).astype(np.float32)
    np.testing.assert_array_equal(turned(symmetry, VECTOR, turned(symmetry, VECTOR, values)), values)


@pytest.mark.parametrize("symmetry", ALL.values(), ids=ALL)
def test_a_current_free_field_stays_one(symmetry):
    along = np.linspace(-3, 3, 41)
    field = vector_potential_field(along[None], along[:, None])
    other = turned(symmetry, VECTOR, field[None, None])[0, 0]
    assert np.abs(curl_and_divergence(other)[0])[1:-1, 1:-1].max() < 0.02 * np.abs(other).max()
    # a field still spreads where it comes out, or gathers there, as it did
    before = np.sign((curl_and_divergence(field)[1] * field[0]).sum())
    assert np.sign((curl_and_divergence(other)[1] * other[0]).sum()) == before


def test_twist_turns_over_in_the_mirror_alone():
    # the vertical current times the vertical field
    random = np.random.default_rng(1)
    field = np.cumsum(np.cumsum(random.normal(size=(3, 24, 24)), axis=1), axis=2)
    twist = {
        name: (curl_and_divergence(one)[0] * one[0]).mean()
        for name, one in {
            "own": field,
            **{name: turned(symmetry, VECTOR, field[None, None])[0, 0] for name, symmetry in ALL.items()},
        }.items()
    }
    assert twist["opposite"] == pytest.approx(twist["own"], rel=1e-4)
    assert twist["half turn"] == pytest.approx(twist["own"], rel=1e-4)
    assert twist["mirror"] == pytest.approx(-twist["own"], rel=1e-4)


def test_keywords_turn_over_as_currents_and_helicities_do():
    record = np.array([[[1e22, 0.3, -2.0]]])
    np.testing.assert_allclose(turned(OPPOSITE, KEYWORDS, record)[0, 0], [1e22, -0.3, -2.0], rtol=1e-6)
    np.testing.assert_allclose(turned(MIRROR, KEYWORDS, record)[0, 0], [1e22, 0.3, 2.0], rtol=1e-6)
    assert not HALF_TURN.changes(KEYWORDS)
