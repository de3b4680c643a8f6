import json

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.review.cases import agrees, held_out, read_cases, write_cases
from sunproof.pipeline.review.desk import Desk
from sunproof.pipeline.review.queue import items


@pytest.fixture
def decided(house, queued, noon):
    desk = Desk(queued, house.reviewer)
    for answer in ("ACCEPT", "REJECT"):
        item = desk.next(noon)
        desk.answer(item.certificate, answer, noon)
        desk.decide(item.certificate, answer, "artefact", "a spike", noon)
    return queued


def test_a_decision_becomes_a_case_with_inputs_verdict_reason_and_expectation(house, decided):
    made = write_cases(decided, house.root / "cases", house.service)
    assert len(made) == 2
    assert write_cases(decided, house.root / "cases", house.service) == []
    read = read_cases(house.root / "cases")
    assert {case.facts["expected"] for case in read} == {"ACCEPT", "REJECT"}
    for case in read:
        assert case.folder.name == case.facts["certificate"].removeprefix("sha256:")
        assert (case.facts["machine"], case.facts["reason"], case.facts["note"]) == ("REVIEW", "artefact", "a spike")
        assert "inputs" in case.facts
    assert len(decided.records("case")) == 2
    assert verify_ledger(decided).problems == []


def test_half_of_all_digests_are_held_out_and_always_the_same_ones():
    digests = [digest_bytes(str(number).encode()) for number in range(2000)]
    share = sum(map(held_out, digests)) / len(digests)
    assert 0.46 < share < 0.54
    assert [held_out(digest) for digest in digests] == [held_out(digest) for digest in digests]


def test_only_the_opposite_contradicts_a_person():
    assert agrees("REJECT", "REVIEW")
    assert agrees("ACCEPT", "REVIEW")
    assert not agrees("REJECT", "ACCEPT")
    assert not agrees("ACCEPT", "REJECT")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(b"4698", b"4699", "not the certificate that was queued"), (b'"simulated"', b'"Simulated"', "header changed")],
)
def test_a_case_that_was_altered_is_refused(house, decided, before, after, told):
    case = write_cases(decided, house.root / "cases", house.service)[0]
    assert before in case.certificate.read_bytes()
    case.certificate.write_bytes(case.certificate.read_bytes().replace(before, after))
    with pytest.raises(InputError, match=told):
        read_cases(house.root / "cases")


def test_a_case_of_another_version_is_refused(house, decided):
    case = write_cases(decided, house.root / "cases", house.service)[0]
    facts = case.folder / "case.json"
    facts.write_bytes(facts.read_bytes().replace(b"sunproof-case/1", b"sunproof-case/0"))
    with pytest.raises(InputError, match=r"not a case of this version.*sunproof-case/0"):
        read_cases(house.root / "cases")


def test_no_case_is_made_under_a_header_that_was_changed_since(house, decided):
    """The checks judge a case by its header's columns: one that was not certified would replay another verdict."""
    for item in items(decided):
        item.path.write_bytes(item.path.read_bytes().replace(b'"simulated"', b'"Simulated"'))
    with pytest.raises(InputError, match="header changed since it was queued"):
        write_cases(decided, house.root / "cases", house.service)
    assert decided.records("case") == []
    assert not list((house.root / "cases").glob("*"))


def test_a_known_plant_expects_what_is_known(house, noon):
    from sunproof.pipeline.review.plants import read_plants
    from sunproof.pipeline.review.queue import open_queue
    from tests.pipeline.ledger.test_verify import second_batch

    stock = read_plants(second_batch(house, enter=False), "planted")
    with Ledger(house.path) as ledger:
        open_queue(ledger, house.certificates, house.service, plants=stock, share=3.0)
        desk = Desk(ledger, house.reviewer)
        while item := desk.next(noon):
            desk.answer(item.certificate, "ACCEPT", noon)
            desk.decide(item.certificate, "ACCEPT", at=noon)
        assert len(items(ledger)) == 8
        made = write_cases(ledger, house.root / "cases", house.service)
    assert sorted(case.facts["expected"] for case in made) == ["ACCEPT"] * 2 + ["REJECT"] * 6
    assert json.loads((made[0].folder / "case.json").read_bytes()) == made[0].facts
