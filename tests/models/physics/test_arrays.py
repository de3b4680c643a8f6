from typing import NamedTuple

import numpy as np
import pytest
import torch

from sunproof.models.physics.arrays import array_or_tensor


class Pair(NamedTuple):
    one: object
    two: object


@array_or_tensor
def double(field, *, as_kind="plain"):
    found = field * 2
    return {"plain": found, "pair": Pair(found, found + 1), "dict": {"a": found}, "tuple": (found, 3)}[as_kind]


@pytest.mark.parametrize("order", ["<f8", ">f4", ">i2"])
def test_arrays_of_any_byte_order_come_back_as_arrays(order):
    found = double(np.arange(3).astype(order))
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, [0, 2, 4])


def test_read_only_arrays_are_taken_without_a_warning():
    field = np.arange(3.0)
    field.flags.writeable = False
    np.testing.assert_array_equal(double(field), [0, 2, 4])


def test_tensors_stay_tensors_with_their_gradient():
    field = torch.arange(3.0, requires_grad=True)
    double(field).sum().backward()
    np.testing.assert_array_equal(field.grad, [2, 2, 2])


def test_results_keep_their_shape_as_tuple_named_tuple_and_dict():
    field = np.ones(2)
    assert isinstance(double(field, as_kind="pair"), Pair)
    np.testing.assert_array_equal(double(field, as_kind="pair").two, [3, 3])
    assert isinstance(double(field, as_kind="dict")["a"], np.ndarray)
    assert double(field, as_kind="tuple")[1] == 3
