import json
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from sunproof.pipeline import receipts
from sunproof.pipeline.receipts import (
    canonical,
    code_key,
    code_version,
    digest_file,
    digest_json,
    digest_tree,
    replacing,
    write_receipt,
)


def test_canonical_json_sorts_keys_unwraps_numpy_and_writes_nan_as_null():
    assert (
        canonical({"b": np.float64(1.5), "a": [np.int64(2), math.nan, None, True]})
        == b'{"a":[2,null,null,true],"b":1.5}'
    )


def test_infinity_is_refused():
    with pytest.raises(ValueError, match="inf"):
        canonical({"a": math.inf})


def test_digest_of_json_does_not_depend_on_key_order():
    assert digest_json({"a": 1, "b": 2}) == digest_json({"b": 2, "a": 1}) != digest_json({"a": 2, "b": 1})


def test_tree_digest_sees_content_and_names(tmp_path):
    (tmp_path / "a").write_text("1")
    first = digest_tree(tmp_path)
    (tmp_path / "a").write_text("2")
    second = digest_tree(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, digest_tree(tmp_path)}) == 3


def test_file_digest_is_sha256(tmp_path):
    path = tmp_path / "empty"
    path.touch()
    assert digest_file(path) == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="midway"), replacing(target) as partial:
        partial.write_text("half")
        raise RuntimeError("midway")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_folder_is_replaced_whole(tmp_path):
    target = tmp_path / "group"
    for content in ("one", "two"):
        with replacing(target) as partial:
            partial.mkdir()
            (partial / content).touch()
    assert [path.name for path in target.iterdir()] == ["two"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_linked_folder_is_replaced_and_what_it_led_to_stays(tmp_path):
    kept, target = tmp_path / "elsewhere", tmp_path / "out"
    kept.mkdir()
    (kept / "old").write_text("old")
    target.symlink_to(kept)
    with replacing(target) as partial:
        partial.mkdir()
        (partial / "new").write_text("new")
    assert not target.is_symlink()
    assert [file.name for file in target.iterdir()] == ["new"]
    assert (kept / "old").read_text() == "old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["elsewhere", "out"]


def test_killed_writer_leaves_no_half_file(tmp_path):
    target = tmp_path / "out.txt"
    code = (
        "import sys, time\nfrom sunproof.pipeline.receipts import replacing\n"
        f"with replacing({str(target)!r}) as partial:\n"
        "    partial.write_text('half'); sys.stdout.write('x'); sys.stdout.flush(); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout.read(1) == b"x"
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    time.sleep(0.01)
    assert not target.exists()


def test_a_module_dropped_into_a_checkout_makes_its_code_another(tmp_path, monkeypatch):
    def git(*arguments):
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True
        )

    for name in ("pipeline/receipts.py", "models/base.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "begin")
    monkeypatch.setattr(receipts, "__file__", str(tmp_path / "pipeline" / "receipts.py"))
    # past its memory of this process
    version = code_version.__wrapped__
    clean = version()
    assert "dirty" not in clean
    (tmp_path / "notes.txt").touch()
    assert version() == clean
    (tmp_path / "models" / "another_check.py").touch()
    assert version() == f"{clean}+dirty"


def test_two_states_of_a_dirty_checkout_have_two_keys(tmp_path, monkeypatch):
    for folder in ("pipeline", "models"):
        (tmp_path / folder / "__pycache__").mkdir(parents=True)
    source = tmp_path / "models" / "limits.yaml"
    source.write_text("a: 1")
    monkeypatch.setattr(receipts, "__file__", str(tmp_path / "pipeline" / "receipts.py"))
    # past its memory of this process
    key = code_key.__wrapped__
    monkeypatch.setattr(receipts, "code_version", lambda: "1.0+abc")
    assert key() == "1.0+abc"
    monkeypatch.setattr(receipts, "code_version", lambda: "1.0+abc+dirty")
    before = key()
    assert before.startswith("1.0+abc+dirty+")
    (tmp_path / "models" / "__pycache__" / "limits.pyc").touch()
    (tmp_path / "notes.txt").touch()
    assert key() == before
    source.write_text("a: 2")
    assert key() != before


def test_receipt_holds_command_configuration_inputs_and_code(tmp_path):
    path = write_receipt(tmp_path / "out.nc", "label", {"window": 24}, {"archive": "sha256:00"}, rows=3)
    content = json.loads(path.read_text())
    assert path.name == "out.nc.receipt.json"
    assert content["command"] == "label"
    assert content["config"] == {"window": 24}
    assert content["inputs"] == {"archive": "sha256:00"}
    assert content["rows"] == 3
    assert content["code"] == code_version()
    assert content["environment"]["numpy"] == np.__version__
