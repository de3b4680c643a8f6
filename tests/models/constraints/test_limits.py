"""The limits are frozen: a changed digest needs a new version."""

import ast
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


def test_a_limit_that_is_not_there_tells_where_it_belongs():
    with pytest.raises(KeyError, match=r"limits.yaml has no 'most' for check Z9: write it there, with its provenance"):
        load_limits().of("Z9")["most"]


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
    gate = "{forecasts: 10, objected: {A1: {why: -1}, A2: few}, level: no, per_nat: 0}"
    path.write_text(f"version: '9'\nchecks: {{}}\ngate: {gate}\n")
    wrong = r"(?s)gate.objected.A1.why.*-1.*gate.objected.A2.*'few'.*gate.level.*False.*gate.per_nat.*above 0"
    with pytest.raises(ConfigError, match=wrong):
        load_limits(path)
    path.write_text("version: '9'\nchecks: {}\ngate: {levels: 3}\n")
    with pytest.raises(ConfigError, match=r"wrong gate.*levels.*forecasts, objected, level, per_nat, unknown"):
        load_limits(path)
    path.write_text("version: '9'\nchecks: {}\ngate: {forecasts: 3, objected: [A1], level: no}\n")
    with pytest.raises(ConfigError, match=r"(?s)wrong objections.*\['A1'\].*level is not a number"):
        load_limits(path)


def test_the_gate_names_checks_that_there_are():
    known = {check.id for check in all_checks()}
    gate = load_limits().gate
    assert set(gate.objected) <= known
    # a sentence that was changed in a check would let it decide alone, unnoticed
    known = sentences()
    for reasons in gate.objected.values():
        for reason, count in reasons.items():
            assert any(re.fullmatch(sentence, reason) for sentence in known), reason
            assert 0 < count < gate.forecasts


def sentences() -> set[str]:
    """Every text in the modules of the checks as a pattern: what is put in when it runs may be anything."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            if all(
                isinstance(part, ast.FormattedValue) or isinstance(getattr(part, "value", 0), str) for part in parts
            ):
                found.add("".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".*" for part in parts))
    # a text that is nothing but what is put in would match all
    return {pattern for pattern in found if len(pattern.replace(".*", "")) > 10}
