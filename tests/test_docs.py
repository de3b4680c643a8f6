"""What the pages promise is there: links lead somewhere, commands have their options, files lie where they say."""

import re
import shlex

import pytest

from sunproof.pipeline.cli import ACTIONS, COMMANDS, main
from tests.test_house import ROOT

PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "data" / "README.md", ROOT / "cases" / "README.md"]
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# A command in a line of its own, or between backquotes; what follows two blanks and # is a remark.
_BLOCK = re.compile(r"^(?: {4}|\t)?(sunproof [a-z].*)$", re.MULTILINE)
_INLINE = re.compile(r"`(sunproof [a-z][^`]*)`")


def name(path):
    return str(path.relative_to(ROOT))


def anchors(text):
    """Anchors that a hosted page gives its headings."""
    heads = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def commands(text):
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    found = [match for part in (*blocks, indented) for match in _BLOCK.findall(part)]
    found += [" ".join(match.split()) for match in _INLINE.findall(text)]
    for line in found:
        words = shlex.split(line, comments=True)[1:]
        # a name alone stands for the command, dots for any of its actions
        if "..." not in words and words[0] in {*COMMANDS, *(group for group, _ in ACTIONS)}:
            yield words


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_leads_to_a_file_and_a_heading(path):
    text = path.read_text(encoding="utf-8")
    for link in _LINK.findall(_FENCE.sub("", text)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        target, _, anchor = link.partition("#")
        there = (path.parent / target) if target else path
        assert there.exists(), f"{name(path)}: {link}"
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{name(path)}: {link}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_command_exists_with_the_options_it_is_shown_with(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    for words in commands(path.read_text(encoding="utf-8")):
        configured = words[0] in COMMANDS
        if len(words) == (1 if configured or (words[0], "") in ACTIONS else 2):
            words = [*words, "--help"]
        elif configured and (ROOT / words[1]).is_file():
            words = [*words, "--check"]
        else:
            # the parser alone: what the command would read is not here
            monkeypatch.setattr("sunproof.pipeline.cli._run", lambda options: 0)
        try:
            code = main(words)
        except SystemExit as stop:
            code = stop.code
        monkeypatch.undo()
        monkeypatch.chdir(ROOT)
        assert code == 0, f"{name(path)}: sunproof {' '.join(words)}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_make_target_and_program_is_there(path):
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for target in re.findall(r"(?:^ {4}|`)(?:\w+=\S+ )?make ([a-z-]+)", text, re.MULTILINE):
        assert target in targets, f"{name(path)}: make {target}"
    folders = "benchmarks|cases|configs|docs|models|notebooks|pipeline|tests"
    for file in re.findall(rf"(?:python |`)((?:{folders})/[\w/.]+\.\w+)", text):
        # capitals stand for what the reader writes
        assert re.search("NAME|MODULE", file) or (ROOT / file).exists(), f"{name(path)}: {file}"


def test_a_page_names_commands_at_all():
    found = {words[0] for path in PAGES for words in commands(path.read_text(encoding="utf-8"))}
    assert found >= {
        "fetch",
        "ingest",
        "forecast",
        "audit",
        "ledger",
        "review",
        "reproduce",
        "train",
        "wrap",
        "challenge",
    }
