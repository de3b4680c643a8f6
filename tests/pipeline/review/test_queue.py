from datetime import timedelta

import pytest

from sunproof.pipeline.errors import InputError
from sunproof.pipeline.ledger.verify import verify_ledger
from sunproof.pipeline.review.queue import find, items, open_queue, stamp


def test_the_forecasts_for_review_are_queued_once(house, queued):
    assert [item.record()["verdict"]["verdict"] for item in items(queued)] == ["REVIEW", "REVIEW"]
    assert open_queue(queued, house.certificates, house.service) == 0
    assert verify_ledger(queued).problems == []


def test_states_follow_the_clock(queued, noon):
    item = items(queued)[0]
    assert item.state(noon) == "open"
    assert item.state(noon + timedelta(hours=1)) == "overdue"


def test_a_person_has_at_least_half_an_hour(house, noon):
    """The forecasts are of 2014: their windows began long ago."""
    from sunproof.pipeline.ledger.store import Ledger

    with Ledger(house.path) as ledger:
        open_queue(ledger, house.certificates, house.service)
        assert all(item.deadline >= noon + timedelta(minutes=30) for item in items(ledger))


def test_an_item_is_found_by_how_its_digest_begins(queued):
    item = items(queued)[1]
    assert find(queued, item.certificate[7:17]).certificate == item.certificate
    for wrong in ("", "zz"):
        with pytest.raises(InputError, match="not one forecast of the queue"):
            find(queued, wrong)


def test_a_certificate_that_was_changed_since_is_refused(house, queued):
    for item in items(queued):
        item.path.write_bytes(item.path.read_bytes().replace(b"REVIEW", b"ACCEPT"))
    with pytest.raises(InputError, match="not the certificate that was queued"):
        items(queued)[0].record()


@pytest.mark.parametrize("kept", [b"", b"\n{", None])
def test_a_file_that_lost_its_certificate_is_refused(queued, kept):
    """Cut off behind the header, in the middle of the certificate, or not there at all."""
    item = items(queued)[0]
    if kept is None:
        item.path.unlink()
    else:
        item.path.write_bytes(item.path.read_bytes().split(b"\n", 1)[0] + kept)
    with pytest.raises(InputError, match=r"not the certificate that was queued|cannot be read"):
        item.record()


def test_a_header_that_was_changed_since_is_refused(house, queued):
    """Reasons stand in the header: a reviewer must not be shown others than those that were certified."""
    item = items(queued)[0]
    first, rest = item.path.read_bytes().split(b"\n", 1)
    item.path.write_bytes(first.replace(b'"simulated"', b'"Simulated"') + b"\n" + rest)
    with pytest.raises(InputError, match="header changed since it was queued"):
        item.record()


def test_times_are_written_in_utc(noon):
    assert stamp(noon).endswith("Z")
