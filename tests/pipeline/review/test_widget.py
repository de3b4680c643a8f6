import pytest

from sunproof.pipeline.review.desk import Desk
from sunproof.pipeline.review.queue import find
from sunproof.pipeline.review.widget import decision_panel

pytest.importorskip("ipywidgets")


@pytest.fixture
def desk(house, queued):
    return Desk(queued, house.reviewer)


# the widgets' own comm warns outside a notebook
@pytest.mark.filterwarnings("ignore")
def test_the_buttons_answer_reveal_and_decide(desk, queued, noon):
    item, done = desk.next(), []
    answer, reason, note, button, shown = decision_panel(desk, item, lambda: done.append(True)).children
    assert "hidden" in shown.value
    assert reason.disabled
    answer.value = "REJECT"
    button.click()
    assert "machine: REVIEW" in shown.value
    button.click()
    assert "no such reason" in shown.value
    reason.value, note.value = "artefact", "spike"
    button.click()
    assert "REJECT artefact by Ana" in shown.value
    assert button.disabled
    assert done == [True]
    decision = find(queued, item.certificate).decision
    assert (decision["answer"], decision["note"]) == ("REJECT", "spike")


@pytest.mark.filterwarnings("ignore")
def test_what_was_answered_before_shows_the_machine_at_once(desk):
    item = desk.next()
    desk.answer(item.certificate, "ACCEPT")
    *_, shown = decision_panel(desk, desk.next()).children
    assert "machine:" in shown.value
