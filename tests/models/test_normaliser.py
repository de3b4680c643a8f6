import math

import numpy as np
import pytest
import torch

from sunproof.models.foreign import Reversible
from sunproof.models.normaliser import Normaliser, fit_images, fit_normaliser
from sunproof.pipeline.errors import InputError


def fitted(values: np.ndarray, mask: np.ndarray | None = None) -> Normaliser:
    return fit_normaliser({"a": (values, np.ones(values.shape, bool) if mask is None else mask)})


def test_training_values_get_median_zero_and_spread_one():
    values = np.random.default_rng(0).normal(5, 3, size=(2000, 4, 2)).astype(np.float32)
    found, _ = fitted(values)("a", torch.tensor(values), torch.ones(values.shape, dtype=torch.bool))
    assert float(found[..., 0].median()) == pytest.approx(0, abs=1e-3)
    assert float(found[..., 0].std()) == pytest.approx(1, abs=1e-3)


def test_quantities_that_span_decades_are_compressed():
    values = (10 ** np.random.default_rng(0).normal(22, 1, size=(2000, 1))).astype(np.float32)
    assert fitted(values).statistics()["a"]["scale"][0] > 0
    found, _ = fitted(values)("a", torch.tensor([[1e20], [1e24]]), torch.ones(2, 1, dtype=torch.bool))
    assert (found.abs() < 4).all()


def test_missing_values_do_not_enter_the_statistics():
    values = np.array([[1.0], [2.0], [3.0], [1e9]], dtype=np.float32)
    mask = np.array([[True], [True], [True], [False]])
    assert fitted(values, mask).statistics()["a"]["centre"] == [2.0]


def test_a_nan_is_missing_whatever_its_mask_says():
    values, mask = fitted(np.array([[1.0], [2.0], [4.0]]))("a", torch.tensor([[torch.nan]]), torch.tensor([[True]]))
    assert float(values) == 0
    assert not bool(mask)


@pytest.mark.parametrize("column", [np.full((5, 1), np.nan), np.full((5, 1), 7.0)])
def test_features_without_information_become_zero(column: np.ndarray):
    found, _ = fitted(column.astype(np.float32))("a", torch.tensor([[7.0]]), torch.tensor([[True]]))
    assert torch.isfinite(found).all()
    if np.isfinite(column).all():
        assert float(found) == 0


def test_outliers_are_bounded():
    values = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    found, _ = fitted(values)("a", torch.tensor([[1e30]]), torch.tensor([[True]]))
    assert float(found) == 10


def test_statistics_rebuild_the_same_normaliser():
    values = (10 ** np.random.default_rng(0).normal(22, 1, size=(50, 3))).astype(np.float32)
    first = fitted(values)
    second = Normaliser(first.statistics())
    given = (torch.tensor(values), torch.ones(values.shape, dtype=torch.bool))
    assert torch.equal(first("a", *given)[0], second("a", *given)[0])


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(InputError, match=r"a: values and mask differ in shape; got \(3,\); wanted \(3, 1\)"):
        fit_normaliser({"a": (np.zeros((3, 1)), np.ones(3, bool))})


def test_channels_of_images_are_fitted_one_by_one_and_a_field_keeps_its_zero():
    random = np.random.default_rng(0)
    light, field = random.gamma(1, 100, (20, 1, 1, 8, 8)), random.normal(5, 50, (20, 1, 1, 8, 8))
    values = np.concatenate([light, field], axis=2).astype(np.float32)
    mask = np.ones(values.shape, bool)
    statistics = fit_images([(values[:10], mask[:10]), (values[10:], mask[10:])], (False, True))
    assert statistics["centre"][1] == 0
    normaliser = Normaliser({"disk": statistics})
    ours, opposite = (
        normaliser("disk", torch.tensor(sign * values), torch.tensor(mask))[0][:, :, 1] for sign in (1, -1)
    )
    assert torch.equal(ours, -opposite)
    whole = normaliser("disk", torch.tensor(values), torch.tensor(mask))[0]
    assert whole.abs().mean(dim=(0, 1, 3, 4)).tolist() == pytest.approx([0.8, 0.8], abs=0.25)
    assert Normaliser(normaliser.statistics()).statistics() == normaliser.statistics()


def test_a_copy_on_another_device_cuts_off_as_the_original_does():
    statistics = {"a": {"scale": [0.0], "centre": [0.0], "spread": [1.0]}}
    elsewhere = torch.device("meta")
    assert [kind(statistics).on(elsewhere).clip for kind in (Normaliser, Reversible)] == [10, math.inf]


def test_images_of_which_nothing_was_seen_are_passed_through():
    values = np.zeros((2, 1, 1, 4, 4), np.float32)
    assert fit_images([(values, values > 0)], (True,)) == {"scale": [0.0], "centre": [0.0], "spread": [1.0], "axis": -3}
