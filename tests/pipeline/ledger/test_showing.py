import re

from sunproof.pipeline.cli import main


def test_the_ledger_is_listed_with_keys_and_batches(house, capsys):
    assert main(["ledger", "show", str(house.path)]) == 0
    printed = re.sub(r"[\s│┃]+", " ", capsys.readouterr().out)
    for words in ("reviewer", "Ana", "2 ACCEPT", "batch", "certificates"):
        assert words in printed


def test_without_anchor_and_key_the_command_says_what_it_cannot_see(house, capsys):
    assert main(["ledger", "verify", str(house.path)]) == 0
    told = capsys.readouterr().err
    assert "no anchor was given" in told
    assert "no public key was given" in told


def test_what_is_not_there_ends_with_2(tmp_path, capsys):
    assert main(["ledger", "verify", str(tmp_path / "nothing")]) == 2
    assert "no such ledger" in capsys.readouterr().err
