import numpy as np
import pytest

from sunproof.models.constraints.base import Outcome
from sunproof.pipeline.auditing.report.disk import places_of
from sunproof.pipeline.auditing.tables import show_summary
from sunproof.pipeline.auditing.verdict import judge
from sunproof.pipeline.forecasting.exchange import to_submissions
from sunproof.pipeline.forecasting.naming import number_of_certificate, number_of_row
from tests.pipeline.auditing.batches import batch, check, findings

ROW = ("forecast",)


def held(size=1, **changes):
    """HARP 4817 as JSOC lists it; on the day its patch holds the second of its regions."""
    numbers = {"harpnum": 4817, "noaa_ar": 12113, "summary_region": 12209, "latitude": -14.0, "longitude": 8.0}
    columns = {name: (ROW, np.full(size, value)) for name, value in (numbers | changes).items() if name != "noaa_ars"}
    return batch(size, noaa_ars=(ROW, np.full(size, changes.get("noaa_ars", "12113,12209"), object)), **columns)


@pytest.mark.parametrize(
    ("changes", "number"),
    [({}, 12209), ({"summary_region": -1}, 12113), ({"summary_region": 12210}, 12113), ({"noaa_ars": ""}, 12113)],
)
def test_the_number_shown_is_of_the_region_whose_summary_stands_beside_it(changes, number):
    forecasts = held(**changes)
    key = {name: forecasts[name].values[0] for name in ("noaa_ar", "noaa_ars")}
    evidence = {"summary_region": forecasts["summary_region"].values[0]}
    assert number_of_row(forecasts, 0) == number_of_certificate({"key": key, "evidence": evidence}) == number


def test_forecasts_without_a_summary_keep_their_number():
    assert number_of_row(batch(1), 0) == 12192
    assert number_of_certificate({"key": {"noaa_ar": 12192}, "evidence": {"summary_region": None}}) == 12192


def test_disk_and_tables_show_it(capsys):
    forecasts = held(2)
    assert [place.name for place in places_of(forecasts, 0)] == ["AR 12209"]
    show_summary(forecasts, judge(forecasts, findings(forecasts, check("C4", [Outcome.PASS, Outcome.REVIEW], 900))))
    printed = capsys.readouterr().out
    assert "12209" in printed
    assert "12113" not in printed


def test_submissions_name_it():
    submissions = to_submissions(held(2), "OURS_1")
    assert {entry.noaa_ar for item in submissions for entry in item.entries} == {12209}
