import numpy as np
import pytest

from .frames import observe


def test_composites_are_radiances_in_a_wider_field(images_scene, tmp_path):
    frames, _ = observe("suvi", images_scene, tmp_path)
    frame = frames["dr_suvi-l2-ci195_g16_s20140310T000000Z_e20140310T000400Z_v1-0-2.fits"]
    assert frame.quantity == "radiance"
    assert frame.time == np.datetime64("2014-03-10T00:02:00", "ns")
    assert frame.geometry.xx * 256 == pytest.approx(3200.0)
    assert 0.05 < frame.data.mean() < 1.0
    assert frame.facts["product"] == "composite"
