from pathlib import Path

import pytest

from sunproof.pipeline.registry import members
from sunproof.pipeline.simulate.instruments.base import Instrument, write_text
from sunproof.pipeline.sources.text import facts_of

INSTRUMENTS = members("sunproof.pipeline.simulate.instruments", "INSTRUMENT")
SOURCES = members("sunproof.pipeline.sources", "SOURCE")


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_instrument_keeps_the_protocol_and_is_named_like_its_source(name):
    assert isinstance(INSTRUMENTS[name], Instrument)
    assert INSTRUMENTS[name].name == name
    assert name in SOURCES


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_file_is_found_and_read_by_its_source_as_simulated(name, scene, tmp_path):
    written = INSTRUMENTS[name].observe(scene, tmp_path / INSTRUMENTS[name].name)
    assert SOURCES[name].find(tmp_path) == sorted(written)
    for path in written[:6]:
        assert SOURCES[name].read(path).attrs["simulated"] == 1


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_the_same_scene_gives_the_same_bytes(name, scene, tmp_path):
    one, same = (INSTRUMENTS[name].observe(scene, tmp_path / part) for part in ("one", "same"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in same]


def test_facts_stand_where_readers_look(tmp_path: Path):
    path = write_text(tmp_path / "a.csv", "x\n1\n", goes_scale="operational")
    assert facts_of(path.read_text()) == {"simulated": "1", "goes_scale": "operational"}
    assert path.read_text().endswith("x\n1\n")
