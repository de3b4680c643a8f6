import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from sunproof.pipeline.auditing.audit import run
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.report import pages
from sunproof.pipeline.auditing.report.pages import choose_pages
from tests.pipeline.auditing.archives import write_archive
from tests.pipeline.auditing.batches import batch

STYLE = Path(pages.__file__).with_name("style.css").read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Tags, ids and links of a page; every element must be closed."""

    VOID = frozenset(("meta", "link", "br", "img", "hr"))

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.ids, self.loads, self.words = [], [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        values = dict(attributes)
        self.links += [values["href"]] if tag == "a" else []
        self.ids += [values["id"]] if "id" in values else []
        self.loads += [values[name] for name in ("src", "href") if name in values and tag != "a" and tag != "use"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A simulated batch with archive and outcomes: one rejected, one slot without a forecast."""
    folder = tmp_path_factory.mktemp("report")
    forecasts = batch(60).assign_attrs(simulated=1, model="<deep> & model")
    forecasts["harpnum"].values[1] = 4699
    forecasts["probability"].values[9, 2] = 0.5
    forecasts["status"].values[5], forecasts["status_reason"].values[5] = "NO_FORECAST", "no record"
    forecasts["probability"].values[5] = np.nan
    forecasts.to_netcdf(folder / "forecasts.nc", engine="h5netcdf")
    names = ("harpnum", "entity", "window_start", "threshold", "window")
    event = (forecasts["probability"].fillna(0) > 0.1).astype(float)
    samples = forecasts[list(names[:3])].assign(event=event).rename(forecast="sample")
    xr.Dataset(samples.variables).to_netcdf(folder / "samples.nc", engine="h5netcdf")
    write_archive(folder / "archive.zarr", simulated=1)
    paths = {name: str(folder / f"{name}{suffix}") for name, suffix in (("samples", ".nc"), ("archive", ".zarr"))}
    run(
        AuditConfig(
            forecasts=str(folder / "forecasts.nc"), output=str(folder), report={"pages": 4, "rows": 20}, **paths
        )
    )
    return folder / "report"


def test_every_page_is_whole_and_loads_nothing(report):
    for path in report.iterdir():
        outline = Outline(path.read_text(encoding="utf-8"))
        assert outline.open == []
        assert outline.loads in ([], ["data:,"])
        assert len(outline.ids) == len(set(outline.ids)), path.name


def test_every_link_leads_to_a_page_or_a_place_on_it(report):
    for path in report.iterdir():
        outline = Outline(path.read_text(encoding="utf-8"))
        for link in outline.links:
            assert (report / link).exists() if not link.startswith("#") else link[1:] in outline.ids


def test_simulated_pages_say_so_in_title_banner_and_captions(report):
    for path in report.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "<title>[simulated] " in text
        assert "SIMULATED DATA" in text
        assert re.search("<figcaption>(?!Simulated)", text) is None


def test_names_from_outside_are_escaped(report):
    text = (report / "index.html").read_text(encoding="utf-8")
    assert "&lt;deep&gt; &amp; model" in text
    assert "<deep>" not in text


def test_the_pages_say_that_nobody_examined_the_model(report):
    for name in ("index.html", "forecast-10.html"):
        words = " ".join(" ".join(Outline((report / name).read_text(encoding="utf-8")).words).split())
        assert "Not examined of the model itself: L1 better than a referee: " in words
        assert "L2 no shortcut: " in words
    # a slot without a forecast cannot tell
    assert "Not examined" not in (report / "forecast-6.html").read_text(encoding="utf-8")


def test_a_rejected_forecast_tells_why_what_is_served_and_what_is_left_to_decide(report):
    words = " ".join(" ".join(Outline((report / "forecast-10.html").read_text(encoding="utf-8")).words).split())
    for wanted in ("REJECT", "A2 class nesting", "labelled as fallback", "Nothing about the Sun is left to decide"):
        assert wanted in words


