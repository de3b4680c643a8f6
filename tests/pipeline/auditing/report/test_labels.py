import numpy as np
import pytest

from sunproof.pipeline.auditing.report.labels import Box, spread

SIZE = (0.1, 0.04)


def test_a_label_alone_stands_above_its_mark():
    (label,) = spread([Box(0, 0, 0.05, 0.05)], [SIZE], [], 1.0, 0.02)
    assert label == pytest.approx((0, 0.11, 0.1, 0.04))


def test_a_label_stays_inside_the_picture():
    (label,) = spread([Box(0.98, 0.97, 0.02, 0.02)], [SIZE], [], 1.0, 0.02)
    assert label.x + label.wide <= 1.0
    assert label.y + label.high <= 1.0


def test_what_stands_already_is_respected():
    above = Box(0, 0.11, 0.1, 0.04)
    (label,) = spread([Box(0, 0, 0.05, 0.05)], [SIZE], [above], 1.0, 0.02)
    assert label.y < 0


@pytest.mark.parametrize("seed", range(20))
def test_labels_of_a_crowd_do_not_overlap(seed):
    rng = np.random.default_rng(seed)
    marks = [Box(*rng.uniform(-0.3, 0.3, 2), 0.02, 0.02) for _ in range(12)]
    labels = spread(marks, [SIZE] * 12, [], 1.1, 0.02)
    assert max(one.overlap(other) for place, one in enumerate(labels) for other in labels[:place]) == 0
