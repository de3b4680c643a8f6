import multiprocessing
from datetime import timedelta

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.keys import read_key
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.ledger.verify import verify_ledger
from sunproof.pipeline.review.desk import Desk
from sunproof.pipeline.review.queue import find, items, open_queue, stamp


@pytest.fixture
def ana(house, queued):
    return Desk(queued, house.reviewer)


def test_first_blind_then_final_and_both_are_signed_by_the_reviewer(house, ana, queued, noon):
    item = ana.next(noon)
    assert not ana.has_answered(item)
    ana.answer(item.certificate, "accept", noon + timedelta(seconds=90))
    entry = ana.decide(item.certificate, "REJECT", "wrong-region", "it is the neighbour", noon + timedelta(seconds=120))
    assert (entry["answer"], entry["reason"], entry["name"]) == ("REJECT", "wrong region", "Ana")
    now = find(queued, item.certificate)
    assert [float(e["seconds"]) for e in (*now.first, *now.final)] == [90.0, 30.0]
    assert now.state(noon) == "decided"
    assert verify_ledger(queued).problems == []


def test_the_final_answer_does_not_come_before_the_blind_one(ana, noon):
    item = ana.next(noon)
    with pytest.raises(InputError, match="no first answer yet"):
        ana.decide(item.certificate, "ACCEPT", at=noon)


def test_the_blind_answer_is_given_once(ana, noon):
    item = ana.next(noon)
    ana.answer(item.certificate, "ACCEPT", noon)
    with pytest.raises(InputError, match="a first answer is given once"):
        ana.answer(item.certificate, "REJECT", noon)


@pytest.mark.parametrize(
    ("answer", "reason", "words"),
    [
        ("MAYBE", "", "no such answer; got 'MAYBE'; wanted one of ACCEPT, REVIEW, REJECT"),
        ("REJECT", "", "no such reason"),
        ("REJECT", "bad", "no such reason; got 'bad'; wanted one of artefact"),
    ],
)
def test_an_answer_or_reason_that_there_is_not_is_refused(ana, noon, answer, reason, words):
    item = ana.next(noon)
    ana.answer(item.certificate, "ACCEPT", noon)
    with pytest.raises(InputError, match=words):
        ana.decide(item.certificate, answer, reason, at=noon)


def test_what_one_has_the_other_does_not_get_until_the_lease_ends(ana, bo, queued, noon):
    other = Desk(queued, bo)
    first, second = ana.next(noon), other.next(noon)
    assert first.certificate != second.certificate
    assert ana.next(noon).certificate == first.certificate
    with pytest.raises(InputError, match="not at this desk"):
        other.answer(first.certificate, "ACCEPT", noon)
    other.answer(second.certificate, "ACCEPT", noon)
    other.decide(second.certificate, "ACCEPT", at=noon)
    assert other.next(noon) is None
    assert other.next(noon + timedelta(minutes=21)).certificate == first.certificate


def test_review_asks_for_a_second_person(ana, bo, queued, noon):
    item = ana.next(noon)
    ana.answer(item.certificate, "REVIEW", noon)
    ana.decide(item.certificate, "REVIEW", "out of domain", at=noon)
    assert find(queued, item.certificate).state(noon) == "second"
    assert ana.next(noon).certificate != item.certificate
    other = Desk(queued, bo)
    taken = other.next(noon)
    assert taken.certificate == item.certificate
    assert not other.has_answered(taken)
    other.answer(item.certificate, "REJECT", noon)
    other.decide(item.certificate, "REJECT", "artefact", at=noon)
    assert find(queued, item.certificate).decision["name"] == "Bo"


def test_too_late_is_too_late(ana, noon):
    item = ana.next(noon)
    with pytest.raises(InputError, match="not open any more, but overdue"):
        ana.answer(item.certificate, "ACCEPT", noon + timedelta(hours=2))
    assert ana.next(noon + timedelta(hours=2)) is None


def test_a_key_that_is_no_reviewers_has_no_desk(house, queued):
    with pytest.raises(InputError, match="not the key of a reviewer; got 'service'"):
        Desk(queued, house.service)


def test_a_decision_in_another_reviewers_name_is_found(house, bo, queued):
    body = {"certificate": "x", "stage": "final", "answer": "ACCEPT", "reviewer": house.reviewer.keyid, "name": "Ana"}
    queued.append("decision", body, ("certificate", "sha256:00"), bo)
    assert "signed by another than it names" in str(verify_ledger(queued).problems[0])


def _work(path, key, place):
    """Take and decide until nothing is left."""
    with Ledger(path) as ledger:
        desk = Desk(ledger, read_key(key))
        while item := desk.next():
            desk.answer(item.certificate, "REJECT")
            desk.decide(item.certificate, "REJECT", "artefact")
            with place.open("a") as stream:
                stream.write(f"{item.certificate}\n")


def test_two_processes_never_decide_the_same(house, bo, noon):
    from sunproof.pipeline.review.plants import read_plants
    from tests.pipeline.ledger.test_verify import second_batch

    stock = read_plants(second_batch(house, enter=False), "planted")
    with Ledger(house.path) as ledger:
        due = stamp(noon + timedelta(hours=1))
        assert open_queue(ledger, house.certificates, house.service, due, plants=stock, share=3.0) == 8
    context = multiprocessing.get_context("spawn")
    places = [house.root / name for name in ("one", "two")]
    keys = [house.root / "keys" / name for name in ("ana", "bo")]
    workers = [
        context.Process(target=_work, args=(house.path, key, place)) for key, place in zip(keys, places, strict=True)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(90)
    assert [worker.exitcode for worker in workers] == [0, 0]
    done = [line for place in places if place.exists() for line in place.read_text().splitlines()]
    assert len(done) == len(set(done)) == 8
    with Ledger(house.path) as ledger:
        assert {item.state(noon) for item in items(ledger)} == {"decided"}
        assert all(len(item.final) == 1 for item in items(ledger))
        assert verify_ledger(ledger).problems == []
