"""What a page of the book does in a browser, over http and from file://, with nothing but local files."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watched

BUDGET = 250_000  # bytes, gzipped, before any click
SHIFTS = """new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 500);
})"""


@pytest.fixture
def index(watched: Watched, root: str) -> Page:
    return watched.open(root + "index.html")


@pytest.fixture(params=["index.html", "sources.html", "404.html"])
def any_page(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def without_scripts(browser: Browser, built_site: Path) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((built_site / "index.html").as_uri())
    yield page
    context.close()


def test_search_finds_a_section_and_leads_there(index: Page) -> None:
    index.keyboard.press("/")
    index.keyboard.type("honest answ")
    found = index.locator("#search li a")
    expect(found.first).to_contain_text("The honest answer")
    index.keyboard.press("ArrowDown")
    index.keyboard.press("Enter")
    expect(index.locator("#search")).to_be_hidden()
    assert index.url.endswith("index.html#the-honest-answer")


def test_search_says_when_nothing_is_found(index: Page) -> None:
    index.get_by_role("button", name="Search").click()
    index.keyboard.type("xylophone")
    expect(index.locator("#search [role=status]")).to_have_text("Nothing found. Try fewer or other words.")
    index.keyboard.press("Escape")
    expect(index.locator("#search")).to_be_hidden()


def test_the_search_index_is_loaded_only_when_asked_for(watched: Watched, root: str) -> None:
    page = watched.open(root + "index.html")
    names = "performance.getEntriesByType('resource').map(entry => entry.name.split('/').at(-1))"
    assert "search-index.js" not in page.evaluate(names)
    assert page.locator("script[src$='search-index.js']").count() == 0
    page.keyboard.press("/")
    expect(page.locator("script[src$='search.js']")).to_have_count(1)


def test_the_readers_theme_is_kept_for_the_next_visit(index: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    light = index.evaluate(background)
    index.get_by_role("button", name="Switch to the dark theme").click()
    dark = index.evaluate(background)
    assert dark != light
    index.reload()
    assert index.evaluate(background) == dark
    expect(index.get_by_role("button", name="Switch to the light theme")).to_be_visible()


def test_the_system_decides_between_light_and_dark_until_the_reader_does(watched: Watched, root: str) -> None:
    page = watched.open(root + "sources.html", scheme="dark")
    behind = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(behind)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(behind)
    assert (dark, light) == ("rgb(20, 23, 30)", "rgb(255, 255, 255)")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate(behind) == dark
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert page.evaluate(behind) == light


@pytest.mark.parametrize(
    ("word", "card"), [("a.cite", "Attention Is All You Need"), ("a.fact", "translation quality with 1 head")]
)
def test_a_card_shows_the_source_on_focus_and_leaves_on_escape(word: str, card: str, index: Page) -> None:
    index.locator(word).first.focus()
    shown = index.get_by_role("tooltip")
    expect(shown).to_contain_text(card)
    assert index.locator(word).first.get_attribute("aria-describedby") == shown.get_attribute("id")
    index.keyboard.press("Escape")
    expect(shown).to_be_hidden()


def test_a_card_stays_while_the_pointer_is_on_it_and_inside_a_narrow_screen(
    watched: Watched, root: str
) -> None:
    page = watched.open(root + "index.html", width=390)
    page.locator("a.fact").last.hover()
    shown = page.get_by_role("tooltip")
    expect(shown).to_be_visible()
    box = shown.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    shown.hover()
    page.wait_for_timeout(400)
    expect(shown).to_be_visible()


def test_presentation_fills_the_screen_and_escape_leaves_it(index: Page) -> None:
    button = index.get_by_role("button", name="Full screen").first
    button.click()
    frame = index.locator(".widget-frame.presenting")
    assert frame.bounding_box() == {"x": 0, "y": 0, "width": 1100, "height": 900}
    assert index.locator("header.bar").evaluate("bar => bar.inert")
    index.keyboard.press("Escape")
    expect(frame).to_have_count(0)
    assert not index.locator("header.bar").evaluate("bar => bar.inert")
    expect(button).to_be_focused()


def test_on_paper_the_still_stands_in_place_of_the_widget(index: Page) -> None:
    expect(index.locator(".still").first).to_be_hidden()
    index.emulate_media(media="print")
    expect(index.locator(".still").first).to_be_visible()
    expect(index.locator("[data-widget]").first).to_be_hidden()
    expect(index.locator("header.bar")).to_be_hidden()


def test_without_scripts_the_still_the_contents_and_the_sources_are_there(without_scripts: Page) -> None:
    expect(without_scripts.locator(".still").first).to_be_visible()
    expect(without_scripts.locator("[data-widget]").first).to_be_hidden()
    expect(without_scripts.locator("nav.contents a").first).to_be_visible()
    without_scripts.locator("a.fact").first.click()
    assert "sources.html#fact-" in without_scripts.url


def test_on_a_narrow_screen_the_contents_open_and_close_by_keyboard(watched: Watched, root: str) -> None:
    page = watched.open(root + "index.html", width=390)
    contents = page.locator("nav.contents")
    button = page.get_by_role("button", name="Contents")
    expect(contents).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(contents).to_be_visible()
    page.keyboard.press("Escape")
    expect(contents).to_be_hidden()
    expect(button).to_be_focused()


def test_the_contents_follow_the_reader(watched: Watched, root: str) -> None:
    page = watched.open(root + "index.html#the-honest-answer", width=1400)
    here = page.locator("nav.contents a[aria-current=location]")
    expect(here).to_have_text("The honest answer")


@pytest.mark.parametrize("width", [320, 390, 800, 1280])
def test_no_page_scrolls_sideways(width: int, any_page: str, watched: Watched, root: str) -> None:
    page = watched.open(root + any_page, width=width)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_while_the_page_loads_and_is_scrolled(width: int, watched: Watched, root: str) -> None:
    page = watched.open(root + "index.html", width=width)
    for _ in range(12):
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(60)
    assert page.evaluate(SHIFTS) < 0.02


def test_formulas_are_set_in_katex_fonts(watched: Watched, root: str) -> None:
    page = watched.open(root + "index.html#the-short-answer")
    page.evaluate("document.fonts.ready.then(() => null)")
    loaded = page.evaluate(
        "[...document.fonts].filter(font => font.status === 'loaded').map(font => font.family)"
    )
    assert "KaTeX_Main" in loaded


def test_the_index_stays_within_its_budget_before_any_click(
    built_site: Path, watched: Watched, http_root: str
) -> None:
    page = watched.open(http_root + "index.html")
    for _ in range(12):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(50)
    names = page.evaluate(
        "performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)"
    )
    files = {built_site / "index.html", *(built_site / name.lstrip("/") for name in names)}
    assert len(files) > 5
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= BUDGET
