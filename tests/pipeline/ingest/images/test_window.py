import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.images.window import ImageWindows
from tests.pipeline.ingest.images.build import write_aia


@pytest.fixture(scope="module")
def archive(made, tmp_path_factory, ingest):
    folder = tmp_path_factory.mktemp("windows")
    for slot in (0, 1, 5, 6, 7, 300):
        write_aia(folder / f"raw/aia/171_{slot}.fits", 720 * slot)
    for slot in (2, 5, 301):
        write_aia(folder / f"raw/aia/304_{slot}.fits", 720 * slot, channel=304)
    return ingest(folder, images={"size": 48})


def test_windows_are_what_xarray_reads(archive):
    windows = ImageWindows(archive, ["aia_304", "aia_171"])
    assert len(windows.times) == 302
    expected = np.stack(
        [
            xr.open_zarr(archive, group=name)["intensity"].reindex(time=windows.times).values
            for name in ("aia_304", "aia_171")
        ],
        axis=1,
    )
    for first, steps in ((0, 12), (3, 5), (290, 12), (0, 302)):
        values = windows.read(first, steps) * windows.scales[:, None, None]
        np.testing.assert_array_equal(values, expected[first : first + steps])


def test_a_part_of_the_frame_lands_where_it_is_wanted(archive):
    windows = ImageWindows(archive, ["aia_171"])
    out = np.empty((2, 1, 16, 8), windows.dtype)
    found = windows.read(5, 2, slice(16, 32), slice(8, 16), out)
    assert found is out
    np.testing.assert_array_equal(out, windows.read(5, 2)[:, :, 16:32, 8:16])
    assert np.isfinite(out).all()


def test_channels_of_different_clocks_are_not_mixed(raw, ingest):
    archive = ingest(raw, images={"size": 32, "products": {"aia_304": {"cadence_seconds": 60}}})
    with pytest.raises(ArchiveError, match=r"aia_304: channels differ in grid or clock; got .*60"):
        ImageWindows(archive, ["aia_171", "aia_304"])


def test_no_channel_is_an_error(made):
    with pytest.raises(ArchiveError, match=r"no channel; got \[\]"):
        ImageWindows(made, [])
