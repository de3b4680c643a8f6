import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.aia import SOURCE as AIA
from sunproof.pipeline.sources.image_source import ImageSettings
from sunproof.pipeline.sources.swap import SOURCE as SWAP

from .images import write_example


def test_display_images_are_found_and_refused_with_the_reason(tmp_path):
    path = tmp_path / "aia" / "2013_06_24__SDO_AIA_AIA_193.jp2"
    path.parent.mkdir()
    path.write_bytes(b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(500))
    assert AIA.find(tmp_path) == [path]
    with pytest.raises(InputError, match=r"a display image, not data; got 'JPEG 2000'; wanted FITS.*rounded to 8 bits"):
        AIA.frame(path)


@pytest.mark.data
def test_real_display_images_are_refused(data_root):
    folder = data_root / "multi_satellite" / "helioviewer_jp2"
    paths = sorted(folder.glob("*.jp2"))
    assert paths
    for path in paths:
        with pytest.raises(InputError, match="a display image, not data"):
            AIA.frame(path)


def test_image_of_another_instrument_is_told_with_every_keyword(tmp_path):
    path = write_example(tmp_path, "swap")
    with pytest.raises(InputError, match="TELESCOP: not a file of aia; got 'PROBA2'") as caught:
        AIA.frame(path)
    assert {problem.got for problem in caught.value.problems} == {"PROBA2", "SWAP"}


def test_all_problems_of_a_header_are_told_together(tmp_path):
    path = write_example(tmp_path, "aia", T_OBS="15/02/2011", EXPTIME=0.0, WAVELNTH=172, QUALITY=None)
    with pytest.raises(InputError, match="no channel of AIA; got 172") as caught:
        AIA.frame(path)
    places = [problem.where.split(": ")[-1] for problem in caught.value.problems]
    assert places == ["WAVELNTH", "T_OBS", "QUALITY", "EXPTIME"]


def test_distance_in_kilometres_is_refused(tmp_path):
    path = write_example(tmp_path, "swap", DSUN_OBS=151790625.5)
    with pytest.raises(InputError, match=r"observer is nowhere near.*got 0\.00101.*0\.01 to 1\.1 AU.*kilometres"):
        SWAP.frame(path)


@pytest.mark.parametrize(("value", "name"), [(0.0, "constant_pixels"), (np.nan, "no_pixels")])
def test_image_that_holds_nothing_is_rejected_not_lost(tmp_path, value, name):
    frame = SWAP.frame(write_example(tmp_path, "swap", np.full((32, 32), value, np.float32)))
    assert frame.rejected_for == (name,)
    assert not frame.accepted


def test_one_bright_pixel_is_no_constant_image(tmp_path):
    data = np.zeros((32, 32), np.float32)
    data[17, 5] = 1
    assert SWAP.frame(write_example(tmp_path, "swap", data)).accepted


def test_checksum_is_verified_and_noted(tmp_path):
    path = write_example(tmp_path, "aia")
    assert AIA.frame(path).facts["checksum"] == "verified"
    content = bytearray(path.read_bytes())
    content[-4000] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"not readable as FITS; got .*Datasum verification failed"):
        AIA.frame(path)


def test_gzipped_files_are_read(tmp_path):
    plain = write_example(tmp_path, "aia")
    with fits.open(plain) as hdus:
        hdus.writeto(tmp_path / "aia" / "b.fits.gz")
    packed = AIA.frame(tmp_path / "aia" / "b.fits.gz")
    np.testing.assert_array_equal(packed.data, AIA.frame(plain).data)


def test_rejecting_bits_are_configurable(tmp_path):
    path = write_example(tmp_path, "aia", QUALITY=1 << 30)
    assert AIA.frame(path).accepted
    strict = ImageSettings(reject_bits={"aia": frozenset({30})})
    assert AIA.frame(path, strict).rejected_for == ("near_real_time",)
