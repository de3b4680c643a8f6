from sunproof.pipeline.auditing.chain import open_certificate
from sunproof.pipeline.review.packet import blind, words


def test_before_the_first_answer_nothing_of_the_machine_is_shown(written):
    record = open_certificate(written[0], 5)
    text = "\n".join(words(blind(record)))
    assert "HARP 4698, AR 12192" in text
    assert "hidden until the first answer" in text
    for told in (record["verdict"]["why"], "C4", "machine:", "REVIEW"):
        assert told not in text
    (flux,) = [line for line in text.splitlines() if line.startswith("  usflux ")]
    assert flux.endswith("total unsigned flux")
    assert " Mx " in flux
    assert "climatology" in text


def test_afterwards_the_verdict_stands_there_with_its_numbers(written):
    text = "\n".join(words(open_certificate(written[0], 5)))
    assert "machine: REVIEW (C4)" in text
    assert "C4 name of C4: REVIEW, 0.5 against 0.25 erg" in text


def test_answers_about_the_model_give_the_verdict_away(written):
    record = open_certificate(written[0], 5)
    record["evidence"] |= {"explanation_skill": "0.1", "twin_correlation": "0.9", "quality": -1}
    record["evidence"] |= {"map_region_share": "0.9", "probability_mirrored": [["0.2"]], "probability_low": [["0.1"]]}
    record["maps"] = {"status": "mapped"}
    shown = blind(record)["evidence"]
    assert (
        not {"explanation_skill", "twin_correlation", "quality", "map_region_share", "probability_mirrored"}
        & shown.keys()
    )
    # the issued interval is the forecast's own
    assert "probability_low" in shown
    assert "maps" not in blind(record)


def test_the_number_shown_is_that_of_the_summary(written):
    record = open_certificate(written[0], 5)
    record["key"]["noaa_ars"], record["evidence"]["summary_region"] = "12192,12195", "12195"
    assert "HARP 4698, AR 12195" in "\n".join(words(blind(record)))


def test_what_a_quantity_is_stands_apart_from_a_long_value(written):
    record = open_certificate(written[0], 5)
    record["evidence"]["second_view_reason"] = "euvi_a_195: no image in the 6 h before the data cut-off"
    (line,) = [line for line in words(record) if line.startswith("  second_view_reason  ")]
    assert "before the data cut-off  why no other" in line
