"""The decision as buttons in a notebook: first answer, then the machine's verdict, then the decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sunproof.pipeline.errors import SunproofError
from sunproof.pipeline.review.desk import ANSWERS, REASONS, Desk
from sunproof.pipeline.review.packet import words
from sunproof.pipeline.review.queue import Item

__all__ = ["decision_panel"]


def decision_panel(desk: Desk, item: Item, done: Callable[[], None] | None = None) -> Any:
    """Make the panel; what is pressed goes through the desk into the ledger, as from the terminal.

    Parameters
    ----------
    desk : Desk
        The reviewer's.
    item : Item
        What was taken from the queue.
    done : callable, optional
        Called after the final answer.

    Returns
    -------
    ipywidgets.VBox
        Needs the package ipywidgets, which is not among the requirements.
    """
    import ipywidgets as widgets

    answer = widgets.ToggleButtons(options=ANSWERS, description="answer")
    reason = widgets.Dropdown(options=("", *REASONS), description="reason", disabled=True)
    note = widgets.Text(description="note", disabled=True)
    button = widgets.Button(description="first answer")
    shown = widgets.HTML("The machine's verdict is hidden until the first answer.")

    def reveal() -> None:
        # the last lines of the packet are the machine's
        told = words(item.record())
        place = next(number for number, line in enumerate(told) if line.startswith("machine:"))
        shown.value = "<br>".join(told[place:])
        reason.disabled = note.disabled = False
        button.description = "decide"

    def press(_: Any) -> None:
        try:
            if button.description == "first answer":
                desk.answer(item.certificate, answer.value)
                reveal()
                return
            entry = desk.decide(item.certificate, answer.value, reason.value, note.value)
        except SunproofError as error:
            shown.value = f"{error}"
            return
        button.disabled = True
        shown.value = f"entry {entry['seq']} of the ledger: {entry['answer']} {entry['reason']} by {entry['name']}"
        if done is not None:
            done()

    if desk.has_answered(item):
        reveal()
    button.on_click(press)
    return widgets.VBox([answer, reason, note, button, shown])
