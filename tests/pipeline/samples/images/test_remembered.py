import numpy as np

from sunproof.pipeline.samples.images.remembered import Remembered


class Counted:
    """Five different images, and which rows were asked for."""

    names, shape, signed = ("aia_171",), (1, 1, 2, 2), (False,)

    def __init__(self):
        self.share = np.array([0, 1, 0, 2, 3, 4])
        self.latest, self.found = np.zeros(6, "datetime64[us]"), np.ones((6, 1, 1), bool)
        self.asked = []

    def read(self, rows):
        self.asked += rows.tolist()
        values = np.broadcast_to(self.share[rows, None, None, None, None], (len(rows), *self.shape)).astype(np.float32)
        return values, values > 0


def test_what_was_read_is_not_read_again():
    source = Counted()
    images = Remembered(source, 10**6)
    for rows in ([3, 0], [0, 2, 3, 5]):
        values, mask = images.read(np.array(rows))
        np.testing.assert_array_equal(values, Counted().read(np.array(rows))[0])
        np.testing.assert_array_equal(mask, values > 0)
    assert source.asked == [3, 0, 5]


def test_memory_has_an_end():
    source = Counted()
    images = Remembered(source, 2 * 20)
    for _ in range(2):
        assert images.read(np.arange(6))[0][:, 0, 0, 0, 0].tolist() == [0, 1, 0, 2, 3, 4]
    assert source.asked == [0, 1, 2, 3, 4, 5, 3, 4, 5]
