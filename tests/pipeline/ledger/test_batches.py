import json

import pytest

from sunproof.pipeline.cli import main
from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.batches import append_batch, find_batch
from sunproof.pipeline.ledger.envelope import unseal
from sunproof.pipeline.ledger.store import Ledger


def test_an_entry_tells_what_the_batch_holds(house, written):
    with Ledger(house.path) as ledger:
        (entry,) = ledger.records("batch")
        assert find_batch(ledger, house.certificates) == entry
    assert (entry["count"], entry["head"], entry["certificates"]) == (6, written[1], "certificates.jsonl")
    assert entry["verdicts"] == {"ACCEPT": 2, "REJECT": 1, "REVIEW": 2, "NO_FORECAST": 1}
    assert (entry["first"], entry["last"]) == ("2014-10-20T00:00:00Z", "2014-10-21T06:00:00Z")


def test_a_batch_enters_once(house):
    with Ledger(house.path) as ledger:
        before = ledger.head()
        append_batch(ledger, house.certificates, house.service)
        assert ledger.head() == before


def test_a_broken_chain_is_not_signed(house):
    lines = house.certificates.read_bytes().splitlines(keepends=True)
    house.certificates.write_bytes(b"".join(lines[:-2]))
    with Ledger(house.path) as ledger, pytest.raises(InputError, match="the end is missing"):
        append_batch(ledger, house.certificates, house.service)


def test_a_batch_that_never_entered_is_told(house):
    lines = house.certificates.read_bytes().splitlines(keepends=True)
    house.certificates.write_bytes(b"".join(lines[:-1]))
    with Ledger(house.path) as ledger, pytest.raises(InputError, match=r"not in the ledger.*sunproof ledger append"):
        find_batch(ledger, house.certificates)


def test_the_commands_enter_a_batch_and_export_one_certificate(written, tmp_path, capsys):
    key, ledger, output = str(tmp_path / "service"), str(tmp_path / "new.sqlite"), tmp_path / "one.json"
    assert main(["ledger", "keygen", key]) == 0
    assert main(["ledger", "init", ledger, key]) == 0
    assert main(["ledger", "append", ledger, str(written[0]), key]) == 0
    assert "6 certificates signed" in capsys.readouterr().err
    assert main(["ledger", "export", str(written[0]), "2", f"{key}.pub", str(output)]) == 0
    assert json.loads(output.read_bytes())["payloadType"] == "application/vnd.in-toto+json"
    assert unseal(output.read_bytes(), {}).predicate()["seq"] == 2
    assert main(["ledger", "export", str(written[0]), "two", f"{key}.pub", str(output)]) == 2
