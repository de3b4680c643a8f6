"""Keywords computed from small patches, and from the real record of HARP 377 against its own header."""

import shutil

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.sharp_recomputed import SOURCE
from sunproof.pipeline.vocabulary import SHARP_KEYWORDS
from tests.pipeline.ingest.patches.build import field, write_patch

SEGMENTS = ("Br", "Bt", "Bp", "conf_disambig", "bitmap", "magnetogram")


def example(root, harpnum=377, minutes=0, **changes):
    """All six segments of a small record; gives the path of Br."""
    shape = field("Br", harpnum, minutes).shape
    masks = {"conf_disambig": np.full(shape, 90.0, np.float32), "bitmap": np.full(shape, 34.0, np.float32)}
    masks["magnetogram"] = field("Br", harpnum, minutes)
    paths = [write_patch(root, name, harpnum, minutes, masks.get(name), **changes) for name in SEGMENTS]
    return paths[0]


def test_a_record_is_one_row_of_computed_keywords(tmp_path):
    found = SOURCE.read(example(tmp_path, NOAA_AR=11158, NOAA_ARS="11158,11159"))
    assert found.sizes == {"record": 1}
    assert (found.harpnum.item(), found.noaa_ar.item(), found.noaa_ars.item()) == (377, 11158, "11158,11159")
    known = np.abs(np.nan_to_num(field("Br", 377, 0))).sum() * (364.42e5) ** 2
    assert found.usflux.item() == pytest.approx(known, rel=1e-3)
    # 34 s of leap seconds lay between the two clocks
    assert found.time.item() == found.t_tai.item() - 34 * 10**9


def test_a_record_without_its_masks_is_nothing_to_compute(tmp_path):
    path = example(tmp_path)
    assert SOURCE.find(tmp_path) == [path]
    path.with_name(path.name.replace(".Br.", ".bitmap.")).unlink()
    assert SOURCE.find(tmp_path) == []


def test_a_record_of_bad_quality_is_refused(tmp_path):
    with pytest.raises(InputError, match="bad quality"):
        SOURCE.read(example(tmp_path, QUALITY=0x200))


@pytest.mark.data
def test_a_real_record_gives_the_keywords_of_its_header(data_root, tmp_path):
    for segment in SEGMENTS:
        (source,) = (data_root / "vector_magnetograms" / "files").glob(f"*.{segment}.fits")
        (tmp_path / "sharp_cea").mkdir(exist_ok=True)
        shutil.copy(source, tmp_path / "sharp_cea" / source.name)
    (path,) = SOURCE.find(tmp_path)
    found, header = SOURCE.read(path), fits.getheader(path, 1)
    for name in SHARP_KEYWORDS:
        if name not in ("r_value", "area_acr"):
            tolerance = 5e-4 if name.startswith("meangb") else 1e-4
            assert found[name].item() == pytest.approx(header[name.upper()], rel=tolerance), name
    assert found["area_acr"].item() == pytest.approx(header["AREA_ACR"], rel=0.01)
    # the header of this record has none; the series has 4.82 that day
    assert found["r_value"].item() == pytest.approx(4.82, abs=0.25)
