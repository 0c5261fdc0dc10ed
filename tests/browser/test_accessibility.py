"""axe-core, with all the rules it has on by default, finds nothing in the book and its widgets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from mha_lessons import widgets
from tests.browser.book_pages import PAGES, chapters, scroll_through
from tests.browser.conftest import Watched
from tests.browser.widget_page import ready, widget_page

AXE = Path(__file__).parents[2] / "widgets/node_modules/axe-core/axe.min.js"
# No preload: axe would ask for the style sheets again, which file:// refuses. Only one rule that is on makes
# use of it, about sound that plays by itself.
RUN = """async within => {
  const found = await axe.run(within, { resultTypes: ["violations"], preload: false });
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(node => `${id}: ${help}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
}"""
OPEN_FOLDS = "document.querySelectorAll('details').forEach(fold => { fold.open = true })"
STILLS = "document.documentElement.classList.remove('script')"
WIDGETS = sorted(getattr(widgets, name).page_name for name in widgets.__all__)

LOOKS: dict[str, Callable[[Page], None]] = {
    "light": lambda page: page.emulate_media(color_scheme="light"),
    "dark": lambda page: page.emulate_media(color_scheme="dark"),
    "390 px": lambda page: page.set_viewport_size({"width": 390, "height": 900}),
}
"""What is done to a page, one after the other: the narrow one is dark."""


def violations(page: Page, within: str = "html") -> list[str]:
    """What axe has against the part of the page that the selector names: rule, place and HTML of each."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, within)
    return found


def in_every_look(page: Page, within: str = "html") -> dict[str, list[str]]:
    """The looks of the page in which axe finds something, and what it finds."""
    found = {}
    for look, change in LOOKS.items():
        change(page)
        found[look] = violations(page, within)
    return {look: told for look, told in found.items() if told}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_on_a_page_with_its_widgets_in_light_dark_and_390_px(
    name: str, watched: Watched, http_root: str
) -> None:
    page = watched.open(http_root + name)
    scroll_through(page)
    page.evaluate(OPEN_FOLDS)
    assert in_every_look(page) == {}


@pytest.mark.parametrize("name", WIDGETS)
def test_axe_finds_nothing_in_a_widget_with_its_numbers_in_light_dark_and_390_px(
    name: str, watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(widget_page(tmp_path, name))
    for button in ready(page).locator('[data-action="show-numbers"]').all():  # a question has none
        button.click()
    assert in_every_look(page, "[data-widget]") == {}


@pytest.mark.parametrize("name", chapters())
def test_axe_finds_nothing_in_the_stills_that_stand_for_widgets(
    name: str, watched: Watched, http_root: str
) -> None:
    page = watched.open(http_root + name)
    page.evaluate(STILLS)
    page.evaluate(OPEN_FOLDS)
    assert violations(page) == []


def test_axe_finds_nothing_in_the_search_with_its_results(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    page.keyboard.press("/")
    page.keyboard.type("head")
    expect(page.locator("#search li a").first).to_be_visible()
    assert in_every_look(page) == {}


def test_axe_finds_nothing_in_the_contents_that_lie_over_a_narrow_page(
    watched: Watched, http_root: str
) -> None:
    page = watched.open(http_root + "index.html", width=390)
    page.get_by_role("button", name="Contents").click()
    assert in_every_look(page) == {}


def test_axe_finds_nothing_in_a_widget_that_fills_the_screen(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    page.get_by_role("button", name="Full screen").first.click()
    assert in_every_look(page) == {}


def test_axe_is_awake(watched: Watched, http_root: str) -> None:
    """A page with faults of three kinds: without them a broken set-up would pass every test above."""
    page = watched.open(http_root + "404.html")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', "
        '\'<p style="color:#999;background:#aaa">pale words</p><img src="_static/icon.svg"><input>\')'
    )
    assert {told.partition(":")[0] for told in violations(page)} >= {"color-contrast", "image-alt", "label"}
