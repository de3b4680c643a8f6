import stat
from collections import Counter

import pytest

from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review.plants import draw_plants, keep_secrets, read_plants, reveal, seal
from sunproof.pipeline.review.queue import Item, items, open_queue
from tests.pipeline.ledger.test_verify import second_batch


@pytest.fixture
def stock(house):
    return read_plants(second_batch(house, enter=False), "planted")


def test_plants_stand_among_the_rest_and_look_like_them(house, stock):
    with Ledger(house.path) as ledger:
        assert open_queue(ledger, house.certificates, house.service, plants=stock, share=1.0) == 4
        everything = items(ledger)
        assert len({frozenset(item.entry) for item in everything}) == 1
        sealed = {item.certificate: item.entry["sealed"] for item in everything}
        assert Counter(reveal(ledger.path, sealed).values()) == {"unknown": 2, "planted": 2}


def test_the_share_holds_in_the_mean(stock):
    drawn = [len(draw_plants(stock, 10, 0.02)) for _ in range(2000)]
    assert set(drawn) == {0, 1}
    assert 250 < sum(drawn) < 560
    assert len(draw_plants(stock, 100, 0.02)) == 2
    assert draw_plants([], 100, 0.02) == []


def test_what_was_sealed_cannot_be_told_otherwise(tmp_path):
    ledger = tmp_path / "ledger"
    sealed, secret = seal("planted")
    keep_secrets(ledger, {"a": secret})
    assert reveal(ledger, {"a": sealed}) == {"a": "planted"}
    keep_secrets(ledger, {"a": secret | {"truth": "good"}})
    assert reveal(ledger, {"a": sealed}) == {}


def test_secrets_are_the_services_alone(tmp_path):
    keep_secrets(tmp_path / "ledger", {"a": seal("good")[1]})
    keep_secrets(tmp_path / "ledger", {"b": seal("good")[1]})
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_entry_names_the_file_that_a_certificate_is_from(house, stock):
    with Ledger(house.path) as ledger:
        open_queue(ledger, house.certificates, house.service, plants=stock, share=1.0)
        everything = items(ledger)
        told = [str(sorted(item.entry.items())) for item in everything]
        assert not [text for text in told if house.certificates.name in text or "number" in text]
        assert {item.path.parent for item in everything} == {house.path.with_name(f"{house.path.name}.queue")}
        assert all(item.record()["digest"] == item.certificate for item in everything)


def test_entries_of_older_ledgers_still_name_their_file(house):
    with Ledger(house.path) as ledger:
        open_queue(ledger, house.certificates, house.service)
        own = items(ledger)[0]
    old = Item(own.entry | {"number": own.record()["seq"], "certificates": "elsewhere"}, house.certificates)
    assert old.record()["digest"] == own.certificate
