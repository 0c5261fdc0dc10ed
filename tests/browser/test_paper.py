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
# How many words the plain figures hold, and those that stand beyond the edge of theirs.
CUT_OFF = """() => {
  const frames = "main figure > svg, main .picture svg, main .outputs svg";
  const words = [...document.querySelectorAll(frames)].flatMap((svg) => [...svg.querySelectorAll("text")]);
  const box = (each) => each.getBoundingClientRect();
  const inside = (a, b) =>
    a.left > b.left - 1 && a.right < b.right + 1 && a.top > b.top - 1 && a.bottom < b.bottom + 1;
  const cut = words.filter((word) => word.checkVisibility() && !inside(box(word), box(word.ownerSVGElement)));
  return [words.length, cut.map((word) => word.textContent)];
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


@pytest.mark.parametrize("name", ["near-far", "relationships", "power", "analogy-table", "how-many-heads"])
def test_no_word_of_a_figure_of_runs_is_cut_off(name: str, watched: Watched, built_site: Path) -> None:
    page = watched.open((built_site / f"{name}.html").as_uri())
    page.emulate_media(media="print")
    seen, cut = page.evaluate(CUT_OFF)
    assert seen > 10
    assert cut == []


def test_on_paper_no_empty_box_and_no_caption_can_part_a_heading_from_its_text(
    watched: Watched, built_site: Path
) -> None:
    page = watched.open((built_site / "capacity.html").as_uri())
    page.emulate_media(media="print")
    empty = page.locator(".cell:empty")
    assert empty.count() > 0, "else nothing is tried"
    assert not any(box.is_visible() for box in empty.all())
    breaks = page.locator(".still figcaption").evaluate_all(
        "all => all.map(each => [each.matches(':first-child'), getComputedStyle(each).breakBefore])"
    )
    assert set(map(tuple, breaks)) == {(True, "auto"), (False, "avoid")}
    assert page.locator("h2").first.evaluate("each => getComputedStyle(each).breakAfter") == "avoid"
