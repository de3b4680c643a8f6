import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.surya_index import Row, read_index
from tests.pipeline.interchange.build import write_index, write_surya

ROW = ("20110215_0000.nc", "2011-02-15 00:00:00", 1)


def test_several_tables_are_one_index(tmp_path):
    write_surya(tmp_path / "20110215_0000.nc", aia94=1)
    write_index(tmp_path / "train.csv", [ROW])
    write_index(tmp_path / "test.csv", [ROW, ("20110216_0000.nc", "2011-02-16 00:00:00", "False")])
    (tmp_path / "flares.csv").write_text("timestep,max_goes_class\n2011-02-15 00:00:00,M1.0\n")
    assert read_index(tmp_path) == [
        Row("2011-02-15T00:00:00", "20110215_0000.nc", ""),
        Row("2011-02-16T00:00:00", "", "absent_in_index"),
    ]


def test_tables_that_contradict_each_other_are_refused(tmp_path):
    write_surya(tmp_path / "20110215_0000.nc", aia94=1)
    write_index(tmp_path / "train.csv", [ROW])
    write_index(tmp_path / "test.csv", [(*ROW[:2], 0)])
    with pytest.raises(InputError, match=r"2011-02-15T00:00:00: two rows of one time differ"):
        read_index(tmp_path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((ROW[0], ROW[1], 2), r"record 1, column present: neither there nor absent; got '2'; wanted 0 or 1"),
        ((ROW[0], "2011-02-15 00:12:00", 1), r"path and timestep differ; got '20110215_0000.nc'; wanted the file of"),
        ((ROW[0], "15/02/2011 00:00", 1), r"column timestep: not a UTC time; got '15/02/2011 00:00'"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(tmp_path, row, message):
    write_surya(tmp_path / "20110215_0000.nc", aia94=1)
    write_index(tmp_path / "index.csv", [row])
    with pytest.raises(InputError, match=message):
        read_index(tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"nothing of SuryaBench; got 'no such file'; wanted YYYYMMDD_HHMM.nc, or a CSV"
    ):
        read_index(tmp_path)
