"""The cell of a forecast that offends most."""

import numpy as np

from sunproof.models.constraints.cells import Worst


def test_the_worst_cell_is_found_and_other_arrays_are_read_there():
    excess = np.array([[[0.1, np.nan], [0.3, -1.0]], [[np.nan, np.nan], [np.nan, np.nan]]])
    other = np.arange(8.0).reshape(2, 2, 2)
    worst = Worst(excess)
    np.testing.assert_array_equal(worst.excess, [0.3, np.nan])
    assert worst.empty.tolist() == [False, True]
    assert worst.pick(other)[0] == 2.0


def test_no_cells_are_empty():
    worst = Worst(np.empty((2, 0, 3)))
    assert worst.empty.all()
    assert np.isnan(worst.pick(np.empty((2, 0, 3)))).all()
