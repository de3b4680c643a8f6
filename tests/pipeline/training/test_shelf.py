from pathlib import Path

import sunproof.pipeline.training
from sunproof.pipeline.training.shelf import BUILTIN, bundle_folder


def test_a_path_is_a_path_and_the_name_is_the_folder_in_the_package(tmp_path):
    assert bundle_folder(tmp_path / "mine") == tmp_path / "mine"
    assert bundle_folder("data/bundle") == Path("data/bundle")
    inside = Path(sunproof.pipeline.training.__file__).parent / "builtin"
    assert bundle_folder(BUILTIN) == bundle_folder(Path(BUILTIN)) == inside
    assert bundle_folder("./other/builtin") != inside
