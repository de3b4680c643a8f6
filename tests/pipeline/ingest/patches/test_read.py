import json
import shutil

import numpy as np
import pytest
from astropy.io import fits

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.patches.read import Patches
from tests.pipeline.ingest.patches.build import SEGMENTS, SHAPES, field


def test_every_patch_comes_back_as_it_was(made_patches):
    patches = Patches(made_patches)
    assert len(patches) == 4
    assert patches.records["harpnum"].values.tolist() == [377, 377, 1449, 1449]
    for record, harpnum in enumerate(patches.records["harpnum"].values):
        found = patches.read(record)
        assert found.shape == (3, *SHAPES[harpnum])
        wanted = [field(segment, harpnum, 12 * (record % 2)) for segment in SEGMENTS]
        np.testing.assert_array_equal(found, wanted)


def test_records_say_when_and_where(made_patches):
    records = Patches(made_patches).records
    assert records["time"].values[0] == np.datetime64("2011-02-14T23:59:26", "ns")
    assert records["t_tai"].values[0] == np.datetime64("2011-02-15T00:00:00", "ns")
    assert records["carrington_longitude"].values[0] == pytest.approx(40.0)  # 400 degrees, counted on
    assert records["latitude"].values[0] == pytest.approx(-20.5)
    # The western edge of the last column, in degrees from the centre.
    xx, _, x0 = records["geometry"].values[0, :3]
    assert xx * SHAPES[377][1] + x0 == pytest.approx(0.03 * SHAPES[377][1] / 2)


def test_a_record_that_lacks_a_component_is_left_out_and_counted(made_patches):
    patches = Patches(made_patches)
    assert patches.incomplete == 1
    assert len(Patches(made_patches, ["sharp_br"])) == 5


def test_what_may_not_enter_is_told(made_patches):
    listed = json.loads(made_patches.with_name("archive.zarr.quarantine.json").read_text())
    reasons = {item["path"].rpartition("/")[2]: str(item["problems"]) for item in listed}
    assert "rejected: eclipse" in reasons["hmi.sharp_cea_720s.377.20110215_003600_TAI.Br.fits"]
    stale = reasons["hmi.sharp_cea_720s.377.20110215_004800_TAI.Br.fits"]
    assert "stale: the pixels of sharp_cea/hmi.sharp_cea_720s.377.20110215_001200_TAI.Br.fits" in stale
    assert "not readable as FITS" in reasons["cut.Bt.fits"]
    assert len(reasons) == 3


def test_groups_without_patches_are_refused(made_patches):
    with pytest.raises(ArchiveError, match="no such group; got 'aia_171'"):
        Patches(made_patches, ["aia_171"])


@pytest.mark.data
def test_a_real_record_is_archived_without_loss(data_root, tmp_path, ingest_patches):
    folder = tmp_path / "raw" / "sharp_cea"
    folder.mkdir(parents=True)
    for segment in SEGMENTS:
        (path,) = (data_root / "vector_magnetograms" / "files").glob(f"*.{segment}.fits")
        shutil.copy(path, folder)
    patches = Patches(ingest_patches(tmp_path))
    field = patches.read(0)
    assert field.shape == (3, 377, 744)
    for segment, values in zip(SEGMENTS, field, strict=True):
        (path,) = folder.glob(f"*.{segment}.fits")
        np.testing.assert_array_equal(values, fits.getdata(path).astype(np.float32))
    assert patches.records["harpnum"].item() == 377
