import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.simulate.instruments.aia import INSTRUMENT

from .frames import observe


def test_files_are_rice_compressed_counts_of_16_bits(images_scene, tmp_path):
    path = INSTRUMENT.observe(images_scene, tmp_path)[0]
    assert path.name == "aia.lev1_euv_12s.2014-03-10T000006Z.171.image_lev1.fits"
    with fits.open(path, disable_image_compression=True) as hdus:
        table = hdus[1].header
        assert (table["ZCMPTYPE"], table["ZBITPIX"], table["ZTILE2"]) == ("RICE_1", 16, 1)


def test_sunpy_reads_what_the_source_reads(images_scene, tmp_path):
    import warnings

    import sunpy.map

    frames, _ = observe("aia", images_scene, tmp_path)
    name, frame = next(iter(frames.items()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sunpy warns of metadata that it then takes from elsewhere
        seen = sunpy.map.Map(tmp_path / "aia" / name)
        assert seen.instrument.startswith("AIA")
        assert seen.wavelength.value == 171
        assert (seen.data == frame.data).all()
        centre = seen.world_to_pixel(type(seen.center)(0, 0, unit="arcsec", frame=seen.coordinate_frame))
    back = frame.geometry.inverse()
    assert centre.x.value + 0.5 == pytest.approx(back.x0, abs=1e-6)
    assert centre.y.value + 0.5 == pytest.approx(back.y0, abs=1e-6)
    assert seen.observer_coordinate.radius.to_value("AU") == pytest.approx(frame.observer.distance, abs=1e-6)


def test_limb_is_brighter_than_centre_and_sky_is_dark(images_scene, tmp_path):
    frame = next(iter(observe("aia", images_scene, tmp_path)[0].values()))
    y, x = np.mgrid[:256, :256] + 0.5
    g = frame.geometry
    radius = np.hypot(g.xx * x + g.xy * y + g.x0, g.yx * x + g.yy * y + g.y0) / frame.apparent_radius
    centre, limb, sky = (
        np.median(frame.data[ring]) for ring in (radius < 0.5, np.abs(radius - 1) < 0.02, radius > 1.25)
    )
    assert limb > 1.3 * centre > 20 * sky
