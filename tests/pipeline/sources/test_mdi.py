import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.mdi import SOURCE

from .images import write_example, write_image


def test_magnetogram_notes_its_scale_and_does_not_apply_it(tmp_path):
    data = np.random.default_rng(1).normal(0, 20, (64, 64)).astype(np.float32)
    frame = SOURCE.frame(write_example(tmp_path, "mdi", data))
    assert (frame.group, frame.quantity) == ("mdi_m", "magnetic_field")
    assert frame.facts["mdi_over_hmi"] == 1.4
    assert frame.physical().data[32, 32] == data[32, 32]
    assert frame.t_tai == np.datetime64("2010-10-15T19:15:30", "ns")
    assert frame.time == np.datetime64("2010-10-15T19:14:56", "ns")  # 34 leap seconds then
    assert frame.exposure_time == 300.0


def test_continuum_has_arbitrary_units_and_says_so(tmp_path):
    path = write_image(tmp_path / "mdi" / "ic.fits", "mdi.fd_Ic.20101015_230100_TAI.data.header")
    frame = SOURCE.frame(path)
    assert (frame.group, frame.quantity) == ("mdi_ic", "continuum_relative")
    assert "mdi_over_hmi" not in frame.facts


@pytest.mark.parametrize(("word", "accepted"), [(512, True), (131072, True), (262144, False), (-2147483648, False)])
def test_quality_is_held_against_the_limit_of_the_smarps(tmp_path, word, accepted):
    assert SOURCE.frame(write_example(tmp_path, "mdi", QUALITY=word)).accepted is accepted


def test_files_of_the_older_archive_are_refused_with_their_axes(tmp_path):
    with pytest.raises(InputError, match="CTYPE1: axis is not helioprojective; got 'solar-x'"):
        SOURCE.frame(write_example(tmp_path, "mdi", CTYPE1="solar-x"))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("mdi.fd_m_96m_lev182.20101015_000000_TAI.data.fits.gz", "mdi_m"),
        ("mdi.fd_ic.20101015_230100_TAI.data.fits.gz", "mdi_ic"),
    ],
)
def test_real_images_are_read_with_nan_off_the_disk(data_root, name, group):
    frame = SOURCE.frame(data_root / "multi_satellite" / "sunpy_history" / name)
    assert frame.group == group
    assert np.isnan(frame.data[0, 0])
    assert np.isfinite(frame.data[512, 512])
    assert 0.2 < np.isnan(frame.data).mean() < 0.3


def test_the_standard_bits_have_names(tmp_path):
    frame = SOURCE.frame(write_example(tmp_path, "mdi", QUALITY=0x1 | 0x4 | 0x100 | 0x10000))
    assert frame.flags == ("telemetry_problem", "pixels_missing", "pointing_anomaly", "bit_16")
    assert frame.accepted
