import os
import signal
import subprocess
import sys
import time

import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.ledger.attempts import attempt
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "audit.yaml"
    path.write_text("forecasts: nothing.nc\n")
    return str(path)


def run(house, config, code):
    with Ledger(house.path) as ledger:
        result = attempt(ledger, house.service, "audit", config, [sys.executable, "-c", code])
        return result, ledger.records("attempt"), verify_ledger(ledger)


def test_an_attempt_that_ends_well_is_entered_twice(house, config):
    result, entries, report = run(house, config, "import sys; sys.stderr.write('fine')")
    assert result == 0
    assert [entry["status"] for entry in entries] == ["STARTED", "DONE"]
    assert (report.problems, report.open_attempts) == ([], [])


# a stage says what it does on the error stream; the receipt keeps the last of it
@pytest.mark.parametrize("stage", ["reading", "checking", "explaining", "writing"])
def test_a_command_killed_at_any_stage_leaves_a_receipt_with_stage_and_signal(house, config, stage):
    code = f"import os, sys; sys.stderr.write('{stage}\\n'); sys.stderr.flush(); os.kill(os.getpid(), 9)"
    result, entries, report = run(house, config, code)
    assert result == 128 + signal.SIGKILL
    assert (entries[-1]["status"], entries[-1]["error"]) == ("FAILED", "killed by signal 9")
    assert entries[-1]["said"] == [stage]
    assert report.open_attempts == []


def test_an_error_is_kept_with_its_words(house, config, capsys):
    assert main(["ledger", "attempt", str(house.path), str(house.root / "keys" / "service"), "audit", config]) == 2
    with Ledger(house.path) as ledger:
        last = ledger.records("attempt")[-1]
    assert last["error"] == "exit code 2"
    assert "no such input" in " ".join(last["said"])


def test_an_attempt_whose_supervisor_died_stays_open(house, config, capsys):
    key = str(house.root / "keys" / "service")
    code = (
        "import sys\nfrom sunproof.pipeline.ledger.attempts import attempt\n"
        "from sunproof.pipeline.ledger.keys import read_key\nfrom sunproof.pipeline.ledger.store import Ledger\n"
        f"attempt(Ledger({str(house.path)!r}), read_key({key!r}), 'audit', {config!r}, "
        "[sys.executable, '-c', 'import time; time.sleep(1)'])"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    with Ledger(house.path) as ledger:
        deadline = time.monotonic() + 60
        while not ledger.records("attempt"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        report = verify_ledger(ledger)
    assert [entry["command"] for entry in report.open_attempts] == ["audit"]
    main(["ledger", "verify", str(house.path)])
    assert "begun and never ended: audit" in capsys.readouterr().err
