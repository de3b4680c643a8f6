import gzip

import pytest

from sunproof.pipeline.ingest.fetching.attempts import Transient
from sunproof.pipeline.ingest.fetching.image_check import check_image
from tests.pipeline.ingest.fetching.test_export import image


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_whole_image_passes(tmp_path, pack):
    (tmp_path / "a").write_bytes(pack(image()))
    check_image(tmp_path / "a", "http://x/a")


def test_a_cut_image_is_told_with_its_address(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(image())[:-20])
    with pytest.raises(Transient, match=r"http://x/a: not readable as FITS; got 'Compressed file ended before"):
        check_image(tmp_path / "a", "http://x/a")
