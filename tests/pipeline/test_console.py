import re

import pytest

from sunproof.pipeline.console import progress, say, show_table, track


def test_tables_go_to_standard_output_and_words_for_people_to_the_error_stream(capsys):
    say("reading")
    show_table("Missing", ["what", "how many"], [("sharp", 3)])
    found = capsys.readouterr()
    assert "reading" in found.err
    assert "sharp" in found.out
    assert "sharp" not in found.err


@pytest.mark.parametrize("text", ["a note [/b]", "[red]1[/red]", "[link=x]y", ":sunny:", "['C1.0']", "\\[x]"])
def test_what_others_wrote_is_printed_as_it_is(capsys, text):
    say(text)
    show_table(text, ["what"], [(text,)])
    list(track(range(2), text))
    found = capsys.readouterr()
    assert text in found.err
    assert found.out.count(text) == 2


def test_a_cell_that_does_not_fit_is_folded_and_not_cut(capsys):
    digest = "0123456789abcdef" * 16
    show_table("Digests", ["what", "digest"], [("head", digest)])
    assert "".join(re.findall(r"[0-9a-f]{16,}", capsys.readouterr().out)) == digest


def test_tracking_yields_every_item_in_order():
    assert list(track(range(5), "counting")) == [0, 1, 2, 3, 4]


def test_a_bar_counts_to_its_total():
    with progress() as bars:
        task = bars.add_task("work", total=3)
        bars.advance(task, 3)
        assert bars.finished
