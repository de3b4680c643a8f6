"""A ledger with one batch of six certificates, and its keys."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from sunproof.pipeline.ledger.batches import append_batch
from sunproof.pipeline.ledger.keys import SigningKey, make_key
from sunproof.pipeline.ledger.members import admit
from sunproof.pipeline.ledger.store import Ledger
from tests.pipeline.auditing.conftest import written

__all__ = ["written"]


@dataclass
class House:
    """Where everything of a test lies."""

    root: Path
    service: SigningKey
    reviewer: SigningKey
    certificates: Path

    @property
    def path(self) -> Path:
        return self.root / "ledger.sqlite"


@pytest.fixture
def house(written, tmp_path):
    service, reviewer = make_key(tmp_path / "keys" / "service"), make_key(tmp_path / "keys" / "ana")
    made = House(tmp_path, service, reviewer, written[0])
    with Ledger.create(made.path, service) as ledger:
        admit(ledger, service, reviewer.public, "Ana")
        append_batch(ledger, made.certificates, service)
    return made
