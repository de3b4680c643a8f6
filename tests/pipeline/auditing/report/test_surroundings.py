import numpy as np
import pytest

from sunproof.pipeline.auditing.report.surroundings import Archive
from tests.pipeline.auditing.archives import START, write_archive

# shortly after the X1.1 flare of the archive's third day
CUTOFF = START + np.timedelta64(60, "h")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return Archive(str(write_archive(tmp_path_factory.mktemp("archive") / "archive.zarr")))


def test_flares_before_the_cutoff_are_told_apart_by_region(archive):
    around = archive.around(4698, {12192}, CUTOFF)
    assert [(name, own) for _, _, name, own in around.flares] == [("M1.6", True), ("C5.2", True), ("X1.1", True)]
    assert all(-24 <= hours <= 0 for hours, *_ in around.flares)
    assert [own for *_, own in archive.around(4698, {12195}, CUTOFF).flares] == [False] * 3


def test_nothing_after_the_cutoff_is_read(archive):
    around = archive.around(4698, {12192}, START + np.timedelta64(57, "h"))
    assert "X1.1" not in [name for _, _, name, _ in around.flares]
    assert around.xray_hours.max() <= 0
    assert len(around.keywords["usflux"]) == pytest.approx(24 / 0.4, abs=1)


def test_flagged_flux_is_a_gap(archive):
    around = archive.around(4698, {12192}, START + np.timedelta64(36, "h"))
    assert np.isnan(around.xray["GOES-15 0.1–0.8 nm"]).any()


def test_a_region_without_records_is_named_as_missing(archive):
    around = archive.around(9999, set(), CUTOFF)
    assert around.keywords == {}
    assert around.missing == ["no SHARP record of HARP 9999 in the 24 h before"]


def test_hours_without_flux_are_named_as_missing(archive):
    assert archive.around(-1, set(), START - np.timedelta64(9, "D")).missing == ["no X-ray flux in the 24 h before"]


def test_without_an_archive_the_page_says_so():
    assert Archive("").around(4698, set(), CUTOFF).missing == [
        "no archive was given, so the hours before are not shown"
    ]
