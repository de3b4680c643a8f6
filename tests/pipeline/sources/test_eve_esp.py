import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.eve_esp import SOURCE

from .images import SUNPY, write_esp


def test_times_come_from_the_rows_not_from_the_middle_of_the_observation(tmp_path):
    dataset = SOURCE.read(write_esp(tmp_path / "eve_esp" / "a.fit"))
    wanted = np.datetime64("2011-02-15T01:44:10.032", "ns") + np.arange(3) * np.timedelta64(4, "s")
    np.testing.assert_array_equal(dataset.time.values, wanted)
    np.testing.assert_allclose(dataset.esp_q, 6e-4)


def test_counts_below_the_dark_current_are_missing_and_counted(tmp_path):
    path = write_esp(tmp_path / "a.fit", CH_36=np.array([-5e-5, 0.0, 1e-4], np.float32))
    dataset = SOURCE.read(path)
    np.testing.assert_array_equal(np.isnan(dataset.esp_366), [True, True, False])
    assert dataset.attrs["esp_366_below_dark"] == 2


def test_file_that_sunpy_ships_is_read_whole():
    dataset = SOURCE.read(SUNPY / "eve_l1_esp_2011046_00_truncated.fits")
    assert dataset.sizes["time"] == 625
    assert str(dataset.time.values[0]).startswith("2011-02-15T01:44:10.03")
    # The X2.2 flare that peaked at 01:56 lies in the file: soft X-rays rise before the end.
    assert float(dataset.esp_q.max()) > 1.5 * float(dataset.esp_q[0])
    assert 4e-4 < float(dataset.esp_182[0]) < 8e-4


def test_missing_columns_are_told(tmp_path):
    path = write_esp(tmp_path / "a.fit")
    content = path.read_bytes().replace(b"'CH_26   '", b"'CH_27   '")
    path.write_bytes(content)
    with pytest.raises(InputError, match="CH_26: column is missing"):
        SOURCE.read(path)
