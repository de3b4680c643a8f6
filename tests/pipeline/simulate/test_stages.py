import json

import pytest

from sunproof.pipeline.cli import COMMANDS, Command
from sunproof.pipeline.config import Config
from sunproof.pipeline.simulate import stages
from sunproof.pipeline.simulate.stages import Chain, Stage


class Counted(Config):
    """Configuration of a command that only counts its runs."""

    path: str
    value: int = 0


def count(config: Counted) -> None:
    from pathlib import Path

    path = Path(config.path)
    path.write_text(str(int(path.read_text()) + 1 if path.exists() else 1))


@pytest.fixture
def chained(tmp_path, monkeypatch):
    monkeypatch.setitem(COMMANDS, "count", Command("nowhere:Counted", "counting:count", "count"))
    monkeypatch.setattr(stages.importlib, "import_module", lambda name: __import__(__name__, fromlist=["count"]))
    monkeypatch.setattr(stages, "code_version", lambda: "1.0+clean")

    def run(values):
        chain = Chain(tmp_path / "stages.json")
        done = []
        for index, value in enumerate(values):
            path = tmp_path / f"out{index}"
            done.append(chain.run(Stage(f"stage {index}", "count", Counted(path=str(path), value=value), path)))
        return done

    return run


def test_a_finished_chain_is_not_run_again(chained):
    assert chained([0, 0]) == [True, True]
    assert chained([0, 0]) == [False, False]


def test_a_change_runs_the_stage_and_all_after_it(chained):
    chained([0, 0, 0])
    assert chained([0, 1, 0]) == [False, True, True]


def test_a_lost_output_is_made_again(chained, tmp_path):
    chained([0, 0])
    (tmp_path / "out1").unlink()
    assert chained([0, 0]) == [False, True]


def test_a_chain_killed_between_stages_goes_on_with_the_next(chained, tmp_path):
    chained([0, 0])
    # Killed after the first stage of a changed chain: the second must not be taken for done.
    chained([1])
    assert chained([1, 0]) == [False, True]
    assert set(json.loads((tmp_path / "stages.json").read_text())) == {"stage 0", "stage 1"}


def test_uncommitted_code_is_never_trusted(chained, monkeypatch):
    monkeypatch.setattr(stages, "code_version", lambda: "1.0+abc+dirty")
    assert chained([0]) == [True]
    assert chained([0]) == [True]
