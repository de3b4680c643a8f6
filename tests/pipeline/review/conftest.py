"""A ledger whose batch has two forecasts for review, a second reviewer, and a clock."""

from datetime import UTC, datetime, timedelta

import pytest

from sunproof.pipeline.ledger.keys import make_key
from sunproof.pipeline.ledger.members import admit
from sunproof.pipeline.ledger.store import Ledger
from sunproof.pipeline.review.queue import open_queue, stamp
from tests.pipeline.auditing.conftest import written
from tests.pipeline.ledger.conftest import house

__all__ = ["house", "written"]


@pytest.fixture
def noon():
    """Now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def bo(house):
    key = make_key(house.root / "keys" / "bo")
    with Ledger(house.path) as ledger:
        admit(ledger, house.service, key.public, "Bo")
    return key


@pytest.fixture
def queued(house, noon):
    """Both forecasts queued with an hour's time."""
    with Ledger(house.path) as ledger:
        assert open_queue(ledger, house.certificates, house.service, stamp(noon + timedelta(hours=1))) == 2
        yield ledger
