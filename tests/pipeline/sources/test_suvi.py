import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.suvi import SOURCE

from .images import write_example


def test_composite_is_radiance_of_its_satellite_and_channel(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "suvi"))
    assert (frame.group, frame.quantity) == ("suvi16_195", "radiance")
    assert np.isnan(frame.exposure_time)  # of seven images
    assert frame.facts["product"] == "composite"
    # Between the first image's start and the last one's end.
    assert frame.time == np.datetime64("2019-04-03T09:34:08.344", "ns")


def test_exposure_of_level_1b_is_known_by_its_mean_wavelength(tmp_path):
    path = write_example(
        tmp_path, "suvi", TITLE=None, WAVELNTH=303.8, FILENAME="OR_SUVI-L1b-He303_G18_s20250010000.fits", EXPTIME=0.4
    )
    frame = SOURCE.frame(path)
    assert frame.group == "suvi18_304"
    assert frame.exposure_time == pytest.approx(0.4)


def test_pixels_hit_by_particles_are_missing(tmp_path):
    path = write_example(tmp_path, "suvi", TITLE=None, FILENAME="OR_SUVI-L1b-Fe195_G16_s20193.fits", EXPTIME=0.4)
    shape = SOURCE.frame(path).data.shape
    flags = np.zeros(shape, np.uint8)
    flags[3, 5], flags[4, 5] = 4, 1
    with fits.open(path, mode="append", checksum=True) as hdus:
        hdus.append(fits.ImageHDU(flags))
    frame = SOURCE.frame(path)
    assert np.argwhere(np.isnan(frame.data)).tolist() == [[3, 5]]
    assert frame.facts["pixel_flags"] == {"1": 1, "4": 1}


@pytest.mark.parametrize(("keyword", "accepted"), [("ECLIPSE", False), ("EMPTY", False), ("DEGRADED", True)])
def test_states_of_the_header_are_flags(tmp_path, keyword, accepted):
    frame = SOURCE.frame(write_example(tmp_path, "suvi", **{keyword: 1 if keyword == "ECLIPSE" else True}))
    assert keyword.lower() in frame.flags
    assert frame.accepted is accepted


def test_unknown_satellite_and_channel_are_told_together(tmp_path):
    path = write_example(tmp_path, "suvi", FILENAME="suvi.fits", WAVELNTH=193.0, BUNIT="DN")
    with pytest.raises(InputError, match=r"satellite is not told; got 'suvi\.fits'") as caught:
        SOURCE.frame(path)
    assert len(caught.value.problems) == 3
