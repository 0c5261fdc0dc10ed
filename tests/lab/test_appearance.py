"""How the explorer looks in JupyterLab, as far as a test can see it; and two pictures for a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.explorer import patterns
from tests.lab.expected import attention_by_hand, wrong_numbers
from tests.lab.explorer import START
from tests.lab.notebook import Notebook

ARTIFACTS = Path(__file__).parent.parent / "artifacts"
INKED = """widget => {
    const hex = getComputedStyle(widget).getPropertyValue("--mha-fg").match(/[0-9a-f]{2}/gi);
    const [r, g, b] = hex.map(pair => parseInt(pair, 16));
    const has = ({ data }) => {
        for (let i = 0; i < data.length; i += 4)
            if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) return true;
        return false;
    };
    const written = ".mha-tile:not([hidden]) .mha-labels, [data-part=cells] .mha-labels, .mha-lines";
    return [...widget.querySelectorAll(written)]
        .map(canvas => has(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)));
}"""
"""For each canvas with words on it: is anything in it drawn in the theme's text colour?"""


def test_the_cursor_lies_on_the_chosen_cell_from_the_first_picture_on(
    lesson: Notebook, explorer: Locator
) -> None:
    cell = lesson.add_cell("display(HeadExplorer(text='a b c d', query=2, key=1))")
    fresh = lesson.output(cell).locator('[data-widget="head_explorer"]')
    expect(fresh).to_have_attribute("data-state", "ready")
    fresh.locator("[data-part=cells]").scroll_into_view_if_needed()

    def place() -> list[int]:
        return list(
            fresh.locator("[data-part=cells]").evaluate("""map => {
            const cells = map.querySelector('.mha-cells').getBoundingClientRect();
            const cursor = map.querySelector('.mha-cursor').getBoundingClientRect();
            const side = cells.width / 4;
            const places = [cursor.top - cells.top, cursor.left - cells.left, cursor.width];
            return places.map(length => Math.abs(Math.round(length / side)));
        }""")
        )

    try:
        assert settled(lesson, place) == [2, 1, 1], "row, column and width in cells"
    finally:
        lesson.delete_cell(cell)


def test_a_dark_jupyterlab_gives_a_dark_widget_with_the_same_numbers(
    lesson: Notebook, explorer: Locator
) -> None:
    light = patterns(explorer)
    picture(lesson, explorer, "lab-light.png")
    background = "widget => getComputedStyle(widget).backgroundColor"
    words = explorer.evaluate(INKED)
    assert words == [True] * (START.num_heads + 2)
    before = explorer.evaluate(background)
    lesson.choose_theme("JupyterLab Dark")
    try:
        expect(explorer).to_have_attribute("data-theme", "dark")
        assert explorer.evaluate(background) != before
        dark = settled(lesson, lambda: patterns(explorer))
        assert dark != light
        assert explorer.evaluate(INKED) == words, (
            "the words on the axes and beside the lines are dark on dark"
        )
        assert wrong_numbers(explorer, attention_by_hand(START), 0) == []
        picture(lesson, explorer, "lab-dark.png")
    finally:
        lesson.choose_theme("JupyterLab Light")
    expect(explorer).to_have_attribute("data-theme", "light")
    assert settled(lesson, lambda: patterns(explorer)) == light
    assert explorer.evaluate(INKED) == words


def test_nothing_in_the_widget_is_wider_than_its_cell(lesson: Notebook, explorer: Locator) -> None:
    for width in (1300, 800):
        lesson.page.set_viewport_size({"width": width, "height": 1000})
        lesson.page.wait_for_timeout(200)
        sticking_out = explorer.evaluate("""widget => {
            const right = widget.getBoundingClientRect().right + 1;
            return [...widget.querySelectorAll(':not(.mha-table *, .mha-visually-hidden)')]
                .filter(part => part.getClientRects().length && part.getBoundingClientRect().right > right)
                .map(part => part.className || part.tagName)
        }""")
        assert sticking_out == [], f"at {width} px"
    lesson.page.set_viewport_size({"width": 1300, "height": 1000})


def settled(lesson: Notebook, read: Callable[[], object]) -> object:
    """What `read` gives once it has been the same for a third of a second."""
    last = read()
    same = 0
    while same < 3:
        lesson.page.wait_for_timeout(110)
        now = read()
        same = same + 1 if now == last else 0
        last = now
    return last


def picture(lesson: Notebook, widget: Locator, name: str) -> None:
    """A screenshot of the whole cell, for a person to look at."""
    ARTIFACTS.mkdir(exist_ok=True)
    lesson.page.set_viewport_size({"width": 1300, "height": 2600})
    widget.locator("[name=text]").scroll_into_view_if_needed()
    lesson.page.wait_for_timeout(300)
    lesson.page.screenshot(path=ARTIFACTS / name)
    lesson.page.set_viewport_size({"width": 1300, "height": 1000})
