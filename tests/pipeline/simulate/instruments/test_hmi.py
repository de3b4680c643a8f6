import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.simulate.images.magnetogram import line_of_sight_field
from sunproof.pipeline.simulate.images.regions import regions_at
from sunproof.pipeline.simulate.images.view import View

from .frames import hours_of, observe


@pytest.fixture(scope="module")
def written(images_scene, tmp_path_factory):
    root = tmp_path_factory.mktemp("hmi")
    return observe("hmi", images_scene, root)[0], root / "hmi"


def test_the_file_is_like_the_series_of_720_seconds(written):
    path = sorted(written[1].iterdir())[0]
    with fits.open(path, disable_image_compression=True) as hdus:
        table = hdus[1].header
        assert table["ZCMPTYPE"] == "RICE_1"
        assert table["ZBITPIX"] == 32
    with fits.open(path) as hdus:
        header = hdus[1].header
        assert header["T_REC"].endswith("_TAI")
        assert header["CROTA2"] == pytest.approx(180.0, abs=0.2)
        assert np.isnan(hdus[1].data[0, 0])


def test_stamps_are_tai(written):
    frame = written[0]["hmi.m_720s.20140310_000000_TAI.1.magnetogram.fits"]
    assert frame.t_tai == np.datetime64("2014-03-10T00:00:00", "ns")
    assert frame.time == np.datetime64("2014-03-09T23:59:25", "ns")


def test_the_file_holds_the_flux_of_the_sun_within_one_percent(written, images_scene):
    for frame in written[0].values():
        view = View(frame.observer, frame.geometry, frame.data.shape[0])
        model = line_of_sight_field(view, regions_at(images_scene, hours_of(images_scene, frame)))
        inside = np.isfinite(frame.data) & (np.abs(model) > 1.0)
        # Signs of the model: noise then averages out instead of adding up.
        measured = (frame.data * np.sign(model))[inside].sum()
        assert measured == pytest.approx(np.abs(model)[inside].sum(), rel=0.01)


def test_noise_is_between_six_and_ten_gauss(written, images_scene):
    frame = next(iter(written[0].values()))
    view = View(frame.observer, frame.geometry, frame.data.shape[0])
    model = line_of_sight_field(view, regions_at(images_scene, hours_of(images_scene, frame)))
    for low, high in ((0.0, 0.3), (0.8, 0.95)):
        ring = (view.off >= low) & (view.off < high)
        assert 6.0 < np.nanstd((frame.data - model)[ring]) < 10.0