def test_only_arithmetic_is_called_so(report):
    """A check of the model or of its inputs has no reference events, and is no arithmetic for that."""
    page = (report / "forecast-10.html").read_text(encoding="utf-8")
    assert page.count('held against">arithmetic or a definition') == page.count("✕ INVALID</span>") == 1
    assert "none (arithmetic)" not in page
    assert "no reference events" in page


@pytest.mark.parametrize(
    "wanted",
    [
        "such flares a day",
        "One X1.0 flare radiates",
        "GOES-15",
        "USFLUX",
        "FKC",
        "Not explained",
        "sha256:",
        "not evaluable",
    ],
)
def test_a_page_shows_claim_demands_evidence_tests_and_record(report, wanted):
    assert wanted in (report / "forecast-10.html").read_text(encoding="utf-8")


def test_nothing_after_the_data_cutoff_is_on_the_page(report):
    # the X1.1 flare of 20 October 09:36 comes before the slot of 22 October 06:00 by more than the 24 h shown
    text = (report / "forecast-10.html").read_text(encoding="utf-8")
    assert "X1.1" not in text


def test_a_slot_without_a_forecast_has_a_page_that_says_why(report):
    text = (report / "forecast-6.html").read_text(encoding="utf-8")
    assert "no forecast: no record" in text
    assert "nan" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL).lower().replace("maintenance", "")


def test_the_batch_page_counts_verdicts_and_draws_the_reliability(report):
    text = (report / "index.html").read_text(encoding="utf-8")
    assert "59 forecasts of ≥ M1.0 in 24 h" in text
    assert text.count('<tr><th scope="row" class="nowrap" data-sort') == 20


def test_rejected_forecasts_get_pages_before_probable_ones():
    forecasts = batch(30)
    verdict = np.array(["ACCEPT"] * 24 + ["REVIEW"] * 3 + ["REJECT"] * 2 + ["NO_FORECAST"], dtype=object)
    chosen = choose_pages(forecasts, xr.Dataset({"verdict": ("forecast", verdict)}), 8)
    assert chosen.tolist() == [21, 22, 23, 25, 26, 27, 28, 29]


@pytest.mark.parametrize("limit", [0, 1, 5, 100])
def test_there_are_never_more_pages_than_asked_for(limit):
    forecasts = batch(30)
    verdicts = xr.Dataset({"verdict": ("forecast", np.array(["REJECT", "ACCEPT"] * 15, dtype=object))})
    chosen = choose_pages(forecasts, verdicts, limit)
    assert len(chosen) == len(set(chosen.tolist())) == min(limit, 30)


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "muted", "model", "baseline", "accept", "review", "reject", "none"])
def test_text_and_marks_stand_out_from_page_and_card(theme, name):
    colours = dict(re.findall(r"--(\w+): (#\w{6})", STYLE.split(":root")[theme + 1]))
    for ground in ("page", "card"):
        light, dark = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
        # WCAG 2.1 asks for 4.5 between text and ground
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_of_each_verdict_one_forecast_with_maps_gets_a_page():
    forecasts = batch(30)
    verdict = np.array(["ACCEPT"] * 24 + ["REVIEW"] * 4 + ["REJECT"] * 2, dtype=object)
    verdicts = xr.Dataset({"verdict": ("forecast", verdict)})
    without = choose_pages(forecasts, verdicts, 8).tolist()
    assert not {2, 3, 24} & set(without)
    chosen = set(choose_pages(forecasts, verdicts, 8, {2, 3, 24}).tolist())
    # the likeliest with maps of each verdict, in the place of the least likely without
    assert {24, 28, 29} <= chosen
    assert len({2, 3} & chosen) == 1
    assert len(chosen) == 8
    # one that is there already moves nobody
    assert choose_pages(forecasts, verdicts, 8, {28, *without[:1], 27}).tolist() == without


def test_every_page_explains_its_words(report):
    for path in report.iterdir():
        text = path.read_text(encoding="utf-8")
        for word in ("Logit", "Integrated Gradients", "Venn-Abers interval", "AR, HARP", "Null", "Referee"):
            assert f"<dt>{word}</dt>" in text
        # the one reason code that is no check's
        assert "UNPROVEN" in text
