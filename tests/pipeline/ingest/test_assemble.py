import pytest

from sunproof.pipeline.errors import ArchiveError
from sunproof.pipeline.ingest.assemble import assemble
from sunproof.pipeline.ingest.parts import read_part
from sunproof.pipeline.ingest.readers import readers
from tests.pipeline.ingest.build import FAKES, config_for, write, write_light, write_patches


@pytest.fixture
def parts_of(tmp_path):
    """Read files that are already below the raw folder."""
    taking_part = readers([], FAKES)

    def read():
        found = [(reader, path) for reader in taking_part for path in reader.source.find(tmp_path / "raw")]
        return [read_part(reader, tmp_path / "raw", path, tmp_path / "parts") for reader, path in found]

    return taking_part, read


def test_groups_are_described_for_the_inventory(tmp_path, parts_of):
    taking_part, read = parts_of
    write_light(tmp_path / "raw/light/a.json", "2011-02-01T00:00", [1e-6, 2e-6])
    write_patches(tmp_path / "raw/patches/a.json", [(1, "2011-02-03T00:00", 1e20, "")])
    groups = assemble(config_for(tmp_path), taking_part, read(), tmp_path / "parts")
    assert {name: group["records"] for name, group in groups.items()} == {"light": 2, "patches": 1}
    assert groups["light"]["source"] == "light"
    assert groups["patches"]["first"] == "2011-02-03T00:00:00"


def test_every_group_that_cannot_be_is_reported_before_anything_is_written(tmp_path, parts_of):
    taking_part, read = parts_of
    write_light(tmp_path / "raw/light/a.json", "2011-02-01T00:00", [1e-6], simulated=1)
    write_light(tmp_path / "raw/light/b.json", "2011-02-01T00:00", [1e-6])
    write_patches(tmp_path / "raw/patches/a.json", [(1, "2011-02-03T00:00", 1e20, "")])
    odd = {"harpnum": [1], "time": ["2011-02-01"], "usflux": [[1e20, 1e20]]}
    write(tmp_path / "raw/patches/b.json", "record", odd, {})
    with pytest.raises(ArchiveError, match=r"mixed; got 'light/b.json'(.|\n)*disagree about a variable's shape; got "):
        assemble(config_for(tmp_path), taking_part, read(), tmp_path / "parts")
    assert not (tmp_path / "archive.zarr").exists()
