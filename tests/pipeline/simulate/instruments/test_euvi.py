import numpy as np
import pytest

from .frames import observe


def test_bias_is_subtracted_by_the_source_and_the_far_side_is_seen(images_scene, tmp_path):
    frames, refused = observe("euvi", images_scene, tmp_path)
    assert not refused
    a, b = (frames[f"20140310_000030_n4eu{craft}.fts"] for craft in "AB")
    for frame in (a, b):
        dark = frame.physical().data[:12, :12]
        assert np.abs(dark.mean()) < 0.1
        assert frame.exposure_time == 16.0
        assert frame.time == np.datetime64("2014-03-10T00:00:38", "ns")
    # STEREO-A is nearer to the Sun than B.
    assert a.apparent_radius / b.apparent_radius == pytest.approx(1.060 / 0.9565, rel=0.002)
