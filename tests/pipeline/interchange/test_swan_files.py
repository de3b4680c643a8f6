import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.interchange.swan_sf import INTERCHANGE
from tests.pipeline.interchange.build import write_slice

M1 = "M1.0@265:Primary"


def read(root):
    (piece,) = INTERCHANGE.find(root)
    return INTERCHANGE.read(piece)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("partition1/FL/M1.0_ar115.csv", r"not the name of a slice; got 'M1.0_ar115.csv'; wanted like M1.0@265"),
        ("FL/{}", r"not in a partition; got '/FL'; wanted partition<n>/FL"),
        ("partition1/NF/{}", r"class and folder differ; got 'M1.0'; wanted FL for M1.0 and above, NF for the rest"),
    ],
)
def test_a_misplaced_file_is_refused(tmp_path, name, message):
    path = write_slice(tmp_path / "made", 1, M1, 115, "2010-08-06T06:36:00")
    target = tmp_path / "root" / name.format(path.name)
    target.parent.mkdir(parents=True)
    path.rename(target)
    with pytest.raises(InputError, match=message):
        INTERCHANGE.find(tmp_path / "root")


def test_a_class_of_the_name_that_is_none_is_refused(tmp_path):
    write_slice(tmp_path, 1, "M12.0@1:Primary", 115, "2010-08-06T06:36:00")
    with pytest.raises(InputError, match=r"number of a GOES class out of range; got 'M12.0'"):
        INTERCHANGE.find(tmp_path)


def test_a_file_whose_records_are_not_those_of_its_name_is_refused(tmp_path):
    path = write_slice(tmp_path, 1, M1, 115, "2010-08-06T06:36:00")
    path.rename(path.with_name(path.name.replace("s2010-08-06T06", "s2010-08-06T05")))
    with pytest.raises(
        InputError, match=r"records and file name differ; got '2010-08-06T06:36.* wanted 2010-08-06T05:36"
    ):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"not a tab-separated table of records; got \[\]"),
        ("a,b\n1,2\n", r"not a tab-separated table of records; got \['a,b'\]"),
        ("Timestamp\tUSFLUX\n2010-08-06 06:36:00\n", r"got 'line 2 has 1 cells'; wanted Timestamp and 2 columns"),
        ("Timestamp\tUSFLUX\n", r"wrong number of records with a time; got 0; wanted 1 to 60"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, text, message):
    write_slice(tmp_path, 1, M1, 115, "2010-08-06T06:36:00").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path)
