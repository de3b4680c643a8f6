import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunproof.models.attribution.rolls import enrichment, shifts

ALL = np.ones((12, 12), bool)


def square(top=4, left=4, side=3, size=12):
    mask = np.zeros((size, size), bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_a_map_without_content_is_as_dense_anywhere():
    found = enrichment(np.ones((12, 12)), square(), ALL)
    assert found.share == pytest.approx(9 / 144)
    assert found.ratio == pytest.approx(1)
    assert found.rank == 0


def test_all_in_the_mask_outranks_every_rolled_mask():
    found = enrichment(square().astype(float), square(), ALL)
    assert found.share == pytest.approx(1)
    assert found.ratio == pytest.approx(144 / 9)
    assert found.rank == 1


def test_nothing_in_the_mask_ranks_last():
    assert enrichment((~square()).astype(float), square(), ALL).rank == 0


def test_a_few_places_elsewhere_rank_nothing():
    wide = np.ones((1, 24), bool)
    for width, ranked in ((20, False), (21, True)):
        strip, mask = wide[:, :width], wide[:, :width].copy()
        mask[0, 3:] = False
        assert np.isfinite(enrichment(np.where(mask, 1.0, 0.5), mask, strip).rank) == ranked


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_transform_gives_what_rolling_gives(seed):
    random = np.random.default_rng(seed)
    seen = random.random((9, 7)) > 0.2
    weight, mask = np.where(seen, random.gamma(1, 1, (9, 7)), 0), random.random((9, 7)) > 0.6
    inside = mask & seen
    if not inside.any() or inside.sum() == seen.sum():
        return
    found, ratios = enrichment(weight, mask, seen), []
    for shift in np.ndindex(9, 7):
        rolled = np.roll(inside, shift, axis=(0, 1)) & seen
        if rolled.sum() >= 0.5 * inside.sum():
            ratios.append((weight[rolled].sum() / weight.sum()) / (rolled.sum() / seen.sum()))
    assert found.ratio == pytest.approx(ratios[0])
    assert found.rank == pytest.approx(np.mean(np.array(ratios[1:]) < ratios[0] - 1e-9), abs=1e-6)


@pytest.mark.parametrize(
    ("weight", "mask", "seen"),
    [(np.zeros((12, 12)), square(), ALL), (np.ones((12, 12)), ~ALL, ALL), (np.ones((12, 12)), ALL, ALL)],
)
def test_an_empty_map_or_mask_says_nothing(weight, mask, seen):
    assert np.isnan(enrichment(weight, mask, seen)).all()


def test_shifts_keep_the_mask_within_what_was_observed():
    seen = ALL.copy()
    seen[:, 8:] = False
    mask = square(left=0)
    found = shifts(mask, seen, 20, 1)
    assert len(set(found)) == len(found) == 20
    assert (0, 0) not in found
    for shift in found:
        assert (np.roll(mask, shift, axis=(0, 1)) & seen).sum() >= 0.8 * mask.sum()
    assert found == shifts(mask, seen, 20, 1) != shifts(mask, seen, 20, 2)
    assert shifts(seen & ~mask, seen & ~mask, 20, 0) != []
