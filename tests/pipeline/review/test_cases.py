import json

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger
from sunproof.pipeline.receipts import digest_bytes
from sunproof.pipeline.review.cases import agrees, held_out, read_cases, write_cases
from sunproof.pipeline.review.desk import Desk


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


def test_a_case_that_was_altered_is_refused(house, decided):
    case = write_cases(decided, house.root / "cases", house.service)[0]
    case.certificate.write_bytes(case.certificate.read_bytes().replace(b"4698", b"4699"))
    with pytest.raises(InputError, match="not the case it says it is"):
        read_cases(house.root / "cases")


def test_a_known_plant_expects_what_is_known(house, noon):
    from sunproof.pipeline.review.plants import read_plants
    from sunproof.pipeline.review.queue import items, open_queue
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
