import shutil

import numpy as np
import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.sdoml_eve import read_eve
from sunproof.pipeline.vocabulary import check
from tests.pipeline.interchange.build import write_eve


def test_lines_of_eve_come_with_their_names_and_minus_one_is_missing(tmp_path):
    times = ["2010-06-01T00:00:20.000", "2010-06-01T00:00:10.000"]
    write_eve(tmp_path / "MEGS-A", times, Mg_X=[2e-5, 1e-5], Fe_XI=[4e-5, -1.0])
    dataset = read_eve(tmp_path / "MEGS-A")
    assert dataset.attrs["lines"] == "Fe XI, Mg X"
    np.testing.assert_allclose(dataset["line_irradiance"].values, [[np.nan, 1e-5], [4e-5, 2e-5]], rtol=1e-6)
    assert dataset.attrs["negative_as_missing"] == 1
    check(dataset, "test")


def test_a_line_of_eve_without_times_is_refused(tmp_path):
    write_eve(tmp_path / "MEGS-A", ["2010-06-01T00:00:20.000"], Mg_X=[2e-5, 1e-5])
    with pytest.raises(InputError, match=r"Mg X: not one number a time; got 'float32 \(2,\)'; wanted floats \(1,\)"):
        read_eve(tmp_path / "MEGS-A")
    shutil.rmtree(tmp_path / "MEGS-A/Time")
    with pytest.raises(
        InputError, match=r"not a folder of EVE lines; got \['Mg X'\]; wanted Time and one array a line"
    ):
        read_eve(tmp_path / "MEGS-A")
