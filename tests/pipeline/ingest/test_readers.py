import importlib
import sys

import pytest

from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.ingest.readers import readers
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


def test_every_unknown_name_is_reported():
    with pytest.raises(ConfigError, match=r"got 'aia'(.|\n)*got 'eit'; wanted one of light, patches, wild"):
        readers(["aia", "light", "eit"], FAKES)
