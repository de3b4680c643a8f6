"""Text files as they arrive."""

import gzip

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.sources.text import facts_of, read_bytes, read_table, read_text


def test_gzipped_text_reads_like_plain_text(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"x\n1\n"))
    assert read_text(tmp_path / "a.csv") == read_text(tmp_path / "a.csv.gz") == "x\n1\n"


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:12] + b"\0\0\0" + data[15:]])
def test_damaged_gzip_is_refused(tmp_path, damage):
    (tmp_path / "a.gz").write_bytes(damage(gzip.compress(b"flux " * 100)))
    with pytest.raises(InputError, match=r"a.gz: truncated or damaged gzip file; got '.+'. Download it again"):
        read_bytes(tmp_path / "a.gz")


def test_html_page_is_refused(tmp_path):
    (tmp_path / "a.nc").write_text("\n<html><body>403 Forbidden")
    with pytest.raises(InputError, match=r"a.nc: an HTML page, not data; got '\\n<html>"):
        read_bytes(tmp_path / "a.nc")


def test_binary_file_is_not_text(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\x89HDF\r\n\xff\xfe")
    with pytest.raises(InputError, match=r"a.csv: not a text file; got b'.x89HDF"):
        read_text(tmp_path / "a.csv")


def test_facts_stand_in_comment_lines(tmp_path):
    facts = facts_of("# simulated: 1\n# origin: somewhere\n#coverage_start: 2011-01-01T00:00:00\nsimulated: 2\n")
    assert facts == {"simulated": "1", "coverage_start": "2011-01-01T00:00:00"}


def test_table_keeps_cells_as_written(tmp_path):
    (tmp_path / "a.csv").write_text("# simulated: 1\n a,b\n007, nan\n")
    frame, facts = read_table(tmp_path / "a.csv")
    assert frame.to_dict("list") == {"a": ["007"], "b": ["nan"]}
    assert facts == {"simulated": "1"}


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("# nothing else\n")
    with pytest.raises(InputError, match=r"a.csv: not a comma-separated table; got "):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("text", "record", "cells"),
    [
        ("a,b\n1,2\n3\n", 2, 1),  # cut in transit
        ("a,b\n1,2,\n3,4,\n", 1, 3),  # every row ends in a comma, and would be shifted
        ('# simulated: 1\na,b\n"1,1",2\n\n3,4,5\n', 2, 3),
        ('a,b\n1,2\n"3,4\n', 2, 1),
    ],
)
def test_row_unlike_the_header_is_refused(tmp_path, text, record, cells):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=f"a.csv: record {record}: a row unlike the header; got '{cells} cells"):
        read_table(tmp_path / "a.csv")


def test_a_quotation_mark_that_is_never_closed_is_told(tmp_path):
    (tmp_path / "a.csv").write_text('a,b\n1,"' + "2\n3,4\n" * 30_000)
    with pytest.raises(InputError, match=r"a\.csv: line \d+: not a comma-separated table; got 'field larger"):
        read_table(tmp_path / "a.csv")


def test_row_names_without_a_title_shift_no_column(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n0,1,2\n1,3,\n")
    assert read_table(tmp_path / "a.csv")[0].to_dict("list") == {"a": ["1", "3"], "b": ["2", ""]}
    (tmp_path / "a.csv").write_text("a,b\n0,1,2\n1,3\n")
    with pytest.raises(InputError, match="record 2: a row unlike the header; got '2 cells, and 1 such rows'; wanted 3"):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\n"])
def test_every_line_end_makes_the_same_table(tmp_path, end):
    (tmp_path / "a.csv").write_bytes(f'a,b{end}"1,1",2{end}3,{end}'.encode())
    assert read_table(tmp_path / "a.csv")[0].to_dict("list") == {"a": ["1,1", "3"], "b": ["2", ""]}
