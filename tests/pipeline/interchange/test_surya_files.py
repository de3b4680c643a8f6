import sys

import h5py
import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange import surya_files
from sunproof.pipeline.interchange.surya_files import describe_file, read_image
from tests.pipeline.interchange.build import write_surya


@pytest.fixture
def root(tmp_path):
    write_surya(tmp_path / "2011/02/20110215_0000.nc", aia171=1, hmi_m=-1)
    return tmp_path


def test_damage_inside_an_image_is_an_error_with_the_file(root):
    path = root / "2011/02/20110215_0000.nc"
    with h5py.File(path) as file:
        offset = file["aia171"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 8] = b"\0" * 8
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"20110215_0000.nc: aia171: damaged image; got .*set present to 0"):
        read_image(path, "aia171")


def test_a_missing_decoder_says_what_to_install(root, monkeypatch):
    monkeypatch.setattr(surya_files.h5py.h5z, "filter_avail", lambda code: False)
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)
    with pytest.raises(InputError, match=r"a filter that HDF5 lacks; got \[1\].*pip install hdf5plugin"):
        describe_file(root / "2011/02/20110215_0000.nc")


def test_a_leading_time_dimension_of_one_is_taken_off(tmp_path):
    with h5py.File(tmp_path / "20110215_0000.nc", "w") as file:
        file["aia94"] = np.full((1, 4, 4), 7, np.float32)
    assert describe_file(tmp_path / "20110215_0000.nc") == {"aia94": (4, 4)}
    assert read_image(tmp_path / "20110215_0000.nc", "aia94").shape == (4, 4)
