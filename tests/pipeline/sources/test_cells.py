"""Cells of text tables."""

import numpy as np
import pandas as pd
import pytest

from sunproof.pipeline.errors import InputError, ProblemList
from sunproof.pipeline.sources.cells import floats, integers, is_missing, texts

JSOC_MISSING = ["MISSING", "nan", "-nan", "Invalid KeyLink", ""]


@pytest.fixture
def problems():
    return ProblemList("query.csv")


@pytest.mark.parametrize("spelling", JSOC_MISSING)
def test_jsoc_spellings_of_missing_become_nan(spelling, problems):
    values = floats(pd.Series(["1.5", spelling]), problems, "R_VALUE")
    problems.check()
    np.testing.assert_equal(values, [1.5, np.nan])


def test_zero_is_not_missing():
    assert not is_missing(pd.Series(["0", "0.0", "-1"])).any()


@pytest.mark.parametrize("cell", ["abc", "1,5", "inf", "1.5.2"])
def test_cell_that_is_no_number_is_named(cell, problems):
    floats(pd.Series(["1.5", cell]), problems, "USFLUX")
    with pytest.raises(InputError, match=f"query.csv: record 2, column USFLUX: not a number; got '{cell}'"):
        problems.check()


def test_numbers_pass_as_they_are_but_infinity_does_not(problems):
    np.testing.assert_equal(floats(pd.Series([1.0, np.nan]), problems, "x"), [1.0, np.nan])
    problems.check()
    floats(pd.Series([1.0, np.inf]), problems, "x")
    with pytest.raises(InputError, match="record 2, column x: not a number; got 'inf'"):
        problems.check()


def test_whole_numbers_survive_a_float_column(problems):
    assert list(integers(pd.Series([11158.0, np.nan]), problems, "NOAA_AR", -1)) == [11158, -1]
    assert list(integers(pd.Series(["11158.0", "MISSING", "0"]), problems, "NOAA_AR", -1)) == [11158, -1, 0]
    problems.check()


@pytest.mark.parametrize("cell", ["377.5", "x", ""])
def test_required_whole_number_is_refused_otherwise(cell, problems):
    integers(pd.Series(["377", cell]), problems, "HARPNUM", None)
    with pytest.raises(InputError, match=f"record 2, column HARPNUM: not a whole number; got '{cell}'"):
        problems.check()


def test_missing_texts_are_empty():
    assert list(texts(pd.Series([" 11158,11160 ", "MISSING", None], dtype=object))) == ["11158,11160", "", ""]


def test_many_wrong_cells_are_counted(problems):
    floats(pd.Series(["x"] * 9), problems, "USFLUX")
    with pytest.raises(InputError, match="column USFLUX: more cells are not a number; got 4") as caught:
        problems.check()
    assert len(caught.value.problems) == 6
