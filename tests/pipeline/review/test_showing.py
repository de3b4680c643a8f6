import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review.queue import items


@pytest.fixture
def paths(house):
    keys = house.root / "keys"
    return str(house.path), str(keys / "service"), str(keys / "ana"), str(house.certificates)


def test_a_review_from_the_queue_to_the_case_on_the_command_line(paths, house, capsys):
    ledger, service, ana, certificates = paths
    assert main(["review", "queue", ledger, certificates, service, "--minutes", "60"]) == 0
    assert "2 more forecasts wait" in capsys.readouterr().err
    assert main(["review", "list", ledger]) == 0
    assert "60 min" in capsys.readouterr().out.replace("59 min", "60 min")
    assert main(["review", "next", ledger, ana]) == 0
    told = capsys.readouterr().err
    assert "hidden until the first answer" in told
    assert "machine:" not in told
    with Ledger(ledger) as opened:
        digest = next(item.certificate[7:19] for item in items(opened) if item.certificate[7:19] in told)
    assert main(["review", "show", ledger, digest]) == 0
    assert "machine:" not in capsys.readouterr().err
    assert main(["review", "answer", ledger, ana, digest, "REJECT"]) == 0
    assert "machine: REVIEW" in capsys.readouterr().err
    arguments = ["review", "decide", ledger, ana, digest, "REJECT", "--reason", "artefact", "--note", "spike"]
    assert main(arguments) == 0
    assert main(["review", "show", ledger, digest]) == 0
    told = capsys.readouterr().err
    assert "Ana, final: REJECT artefact spike" in told
    assert f"certificate {digest}, decided" in told
    assert main(["review", "stats", ledger]) == 0
    printed = capsys.readouterr().out
    assert "Ana" in printed
    assert "share expired" in printed
    assert "_" not in printed
    assert main(["review", "cases", ledger, service, str(house.root / "cases")]) == 0
    assert "1 new cases" in capsys.readouterr().err
    assert main(["review", "expire", ledger, service]) == 0
    assert "0 expired" in capsys.readouterr().err


def test_nothing_that_waits_ends_with_1(paths, capsys):
    assert main(["review", "next", paths[0], paths[2]]) == 1
    assert "nothing waits for review" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("minutes", "soon", "--minutes: not a number"),
        ("share", "2", "--share: not a number; got '2'; wanted 0 to 1"),
        ("deadline", "soon", "--deadline: not a time; got 'soon'"),
    ],
)
def test_an_option_that_is_none_is_named(paths, option, value, words, capsys):
    ledger, service, _, certificates = paths
    assert main(["review", "queue", ledger, certificates, service, f"--{option}", value]) == 2
    assert words in capsys.readouterr().err
