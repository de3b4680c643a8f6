from datetime import timedelta

import numpy as np
import pytest

from sunproof.pipeline.ledger.verify import verify_ledger
from sunproof.pipeline.review.expiry import expire
from sunproof.pipeline.review.queue import Item, items


def test_what_nobody_decided_gets_the_labelled_fallback(house, queued, noon, written):
    assert expire(queued, house.service, noon) == []
    made = expire(queued, house.service, noon + timedelta(hours=2))
    assert [entry["status"] for entry in made] == ["FALLBACK", "FALLBACK"]
    assert all("physics referee" in entry["by"] for entry in made)
    item = items(queued)[0]
    assert item.state(noon) == "expired"
    served = np.array(item.expired["probability"], float)
    np.testing.assert_allclose(served, written[2]["probability_regression"][item.record()["seq"] - 1], rtol=1e-8)
    assert expire(queued, house.service, noon + timedelta(hours=3)) == []
    assert verify_ledger(queued).problems == []


@pytest.mark.parametrize("broken", [float("nan"), 1.5])
def test_no_broken_baseline_is_served(house, queued, noon, monkeypatch, broken):
    record = Item.record

    def change(item):
        found = record(item)
        for table in found["baselines"].values():
            table[0][0] = broken
        return found

    monkeypatch.setattr(Item, "record", change)
    made = expire(queued, house.service, noon + timedelta(hours=2))
    assert {entry["status"] for entry in made} == {"NO_FORECAST"}
    assert "no coherent baseline" in made[0]["reason"]


def test_a_referee_that_reads_the_doubted_inputs_is_passed_over(house, queued, noon, monkeypatch):
    record = Item.record

    def change(item):
        found = record(item)
        return {**found, "verdict": {**found["verdict"], "codes": "C4,J1"}}

    monkeypatch.setattr(Item, "record", change)
    made = expire(queued, house.service, noon + timedelta(hours=2))
    assert {entry["by"] for entry in made} == {"climatology of the prior 120 days"}
