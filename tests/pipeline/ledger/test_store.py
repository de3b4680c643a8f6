import multiprocessing
import sqlite3

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.keys import read_key
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger


def test_entries_carry_the_digest_of_the_one_before(house):
    with Ledger(house.path) as ledger:
        before = ledger.head()
        entry = ledger.append("case", {"note": "x"}, ("case", "sha256:00"), house.service)
        assert (entry["seq"], entry["prev"]) == (before[0] + 1, before[1])
        assert ledger.records("case") == [entry]
        assert ledger.records("case", "sha256:11") == []


def test_an_entry_cannot_be_changed_or_deleted_by_accident(house):
    with Ledger(house.path) as ledger, ledger.writing() as base:
        for statement in ("UPDATE entries SET kind = 'x'", "DELETE FROM entries"):
            with pytest.raises(sqlite3.IntegrityError, match="only appended to"):
                base.execute(statement)


def test_a_failing_block_leaves_nothing(house):
    with Ledger(house.path) as ledger:
        before = ledger.head()
        with pytest.raises(ZeroDivisionError), ledger.writing():
            ledger.append("case", {}, ("case", "sha256:00"), house.service)
            _ = 1 / 0
        assert ledger.head() == before


@pytest.mark.parametrize(("kind", "who"), [("case", "reviewer"), ("decision", "service")])
def test_a_key_signs_only_what_its_role_allows(house, kind, who):
    with Ledger(house.path) as ledger, pytest.raises(InputError, match=f"this key cannot sign a {kind}"):
        ledger.append(kind, {}, ("x", "sha256:00"), getattr(house, who))


def _many(path, key, number):
    with Ledger(path) as ledger:
        for _ in range(number):
            ledger.append("case", {}, ("case", "sha256:00"), read_key(key))


def test_two_processes_append_into_one_order(house):
    context = multiprocessing.get_context("spawn")
    arguments = (house.path, house.root / "keys" / "service", 15)
    workers = [context.Process(target=_many, args=arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with Ledger(house.path) as ledger:
        assert len(ledger.records("case")) == 30
        assert verify_ledger(ledger).problems == []


def test_a_ledger_is_begun_once(house):
    with pytest.raises(InputError, match="there is a ledger already"):
        Ledger.create(house.path, house.service)


def test_what_is_no_ledger_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such ledger"):
        Ledger(tmp_path / "nothing")
    with pytest.raises(InputError, match="no such ledger"):
        Ledger(tmp_path)
    (tmp_path / "text").write_text("x" * 200)
    with pytest.raises(InputError, match="text: not a ledger"):
        Ledger(tmp_path / "text")
