import numpy as np

from sunproof.pipeline.samples.images.cells import block_means


def test_means_pass_over_what_is_missing():
    values = np.arange(16.0).reshape(4, 4)
    np.testing.assert_array_equal(block_means(values, 2), [[2.5, 4.5], [10.5, 12.5]])
    values[0, 0] = np.nan
    assert block_means(values, 2)[0, 0] == np.float32(10 / 3)


def test_a_block_less_than_half_observed_is_missing():
    values = np.ones((2, 2))
    values[0] = np.nan
    assert block_means(values, 2) == 1
    values[1, 0] = np.nan
    assert np.isnan(block_means(values, 2)).all()
