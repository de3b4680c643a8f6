"""The panel that shows where in the images a model looks."""

import pytest

from sunproof.pipeline.auditing.audit import run
from tests.browser.chromium import EXECUTABLE, Browser
from tests.pipeline.auditing.maps.world import make_looking, settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not EXECUTABLE, reason="no Chromium on this machine"),
]

PANEL = "document.querySelector('#looks').parentNode"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    world = make_looking(tmp_path_factory.mktemp("looking"))
    run(settings(world))
    pages = sorted((world.root / "audit" / "report").glob("forecast-*.html"))
    return next(path for path in pages if "Where the model looks in the patch" in path.read_text())


@pytest.fixture(scope="module")
def browser():
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [390, 1400])
def test_the_panel_fits_and_its_words_do_not_overlap(browser, page, width):
    browser.open(page, width)
    assert browser.problems == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    boxes = browser.evaluate(
        f"[...{PANEL}.querySelectorAll('svg')].map(s => [...s.querySelectorAll('text')].map(t => {{"
        "const r = t.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]}))"
    )
    assert [len(texts) for texts in boxes] == [12, 12]
    for texts in boxes:
        for place, one in enumerate(texts):
            assert one[3] - one[1] > 8
            for other in texts[:place]:
                apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 3 or other[3] <= one[1] + 3
                assert apart, (one, other)
    sizes = browser.evaluate(f"[...{PANEL}.querySelectorAll('svg image')].map(i => i.getBoundingClientRect().width)")
    assert len(sizes) == 12
    assert min(sizes) > 60


def test_every_picture_tells_what_it_shows_to_who_cannot_see_it(browser, page):
    browser.open(page)
    labels = browser.evaluate(f"[...{PANEL}.querySelectorAll('svg')].map(s => [s.getAttribute('role'), s.ariaLabel])")
    assert [role for role, _ in labels] == ["img", "img"]
    for _, label in labels:
        assert "share of the absolute map inside the region" in label
        assert "shuffled weights" in label


def test_the_groups_open_by_keyboard(browser, page):
    browser.open(page)
    browser.evaluate(f"{PANEL}.querySelector('summary').focus()")
    assert browser.evaluate(f"{PANEL}.querySelector('details table').checkVisibility()") is False
    browser.press("Enter")
    assert browser.evaluate(f"{PANEL}.querySelector('details table').checkVisibility()") is True
    rows = browser.evaluate(f"[...{PANEL}.querySelectorAll('details tbody th')].map(r => r.textContent)")
    assert {"patch: region", "patch: inversion line", "disk: aia"} <= set(rows)


def test_the_nulls_stand_beside_the_map_and_their_excess_is_named(browser, page):
    browser.open(page)
    heads = browser.evaluate(f"[...{PANEL}.querySelectorAll('table:first-of-type thead th')].map(h => h.textContent)")
    assert heads[:4] == ["measure", "map", "null", "excess"]
    assert "Only the excess over these nulls is evidence" in browser.evaluate(f"{PANEL}.textContent")
