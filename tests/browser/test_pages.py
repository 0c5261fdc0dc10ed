"""Every page of the book read to its end, and a chapter walked through by keyboard alone.

What a page of the theme does is in test_theme_page.py; that every link and anchor leads somewhere is checked
by each build (book/theme/check.py).
"""

from __future__ import annotations

import gzip
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.browser.book_pages import PAGES, WATCH_SHIFTS, chapters, scroll_through
from tests.browser.conftest import Watched

LONGEST = "how-it-works.html"
BUDGET = 250_000  # bytes, gzipped, before any click
LOADED = "() => performance.getEntriesByType('resource').map(entry => entry.name)"
TOO_WIDE = "() => document.documentElement.scrollWidth - innerWidth"

# What Tab should stop at, in the order of the page: of the radio buttons of one question only one.
STOPS = """() => {
  const can = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const group = ({ name }) => [...document.querySelectorAll(`[type=radio][name="${CSS.escape(name)}"]`)];
  const chosen = (buttons) => buttons.find(one => one.checked) ?? buttons[0];
  const stands = (one) => one.type !== "radio" || one === chosen(group(one));
  return [...document.querySelectorAll(can)].filter(one => one.tabIndex >= 0 && !one.disabled && stands(one)
    && !one.closest("[inert]") && one.checkVisibility({ visibilityProperty: true }));
}"""
# Names each stop, so that a failure can be read, and notes every stop that Tab makes and whether it is seen.
NOTE_FOCUS = """stops => {
  const name = (one, i) => `${i} <${one.localName} ${one.name || one.className || one.id}> ${
    (one.getAttribute("aria-label") ?? one.textContent).trim().slice(0, 40)}`;
  globalThis.names = new Map(stops.map((one, i) => [one, name(one, i)]));
  globalThis.walked = [];
  globalThis.unseen = [];
  const outlined = (one) => one && getComputedStyle(one).outlineStyle !== "none";
  document.addEventListener("focusin", ({ target }) => {
    const called = names.get(target) ?? name(target, "unexpected");
    walked.push(called);
    const mark = [target, target.nextElementSibling, target.querySelector(".mha-cursor")].some(outlined);
    const { bottom, right } = target.getBoundingClientRect();
    if (!(mark && target.matches(":focus-visible") && bottom > 0 && right > 0)) unseen.push(called);
  });
  return [...names.values()];
}"""


def note_focus(page: Page) -> list[str]:
    """The names of all that Tab should reach, in order; from now on the page notes what it does reach."""
    names: list[str] = page.evaluate_handle(STOPS).evaluate(NOTE_FOCUS)
    return names


def test_these_are_all_the_pages_of_the_book(built_site: Path) -> None:
    assert sorted(page.name for page in built_site.glob("*.html")) == sorted(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_read_to_its_end_on_a_phone_never_jumps_nor_scrolls_sideways(
    name: str, watched: Watched, built_site: Path
) -> None:
    page = watched.open((built_site / name).as_uri(), width=390)
    page.evaluate(WATCH_SHIFTS)
    scroll_through(page)
    assert page.evaluate("shifted") < 0.02
    assert page.evaluate(TOO_WIDE) <= 0
    page.set_viewport_size({"width": 320, "height": 700})
    page.wait_for_timeout(400)  # what is out of sight is drawn for the new width once the hand rests
    assert page.evaluate(TOO_WIDE) <= 0


@pytest.mark.parametrize("name", chapters())
def test_a_chapter_read_to_its_end_on_a_desk_never_jumps_and_weighs_at_most_250_kb(
    name: str, watched: Watched, built_site: Path, http_root: str
) -> None:
    page = watched.open(http_root + name, width=1280)
    page.evaluate(WATCH_SHIFTS)
    scroll_through(page)
    assert page.evaluate("shifted") < 0.02
    files = {built_site / name, *(built_site / urlparse(url).path[1:] for url in page.evaluate(LOADED))}
    assert {file.suffix for file in files} >= {".html", ".css", ".js"}
    assert not any(file.name == "search-index.js" for file in files), "it is loaded when first asked for"
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= BUDGET


def test_tab_reaches_all_there_is_to_do_in_a_chapter_in_order_and_is_seen_everywhere(
    watched: Watched, built_site: Path
) -> None:
    page = watched.open((built_site / LONGEST).as_uri(), width=1280)
    scroll_through(page)
    stops = note_focus(page)
    assert len(stops) > 100
    for _ in stops:
        page.keyboard.press("Tab")
    assert page.evaluate("walked") == stops
    assert page.evaluate("unseen") == []
    page.keyboard.press("Tab")  # and out of the page: nothing holds the focus
    assert page.evaluate("document.activeElement === document.body")


def test_shift_tab_leads_back_the_same_way(watched: Watched, built_site: Path) -> None:
    page = watched.open((built_site / "index.html").as_uri(), width=1280)
    scroll_through(page)
    stops = note_focus(page)
    for _ in stops:
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("walked") == stops[::-1]


def test_a_slider_on_a_page_moves_by_arrow_keys_and_the_page_stays(
    watched: Watched, built_site: Path
) -> None:
    page = watched.open((built_site / "index.html").as_uri())
    scroll_through(page)
    slider = page.get_by_role("slider", name="Heads").first
    slider.focus()
    before, place = slider.input_value(), page.evaluate("scrollY")
    page.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == int(before) + 1
    expect(slider).to_have_attribute("aria-valuetext", slider.locator("xpath=../output").inner_text())
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_value(before)
    assert page.evaluate("scrollY") == place


def test_presentation_is_entered_walked_and_left_by_keyboard(watched: Watched, built_site: Path) -> None:
    page = watched.open((built_site / "index.html").as_uri())
    scroll_through(page)
    page.get_by_role("button", name="Full screen").first.focus()
    page.keyboard.press("Enter")
    frame = page.locator(".widget-frame.presenting")
    expect(frame).to_have_count(1)
    stops = note_focus(page)
    assert frame.evaluate("(frame) => [...names.keys()].every(one => frame.contains(one))")
    for _ in stops:
        page.keyboard.press("Tab")
    assert set(page.evaluate("walked")) <= set(stops), "the focus left the widget"
    assert len(page.evaluate("walked")) >= len(stops) - 1
    frame.get_by_role("slider", name="Heads").focus()
    page.keyboard.press("Escape")
    expect(frame).to_have_count(0)
    expect(page.get_by_role("button", name="Full screen").first).to_be_focused()
