import subprocess

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.anchor import read_anchors, write
from sunproof.pipeline.ledger.store import Ledger


def test_anchors_are_added_and_read_back(house, tmp_path):
    target = tmp_path / "elsewhere" / "anchors.txt"
    write(str(house.path), str(target))
    with Ledger(house.path) as ledger:
        first = ledger.head()
        ledger.append("case", {}, ("case", "sha256:00"), house.service)
        second = ledger.head()
    write(str(house.path), str(target))
    assert [(anchor.count, anchor.head) for anchor in read_anchors(str(target))] == [first, second]


def test_an_anchor_is_read_from_a_git_tag(house, tmp_path):
    target = tmp_path / "anchors.txt"
    write(str(house.path), str(target))
    repository = tmp_path / "repository"
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    git = ["git", "-C", str(repository), *who]
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "begin"], check=True)
    subprocess.run([*git, "tag", "-a", "anchor-1", "-m", target.read_text()], check=True)
    (anchor,) = read_anchors(f"git:{repository}:anchor-1")
    assert str(anchor) == target.read_text().strip()
    with pytest.raises(InputError, match="no annotated tag"):
        read_anchors(f"git:{repository}:anchor-2")


def test_a_text_without_an_anchor_is_refused(tmp_path):
    (tmp_path / "notes").write_text("nothing here")
    with pytest.raises(InputError, match="no anchor in it; got 'nothing here'"):
        read_anchors(str(tmp_path / "notes"))
    with pytest.raises(InputError, match="missing: cannot be read"):
        read_anchors(str(tmp_path / "missing"))


def test_an_anchor_is_not_added_to_another_file(house, tmp_path):
    key = house.root / "keys" / "service"
    before = key.read_bytes()
    with pytest.raises(InputError, match="service: no anchor in it"):
        write(str(house.path), str(key))
    assert key.read_bytes() == before
    (tmp_path / "anchors.txt").touch()
    write(str(house.path), str(tmp_path / "anchors.txt"))
    assert len(read_anchors(str(tmp_path / "anchors.txt"))) == 1
