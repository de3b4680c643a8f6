import os

import numpy as np
import pytest

from sunproof.pipeline.ingest.parts import Part, Refused, read_part
from sunproof.pipeline.ingest.readers import readers
from tests.pipeline.ingest.build import FAKES, write, write_light


@pytest.fixture
def reader():
    (found,) = readers(["light"], FAKES)
    return found


def test_a_part_gives_back_what_was_read(tmp_path, reader):
    path = write_light(tmp_path / "light/a.json", "2011-02-01T00:00", [1e-6, 2e-6], goes_scale="science")
    part = read_part(reader, tmp_path, path, tmp_path / "parts")
    assert isinstance(part, Part)
    assert (part.path, part.group, part.rows, part.facts) == ("light/a.json", "light", 2, {"goes_scale": "science"})
    assert part.column("xrsb").tolist() == [1e-6, 2e-6]
    assert part.column("time").dtype == np.dtype("datetime64[ns]")


def test_a_part_that_lost_its_end_is_read_again(tmp_path, reader):
    path = write_light(tmp_path / "light/a.json", "2011-02-01T00:00", [1e-6])
    first = read_part(reader, tmp_path, path, tmp_path / "parts")
    first.store.write_bytes(first.store.read_bytes()[:100])
    assert read_part(reader, tmp_path, path, tmp_path / "parts").column("xrsb").tolist() == [1e-6]


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, reader, monkeypatch):
    path = write_light(tmp_path / "light/a.json", "2011-02-01T00:00", [1e-6])

    class Slow:
        name, layout = "light", reader.source.layout

        def read(self, path):
            dataset = reader.source.read(path)
            os.utime(path, (1, 1))
            return dataset

    refused = read_part(type(reader)(Slow(), "1"), tmp_path, path, tmp_path / "parts")
    assert isinstance(refused, Refused)
    assert "changed while it was read" in str(refused.problems[0])
    assert not list((tmp_path / "parts").rglob("*.npz"))


def test_a_fact_that_json_cannot_hold_is_refused(tmp_path, reader):
    class Odd:
        name, layout = "light", reader.source.layout

        def read(self, path):
            return reader.source.read(path).assign_attrs(scale=float("inf"))

    path = write_light(tmp_path / "light/a.json", "2011-02-01T00:00", [1e-6])
    refused = read_part(type(reader)(Odd(), "1"), tmp_path, path, tmp_path / "parts")
    assert "a fact about the file is no JSON value" in str(refused.problems[0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, "a"], "text variable holds something else; got 1"),
        ([1j, 2j], "type has no place in an archive; got 'complex128'"),
    ],
)
def test_types_without_a_place_are_refused(tmp_path, reader, values, message):
    class Odd:
        name, layout = "light", reader.source.layout

        def read(self, path):
            return reader.source.read(path).assign(
                entity=("time", np.array(values, dtype=None if 1j in values else object))
            )

    path = write(tmp_path / "light/a.json", "time", {"time": ["2011-02-01", "2011-02-02"]}, {})
    refused = read_part(type(reader)(Odd(), "1"), tmp_path, path, tmp_path / "parts")
    assert message in str(refused.problems[0])
