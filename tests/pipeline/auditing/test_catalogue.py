"""The catalogue of checks: table and page."""

from pathlib import Path

from sunproof.models.constraints.engine import all_checks
from sunproof.pipeline.auditing.catalogue import markdown, show, write
from sunproof.pipeline.cli import main

PAGE = Path(__file__).parents[3] / "docs" / "checks.md"


def test_the_page_is_what_the_checks_say():
    assert PAGE.read_text(encoding="utf-8") == markdown(), "run: sunproof checks write docs/checks.md"


def test_the_page_names_every_check_with_equation_reference_and_severity():
    page = markdown()
    for check in all_checks():
        section = page.split(f"### {check.id} {check.name}\n")[1].split("\n### ")[0]
        assert check.statement in section
        assert check.ceiling.name in section
        for name in check.requires:
            assert f"`{name}`" in section


def test_the_table_lists_every_check(capsys):
    assert main(["checks", "list"]) == 0
    printed = capsys.readouterr().out
    for check in all_checks():
        assert check.id in printed
    assert show() == 0


def test_the_page_is_written_whole(tmp_path):
    path = tmp_path / "checks.md"
    assert write(str(path)) == 0
    assert path.read_text(encoding="utf-8") == markdown()
    assert list(tmp_path.iterdir()) == [path]
