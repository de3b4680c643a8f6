import numpy as np
import pytest

from sunproof.pipeline.simulate.images.camera import Camera


def test_noise_is_that_of_photons_and_reading_less_where_pixels_are_means():
    camera = Camera(field=2457.6, native=400, full=16383, per_photon=2.0, reading=5.0)
    light = np.full((200, 200), 1000.0)
    counts = camera.counts(light, np.random.default_rng(1), bias=700.0)
    assert counts.mean() == pytest.approx(1700.0, abs=1.0)
    assert counts.std() == pytest.approx(np.sqrt(2000 + 25) / 2, rel=0.02)
    assert (counts == np.rint(counts)).all()


def test_a_camera_saturates():
    camera = Camera(field=2457.6, native=16, full=16383, per_photon=1.0, reading=0.0)
    assert camera.counts(np.full((16, 16), 1e6), np.random.default_rng(1)).max() == 16383
