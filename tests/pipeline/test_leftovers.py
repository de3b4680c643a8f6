import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from sunproof.pipeline import leftovers
from sunproof.pipeline.leftovers import claim, mark, release, sweep
from sunproof.pipeline.receipts import replacing, write_receipt

WRITING = """
import sys, time
from pathlib import Path
from sunproof.pipeline.leftovers import claim
from sunproof.pipeline.receipts import replacing
target = Path(sys.argv[1])
claim(target.parent / f".{target.name}.0123456789ab.parts")
with replacing(target) as file, replacing(f"{target}.receipt.json") as receipt:
    file.mkdir()
    (file / "half").touch()
    receipt.touch()
    print("writing", flush=True)
    time.sleep(600)
"""


@contextmanager
def another_run(target):
    """A process that is writing an output."""
    with subprocess.Popen([sys.executable, "-c", WRITING, str(target)], stdout=subprocess.PIPE) as process:
        assert process.stdout.read(8) == b"writing\n"
        try:
            yield process
        finally:
            process.kill()


def hidden(folder):
    return sorted(path.name.rpartition(".")[2] for path in folder.glob(".*"))


def test_what_a_killed_run_left_goes_when_its_output_is_finished_and_what_a_living_one_writes_stays(tmp_path, capsys):
    target = tmp_path / "out[1].nc"
    for path in (target, tmp_path / "out"):
        path.touch()
    with another_run(target) as process:
        assert hidden(tmp_path) == ["partial", "partial", "parts"]
        write_receipt(target, "test", {}, {})
        assert hidden(tmp_path) == ["partial", "partial", "parts"]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # not reaped by its name alone: another output of the folder leaves it
        write_receipt(tmp_path / "out", "test", {}, {})
        assert hidden(tmp_path) == ["partial", "partial", "parts"]
        write_receipt(target, "test", {}, {})
    assert hidden(tmp_path) == []
    assert "removed what a killed run left" in capsys.readouterr().err


def test_parts_that_a_living_run_took_up_stay(tmp_path):
    target = tmp_path / "out.nc"
    target.touch()
    with another_run(target) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    (parts,) = tmp_path.glob(".*.parts")
    claim(parts)
    sweep(target)
    assert hidden(tmp_path) == ["parts"]


@pytest.mark.parametrize(
    "name", [".out.nc.work", ".out.nc.0123456789ab.parts", ".out.nc.0a1b2c3d.partial", ".out.nc.mine"]
)
def test_what_nobody_signed_stays(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / "out.nc").touch()
    sweep(tmp_path / "out.nc")
    assert sorted(path.name for path in tmp_path.iterdir()) == [name, "out.nc"]


def test_what_is_left_of_an_output_that_is_not_there_stays(tmp_path):
    target = tmp_path / "out"
    with another_run(target) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    # killed after the old folder stepped aside, before the new one took its place
    old = tmp_path / f".out.{leftovers._machine()}-{process.pid}-0a1b2c3d.old"
    old.mkdir()
    sweep(target)
    assert old.exists()
    target.mkdir()
    sweep(target)
    assert hidden(tmp_path) == []


def test_what_another_machine_writes_stays(tmp_path, monkeypatch):
    target = tmp_path / "out.nc"
    target.touch()
    with another_run(target) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    monkeypatch.setattr(leftovers, "_machine", lambda: "0123abcd")
    sweep(target)
    assert hidden(tmp_path) == ["partial", "partial", "parts"]
    with replacing(target) as partial:
        partial.touch()
        assert "0123abcd" in partial.name


def test_of_two_runs_of_one_configuration_the_first_that_ends_leaves_the_parts_to_the_other(tmp_path):
    with another_run(tmp_path / "out.nc") as process:
        (parts,) = tmp_path.glob(".*.parts")
        claim(parts)
        release(parts)
        assert [path.name.rpartition("-")[2] for path in parts.iterdir()] == [f"{process.pid}.owner"]
    claim(parts)
    # killed elsewhere, went on here
    (parts / "0123abcd-17.owner").touch()
    release(parts)
    assert not parts.exists()


def test_what_cannot_be_removed_stays_and_is_not_told_as_removed(tmp_path, monkeypatch, capsys):
    target = tmp_path / "out.nc"
    target.touch()
    with another_run(target) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def denied(path, **_):
        raise PermissionError(path)

    monkeypatch.setattr(Path, "unlink", denied)
    sweep(target)
    assert hidden(tmp_path) == ["partial"]
    assert "receipt" not in capsys.readouterr().err


def test_machines_of_one_name_are_told_apart_by_their_start(monkeypatch):
    own, read = mark(), Path.read_text
    leftovers._machine.cache_clear()
    monkeypatch.setattr(
        Path, "read_text", lambda path, *a, **k: "another" if path.name == "boot_id" else read(path, *a, **k)
    )
    try:
        assert mark() != own
    finally:
        leftovers._machine.cache_clear()
