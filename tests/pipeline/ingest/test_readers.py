import importlib
import sys
from pathlib import Path

import pytest

from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ingest.readers import PACKAGE, readers, version_of
from tests.pipeline.ingest.build import FAKES

FILES = {
    "__init__.py": "",
    "base.py": "LIMIT = 1\n",
    "helper.py": "from grown_sources.base import LIMIT\n",
    "alone.py": "class S:\n    name = 'alone'\nSOURCE = S()\n",
    "user.py": (
        "class S:\n    name = 'user'\n    def read(self):\n        from grown_sources import helper\nSOURCE = S()\n"
    ),
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "grown_sources"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.startswith("grown_sources")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def versions() -> dict[str, str]:
    return {reader.name: reader.version for reader in readers([], "grown_sources")}


def test_all_members_take_part_by_default():
    assert [reader.name for reader in readers([], FAKES)] == ["light", "patches", "wild"]


def test_a_change_in_an_imported_module_is_a_new_version(package):
    before = versions()
    (package / "base.py").write_text("LIMIT = 2\n")
    after = versions()
    assert after["alone"] == before["alone"]
    assert after["user"] != before["user"]


@pytest.mark.parametrize("module", ["inversion_line.py", "magnetograms.py", "fits_rice.py"])
def test_what_a_source_computes_with_is_part_of_its_version(monkeypatch, module):
    keywords, summaries = (version_of(PACKAGE, name) for name in ("sharp_recomputed", "srs"))
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b"# changed" * (path.name == module))
    assert version_of(PACKAGE, "sharp_recomputed") != keywords
    assert version_of(PACKAGE, "srs") == summaries


def test_every_unknown_name_is_reported():
    with pytest.raises(ConfigError, match=r"got 'aia'(.|\n)*got 'eit'; wanted one of light, patches, wild"):
        readers(["aia", "light", "eit"], FAKES)
