"""What a page of the book is on paper: black on white, without controls, with nothing hidden."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watched

COLOURS = """() => {
  const names = ["bg", "surface", "fg", "muted", "line", "accent", "mark", "right"];
  const style = getComputedStyle(document.documentElement);
  const words = [...document.querySelectorAll("main p, main code, main h2, main td, main svg text")];
  const seen = words.filter((each) => !each.closest("[data-widget]"));
  const colours = seen.map((each) => [getComputedStyle(each).color, getComputedStyle(each).fill]);
  return [names.map((name) => style.getPropertyValue(`--mha-${name}`)), colours];
}"""
CONTROLS = "main button, main input, main select, header.bar, nav, .fold > summary, [data-widget], footer.end"


@pytest.fixture(params=["power", "analogy-table"])
def page(request: pytest.FixtureRequest, watched: Watched, built_site: Path) -> Page:
    return watched.open((built_site / f"{request.param}.html").as_uri())


@pytest.mark.parametrize("choice", ["system", "reader"])
def test_on_paper_the_colours_are_those_of_daylight_whatever_the_screen_is(page: Page, choice: str) -> None:
    page.emulate_media(media="print")
    light = page.evaluate(COLOURS)
    assert len(light[1]) > 30
    if choice == "reader":
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="screen", color_scheme="dark")
    assert page.evaluate(COLOURS) != light
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(COLOURS) == light


def test_on_paper_there_are_no_controls_and_the_answers_stand_on_their_heads(page: Page) -> None:
    page.emulate_media(media="print")
    for control in page.locator(CONTROLS).all():
        expect(control).to_be_hidden()
    answers = page.locator(".self-check-answers > ul")
    assert answers.count() > 1
    assert set(answers.evaluate_all("all => all.map(each => getComputedStyle(each).rotate)")) == {"180deg"}


def test_on_paper_every_fold_is_open_and_nothing_is_wider_than_the_page(page: Page) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})  # A4 without its margins
    folded = page.locator("main .fold pre, main details.solution p")
    assert folded.count() > 5
    assert all(box.bounding_box() for box in folded.all())
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
