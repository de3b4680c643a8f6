from datetime import timedelta

import pytest

from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review.desk import Desk
from sunproof.pipeline.review.expiry import expire
from sunproof.pipeline.review.plants import read_plants, reveal
from sunproof.pipeline.review.queue import items, open_queue, stamp
from sunproof.pipeline.review.statistics import review_statistics
from tests.pipeline.ledger.test_verify import second_batch


def test_reviewers_are_measured_on_what_is_known(house, noon):
    stock = read_plants(second_batch(house, enter=False), "planted")
    with Ledger(house.path) as ledger:
        due = stamp(noon + timedelta(hours=1))
        open_queue(ledger, house.certificates, house.service, due, plants=stock, share=1.0)
        truth = reveal(ledger.path, {item.certificate: item.entry["sealed"] for item in items(ledger)})
        desk = Desk(ledger, house.reviewer)
        plants_seen = 0
        for _ in range(3):
            item = desk.next(noon)
            planted = truth[item.certificate] == "planted"
            # the first plant is found, the second overlooked; the machine sways the rest
            found = planted and not plants_seen
            plants_seen += planted
            desk.answer(item.certificate, "REJECT" if found else "ACCEPT", noon + timedelta(seconds=40))
            desk.decide(item.certificate, "REJECT" if found else "ACCEPT", "artefact", at=noon + timedelta(seconds=50))
        expire(ledger, house.service, noon + timedelta(hours=2))
        queue, (ana,) = review_statistics(ledger, noon + timedelta(hours=2))
    assert (queue["decided"], queue["expired"], queue["open"]) == (3, 1, 0)
    assert queue["share_expired"] == pytest.approx(0.25)
    assert (ana.name, ana.decided, ana.seconds) == ("Ana", 3, 40.0)
    assert ana.detected == (1, plants_seen)
    assert ana.passed == (0, 0)
    assert ana.swayed[0] == 0


def test_a_reviewer_who_follows_the_machine_is_seen(queued, house, noon):
    desk = Desk(queued, house.reviewer)
    item = desk.next(noon)
    desk.answer(item.certificate, "ACCEPT", noon)
    desk.decide(item.certificate, "REVIEW", "other", at=noon)
    _, (ana,) = review_statistics(queued, noon)
    assert ana.swayed == (1, 1)


def test_an_empty_queue_has_statistics(house):
    with Ledger(house.path) as ledger:
        queue, reviewers = review_statistics(ledger)
    assert reviewers == []
    assert queue["decided"] == 0
