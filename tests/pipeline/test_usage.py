"""``--help`` tells everything that can be given."""

import pytest

from sunproof.pipeline.cli import ACTIONS, COMMANDS, main
from sunproof.pipeline.receipts import code_version
from sunproof.pipeline.usage import ARGUMENTS, GROUPS


def told(capsys, *arguments):
    with pytest.raises(SystemExit, match="0"):
        main([*arguments, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_names_every_key_of_its_configuration_in_words(name, capsys):
    text = told(capsys, name)
    keys = text.partition("keys of the configuration")[2].splitlines()[1:]
    heads = [number for number, line in enumerate(keys) if line.startswith("  ") and line[2] != " "]
    assert heads
    for number in heads:
        assert keys[number + 1].startswith("      "), f"{keys[number]}: no words"


def test_required_keys_and_defaults_are_told(capsys):
    text = told(capsys, "forecast")
    assert "  archive (required)\n      The archive to read." in text
    assert "  bundle (builtin)\n" in text
    assert "  baselines (true)\n" in text
    assert "  interval (none)\n" in text


@pytest.mark.parametrize("name", ACTIONS, ids=" ".join)
def test_an_action_says_what_each_argument_and_option_is(name, capsys):
    text = " ".join(told(capsys, *filter(None, name)).split())
    for argument in ACTIONS[name].arguments:
        assert f"{argument} {ARGUMENTS[argument]}" in text
    for option, words in ACTIONS[name].options:
        assert f"--{option} {option.upper()} {words}" in text


def test_the_version_is_that_of_receipts_and_git_is_asked_only_for_it(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sunproof {code_version()}\n"


@pytest.mark.parametrize(
    ("name", "wrong"), [(("ledger", "keygen"), "of `sunproof ledger keygen`"), (("archive", "check"), "write")]
)
def test_an_argument_is_told_as_what_it_is_to_this_action(name, wrong, capsys):
    assert wrong not in told(capsys, *name)


def test_no_word_is_left_over():
    assert set(ARGUMENTS) == {argument for action in ACTIONS.values() for argument in action.arguments}
    assert set(GROUPS) == {name for name, verb in ACTIONS if verb}


def test_a_number_is_no_switch_and_a_block_has_no_default(capsys):
    text = told(capsys, "label")
    assert "  latency_hours (0)\n" in text or "  latency_hours (0.0)\n" in text
    assert "  thresholds ([C1.0, M1.0, X1.0])\n" in text
    assert "  catalogue\n" in text
