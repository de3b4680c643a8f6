import numpy as np

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.tables import show_summary, unevaluated_table, verdict_table
from sunproof.pipeline.auditing.verdict import judge
from tests.pipeline.auditing.batches import batch, check, findings


def judged(size=3, **attributes):
    forecasts = batch(size).assign_attrs(**attributes)
    outcomes = [Outcome.PASS, Outcome.INVALID, Outcome.REVIEW][:size]
    return forecasts, judge(forecasts, findings(forecasts, check("C4", outcomes, 900)))


def test_a_row_holds_slot_verdict_and_both_probabilities():
    table = verdict_table(*judged())
    assert table["verdict"].tolist() == ["ACCEPT", "REJECT", "REVIEW"]
    assert table["issue_time"][1] == "2014-10-20T06:00:00Z"
    np.testing.assert_allclose(table["served_M1.0_24h"] / table["p_M1.0_24h"], [1, 0.9, 1])


def test_the_summary_counts_and_shows_the_gravest_first(capsys):
    show_summary(*judged(simulated=1))
    printed = " ".join(capsys.readouterr().out.split())
    assert "Verdicts (SIMULATED DATA)" in printed
    assert printed.index("HARP 4698 AR 12192, │ REJECT") < printed.index("HARP 4698 AR 12192, │ REVIEW")


def test_a_batch_without_objections_has_no_table_of_reasons(capsys):
    show_summary(*judged(1))
    assert "Reasons" not in capsys.readouterr().out


def test_sentences_that_forecasts_share_stand_once_and_are_found_by_key():
    missing = [Outcome.NOT_EVALUABLE, Outcome.PASS, Outcome.NOT_EVALUABLE]
    other = [Outcome.PASS, Outcome.PASS, Outcome.NOT_EVALUABLE]
    forecasts = batch(3)
    verdicts = judge(forecasts, findings(forecasts, check("A1", missing), check("C4", other, 900, reason="too far")))
    rows, sentences = verdict_table(forecasts, verdicts), unevaluated_table(verdicts)
    assert rows["unevaluated"].tolist() == ["U1", "", "U2"]
    assert sentences.to_dict("list") == {
        "unevaluated": ["U1", "U2"],
        "forecasts": [1, 1],
        "checks": [1, 2],
        "why": ["A1: because", "A1: because; C4: too far"],
    }
    told = rows.merge(sentences, on="unevaluated", how="left", suffixes=("", "_of_checks"))["why_of_checks"].fillna("")
    assert told.tolist() == verdicts["unevaluated"].values.tolist()


def test_a_batch_of_which_all_was_evaluated_has_a_table_of_sentences_without_rows():
    table = unevaluated_table(judged(1)[1])
    assert table.empty
    assert list(table) == ["unevaluated", "forecasts", "checks", "why"]
