from sunproof.pipeline.console import progress, say, show_table, track


def test_tables_go_to_standard_output_and_words_for_people_to_the_error_stream(capsys):
    say("reading")
    show_table("Missing", ["what", "how many"], [("sharp", 3)])
    found = capsys.readouterr()
    assert "reading" in found.err
    assert "sharp" in found.out
    assert "sharp" not in found.err


def test_tracking_yields_every_item_in_order():
    assert list(track(range(5), "counting")) == [0, 1, 2, 3, 4]


def test_a_bar_counts_to_its_total():
    with progress() as bars:
        task = bars.add_task("work", total=3)
        bars.advance(task, 3)
        assert bars.finished
