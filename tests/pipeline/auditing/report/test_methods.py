import math

import pytest

from sunproof.pipeline.auditing import audit
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.report.methods import two_methods
from tests.pipeline.auditing.batches import batch
from tests.pipeline.auditing.explanations import EXPLANATION, explain_all


def test_groups_stand_by_what_they_do_and_spans_in_their_order():
    found = two_methods(EXPLANATION)
    # what was not observed comes last
    assert [row["name"] for row in found["by_group"]] == ["shear", "flares of the region", "disk suvi16_195", "place"]
    assert [row["name"] for row in found["by_span"]] == ["12 to 24 h", "0 to 12 h", "no time"]


def test_both_methods_are_drawn_to_one_scale():
    shear, *_ = two_methods(EXPLANATION)["by_group"]
    assert [bar["width"] for bar in shear["bars"]] == ["24.50", "49.00"]


def test_opposite_signs_are_told_where_both_say_something():
    assert [row["name"] for row in two_methods(EXPLANATION)["by_group"] if row["opposed"]] == ["flares of the region"]


def test_what_was_not_observed_has_no_bars():
    place = two_methods(EXPLANATION)["by_group"][-1]
    assert math.isnan(place["ablation"])
    assert place["bars"] == []


@pytest.mark.parametrize("told", [{}, {"status": "not explained"}, {"groups": {}, "lags": []}])
def test_certificates_without_ablation_have_no_rows(told):
    assert two_methods(told) == {"by_group": [], "by_span": []}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Text of the one page of a batch of three."""
    batch(3).to_netcdf(tmp_path / "forecasts.nc", engine="h5netcdf")
    monkeypatch.setattr(audit, "explain", explain_all)
    audit.run(AuditConfig(forecasts=str(tmp_path / "forecasts.nc"), output=str(tmp_path), report={"pages": 1}))
    (path,) = (tmp_path / "report").glob("forecast-*.html")
    return path.read_text()


def test_the_page_shows_both_numbers_and_says_what_was_not_observed(page):
    groups, spans = (part.partition("</table>")[0] for part in page.split('<table class="pairs">')[1:])
    assert (
        groups.index("shear") < groups.index("+1.000") < groups.index("+2.000") < groups.index("flares of the region")
    )
    assert groups.count("opposite signs") == groups.count("not observed") == 1
    assert groups.count('class="track"') == 3
    assert spans.index("12 to 24 h") < spans.index("+0.700") < spans.index("+0.100") < spans.index("0 to 12 h")
