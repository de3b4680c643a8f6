"""The limits are frozen: a changed digest needs a new version."""

import re
from pathlib import Path

import pytest
import yaml

import sunproof.models.constraints.limits as limits_module
from sunproof.models.constraints.engine import all_checks
from sunproof.models.constraints.limits import load_limits, tables_digest
from sunproof.pipeline.errors import ConfigError
from sunproof.pipeline.receipts import digest_file

FOLDER = Path(limits_module.__file__).parent


def test_a_change_of_limits_or_tables_needs_a_new_version():
    lock = yaml.safe_load((FOLDER / "limits.lock.yaml").read_text())["versions"]
    limits = load_limits()
    found = {"limits": limits.digest, "tables": tables_digest()}
    assert lock.get(limits.version) == found, (
        f"limits.yaml or a table changed: give limits.yaml a new version and limits.lock.yaml the line {found}"
    )


def test_the_digest_is_that_of_the_files_bytes():
    assert load_limits().digest == digest_file(FOLDER / "limits.yaml")


def test_every_block_of_limits_belongs_to_a_check():
    known = {check.id for check in all_checks()}
    assert set(load_limits().checks) <= known


def test_another_byte_is_another_digest(tmp_path):
    path = tmp_path / "limits.yaml"
    path.write_bytes((FOLDER / "limits.yaml").read_bytes() + b"#\n")
    assert load_limits(path).digest != load_limits().digest


def test_all_mistakes_of_a_limits_file_are_told_together(tmp_path):
    path = tmp_path / "limits.yaml"
    path.write_text("version: '9'\nchecks: {A1: {tolerance: high}, A2: {margin: yes}, A3: 4}\n")
    with pytest.raises(ConfigError, match=r"(?s)checks.A1.tolerance.*'high'.*checks.A2.margin.*True.*"):
        load_limits(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [("checks: {}\n", "no version; wanted a text"), ("version: '9'\nchecks: 3\n", "no limits; got 3")],
)
def test_a_limits_file_without_version_or_limits_is_refused(tmp_path, content, message):
    path = tmp_path / "limits.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        load_limits(path)


def test_a_gate_that_makes_no_sense_is_refused(tmp_path):
    path = tmp_path / "limits.yaml"
    path.write_text("version: '9'\nchecks: {}\ngate: {forecasts: 10, objected: {A1: {why: -1}, A2: few}, level: no}\n")
    with pytest.raises(ConfigError, match=r"(?s)gate.objected.A1.why.*-1.*gate.objected.A2.*'few'.*gate.level.*False"):
        load_limits(path)
    path.write_text("version: '9'\nchecks: {}\ngate: {levels: 3}\n")
    with pytest.raises(ConfigError, match=r"wrong gate.*levels.*forecasts, objected, level"):
        load_limits(path)
    path.write_text("version: '9'\nchecks: {}\ngate: {forecasts: 3, objected: [A1], level: no}\n")
    with pytest.raises(ConfigError, match=r"(?s)wrong objections.*\['A1'\].*level is not a number"):
        load_limits(path)


def test_the_gate_names_checks_that_there_are():
    known = {check.id for check in all_checks()}
    gate = load_limits().gate
    assert set(gate.objected) <= known
    # a sentence that was changed in a check would let it decide alone, unnoticed; literals run over several lines
    sources = [re.sub(r'"\n\s*f?"', "", path.read_text()) for path in FOLDER.glob("*.py")]
    # these put their sentence together from parts
    whole = [
        pair for name, reasons in gate.objected.items() if name not in ("C9", "E6", "G1") for pair in reasons.items()
    ]
    for reason, count in whole:
        assert any(reason in source for source in sources), reason
        assert count < gate.forecasts
