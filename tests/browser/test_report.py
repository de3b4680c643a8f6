import numpy as np
import pytest

from sunproof.pipeline.auditing import audit
from sunproof.pipeline.auditing.config import AuditConfig
from sunproof.pipeline.auditing.report.disk import Place, disk
from tests.browser.chromium import EXECUTABLE, Browser
from tests.pipeline.auditing.archives import write_archive
from tests.pipeline.auditing.batches import batch, with_fit
from tests.pipeline.auditing.explanations import explain_all
from tests.pipeline.auditing.report.test_frames import write_frames

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not EXECUTABLE, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    forecasts = batch(20)
    row = ("forecast",)
    forecasts = forecasts.assign(latitude=(row, np.linspace(-20, 20, 20)), longitude=(row, np.linspace(-80, 80, 20)))
    asked = {"explanation_skill": 0.6, "null_skill": 0.2, "twin_correlation": 0.1, "method_agreement": 0.9}
    forecasts = forecasts.assign({name: (row, np.full(20, value)) for name, value in asked.items()})
    forecasts["probability_without_region"] = forecasts["probability"] * 0.1
    forecasts["probability"].values[9, 2] = 0.5
    # marked in every cell that is extrapolated, and in those of few flares
    told = "change of TOTUSJH 9300, in training 12 to 3000, 3.1 times the largest"
    forecasts = with_fit(forecasts, {9: (1, 0, 4.0)}, told)
    forecasts["probability"].values[4] = np.nan
    forecasts["status"].values[4], forecasts["status_reason"].values[4] = "NO_FORECAST", "no record"
    forecasts.to_netcdf(folder / "forecasts.nc", engine="h5netcdf")
    archive = str(write_archive(folder / "archive.zarr"))
    write_frames(archive)
    config = AuditConfig(
        forecasts=str(folder / "forecasts.nc"), output=str(folder), archive=archive, report={"pages": 3}
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(audit, "explain", explain_all)
        audit.run(config)
    return folder / "report"


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


def pages(report):
    return sorted(report.glob("*.html"))


def test_no_page_has_an_error_on_its_console(browser, report):
    for path in pages(report):
        browser.open(path)
        browser.evaluate("1")
        assert browser.problems == [], path.name


def test_an_error_would_be_noticed(browser, tmp_path):
    page = tmp_path / "broken.html"
    page.write_text("<script>throw new Error('no')</script>")
    browser.open(page)
    browser.evaluate("1")
    assert "no" in str(browser.problems)


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_is_wider_than_the_screen(browser, report, width):
    for path in pages(report):
        browser.open(path, width)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, path.name


def test_pictures_have_a_size_and_text_that_can_be_read_on_a_phone(browser, report):
    browser.open(report / "forecast-10.html", 390)
    assert browser.evaluate("Math.min(...[...document.querySelectorAll('figure svg')].map(s => s.clientHeight))") > 80
    sizes = "[...document.querySelectorAll('figure svg text')].map(t => t.getBoundingClientRect().height)"
    assert browser.evaluate(f"Math.min(...{sizes})") > 8


def test_dark_colours_follow_the_readers_choice(browser, report):
    path = report / "index.html"
    grounds = []
    for dark in (False, True):
        browser.open(path, dark=dark)
        grounds.append(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 245, 241)", "rgb(18, 21, 26)"]


def test_the_verdict_and_the_warning_are_printed_with_their_ground(browser, report):
    browser.open(report / "forecast-10.html")
    kept = "[...document.querySelectorAll('.big')].every(b => getComputedStyle(b).printColorAdjust === 'exact')"
    assert not browser.evaluate(kept)
    browser.send("Emulation.setEmulatedMedia", media="print")
    assert browser.evaluate(kept)
    browser.send("Emulation.setEmulatedMedia", media="")


def test_everything_that_does_something_is_reached_by_keyboard(browser, report):
    for path in pages(report):
        browser.open(path)
        wanted = browser.evaluate("document.querySelectorAll('a, button, summary, [tabindex]').length")
        reached = set()
        for _ in range(wanted + 2):
            browser.press("Tab")
            place = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"
            reached.add(browser.evaluate(place))
        # what lies inside closed details cannot be reached before they are opened
        hidden = browser.evaluate("document.querySelectorAll('details:not([open]) pre, details:not([open]) a').length")
        assert len(reached) >= wanted - hidden, path.name


def test_the_first_stop_of_the_keyboard_skips_to_the_content(browser, report):
    browser.open(report / "index.html")
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.textContent") == "Skip to the content"


def test_the_table_is_sorted_by_keyboard_and_says_so(browser, report):
    browser.open(report / "index.html")
    browser.evaluate("document.querySelectorAll('#forecasts th button')[4].focus()")
    shares = "[...document.querySelectorAll('#forecasts tbody tr')].map(r => parseFloat(r.children[4].dataset.sort))"
    for direction, order in (("ascending", 1), ("descending", -1)):
        browser.press("Enter")
        assert browser.evaluate("document.activeElement.parentNode.getAttribute('aria-sort')") == direction
        values = browser.evaluate(shares)
        assert values == sorted(values, reverse=order < 0)


def test_a_page_has_every_part_of_the_story(browser, report):
    heads = set()
    for path in pages(report):
        browser.open(path)
        heads |= set(browser.evaluate("[...document.querySelectorAll('h2')].map(h => h.textContent)"))
    wanted = {
        "What it claims",
        "Where it is",
        "On what evidence",
        "What was tried to break it",
        "Why the model says so",
    }
    assert wanted | {"What the Sun would have to do", "What if"} <= heads
    browser.open(report / "forecast-10.html")
    captions = browser.evaluate("[...document.querySelectorAll('caption')].map(c => c.textContent).join('|')")
    for words in ("Against the forecast", "Counterfactuals", "Measures of the explanation"):
        assert words in captions
    labels = browser.evaluate("[...document.querySelectorAll('svg[role=img]')].map(s => s.ariaLabel).join('|')")
    assert "Regions on the disk" in labels
    assert "X-ray flux before the data cut-off" in labels


def test_the_record_opens_by_keyboard(browser, report):
    browser.open(report / "forecast-10.html")
    browser.evaluate("document.querySelector('#certificate').parentNode.querySelector('summary').focus()")
    browser.press("Enter")
    shown = "document.querySelector('#certificate').parentNode.querySelector('pre').checkVisibility()"
    assert browser.evaluate(shown) is True


@pytest.mark.parametrize("width", [390, 1280])
def test_names_on_a_crowded_disk_do_not_overlap(browser, report, tmp_path, width):
    rng = np.random.default_rng(5)
    # as crowded as the disk was at the maxima of the last cycles, three of them side by side
    where = [(7.0, -2.0), (5.0, -5.0), (9.0, -2.0), *zip(rng.normal(0, 15, 12), rng.uniform(-75, 75, 12), strict=True)]
    places = [Place(f"AR {12134 + n}", lat, lon, 90.0, 0.01 * n, n == 0) for n, (lat, lon) in enumerate(where)]
    style = (report / "index.html").read_text().partition("<style>")[2].partition("</style>")[0]
    picture = f"<main><figure>{disk(places, 3.0, 'M1.0', 24.0)}</figure></main>"
    page = tmp_path / "disk.html"
    page.write_text(f'<!doctype html><meta charset="utf-8"><style>{style}</style>{picture}', encoding="utf-8")
    browser.open(page, width)
    boxes = browser.evaluate(
        "[...document.querySelectorAll('svg text')].map(t => {const r = t.getBoundingClientRect();"
        "return [r.left, r.top, r.right, r.bottom]})"
    )
    assert len(boxes) == 3 + 1 + len(places)  # the points of the compass, and the own name has two lines
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            # the boxes of letters are higher than letters
            high = 0.25 * (one[3] - one[1])
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + high or other[3] <= one[1] + high
            assert apart, (one, other)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_long_table_does_not_bury_what_follows(browser, report, width):
    browser.open(report / "index.html", width)
    high, screen = browser.evaluate("[document.querySelector('.long').clientHeight, innerHeight]")
    assert high <= 0.7 * screen + 1
    assert browser.evaluate("document.querySelector('.long').tabIndex") == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_a_mark_of_the_referee_stays_in_its_column(browser, report, width):
    browser.open(report / "forecast-10.html", width)
    boxes = browser.evaluate(
        "[...document.querySelectorAll('.tight td:nth-child(3) .small')].map(s => {"
        "const c = s.closest('td').getBoundingClientRect(), r = s.getBoundingClientRect();"
        "return [s.textContent.replace('\\u00ad', ''), r.left - c.left, c.right - r.right]})"
    )
    assert {text for text, *_ in boxes} == {"extrapolated", "few flares"}
    assert min(room for _, *sides in boxes for room in sides) >= 0


@pytest.mark.parametrize("width", [390, 1280])
def test_probabilities_and_their_baselines_fit_beside_each_other(browser, report, width):
    browser.open(report / "forecast-10.html", width)
    wide, shown = browser.evaluate("(s => [s.scrollWidth, s.clientWidth])(document.querySelector('.tight').parentNode)")
    assert wide <= shown
