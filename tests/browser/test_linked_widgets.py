"""Widgets of one group on a page keep what they share equal; test_widgets.py says so of a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from mha_lessons.tokens import tokenize
from tests.browser.conftest import Watched
from tests.browser.explorer import next_frame, numbers, show_numbers
from tests.browser.widget_page import widget_page

STATE: dict[str, Any] = {
    "text": "one two three",
    "d_model": 16,
    "source": "random",
    "shared": ["text", "head"],
}
FIRST = STATE | {"num_heads": 2, "group": "pair"}
SECOND = STATE | {"num_heads": 8, "group": "pair"}
STRANGER = STATE | {"num_heads": 4, "group": "other"}
ALONE = STATE | {"num_heads": 1, "group": None}


def opened(
    watched: Watched, folder: Path, *traits: dict[str, Any], fragment: str = ""
) -> tuple[Page, list[Locator]]:
    page = watched.open(widget_page(folder, "head_explorer", *traits) + fragment, width=900)
    found = page.locator("[data-widget]").all()
    assert len(found) == len(traits)
    for widget in found:
        widget.scroll_into_view_if_needed()
        expect(widget).to_have_attribute("data-state", "ready")
    return page, found


def text(widget: Locator) -> str:
    return widget.locator("[name=text]").input_value()


def heads(widget: Locator) -> str:
    return widget.locator("[name=num_heads]").input_value()


def chosen_head(widget: Locator) -> str | None:
    return widget.locator('button[name="head"][aria-pressed="true"]').get_attribute("value")


def test_what_one_widget_shares_the_others_of_its_group_take_over_and_draw(
    watched: Watched, tmp_path: Path
) -> None:
    page, (first, second, stranger, alone) = opened(watched, tmp_path, FIRST, SECOND, STRANGER, ALONE)
    first.locator("[name=text]").fill("a b c d e")
    first.locator('button[name="head"][value="1"]').click()
    next_frame(page)
    assert text(second) == "a b c d e"
    assert chosen_head(second) == "1"
    show_numbers(second)
    assert numbers(second, "attn of head 1").shape == (5, 5)
    for other in (stranger, alone):
        assert text(other) == STATE["text"]
        assert chosen_head(other) == "0"


def test_the_link_holds_in_both_directions(watched: Watched, tmp_path: Path) -> None:
    page, (first, second) = opened(watched, tmp_path, FIRST, SECOND)
    first.locator("[name=text]").fill("from the first")
    second.locator("[name=text]").fill("from the second one")
    next_frame(page)
    assert text(first) == text(second) == "from the second one"
    show_numbers(first)
    assert len(numbers(first, "attn of head 0")) == len(tokenize("from the second one"))


def test_what_is_not_shared_stays_each_widgets_own(watched: Watched, tmp_path: Path) -> None:
    page, (first, second) = opened(watched, tmp_path, FIRST, SECOND)
    first.locator("[name=num_heads]").fill("4")
    next_frame(page)
    assert (heads(first), heads(second)) == ("4", "8")


def test_a_widget_takes_only_what_it_shares_itself(watched: Watched, tmp_path: Path) -> None:
    page, (first, second) = opened(watched, tmp_path, FIRST, SECOND | {"shared": ["head"]})
    first.locator("[name=text]").fill("not for you")
    next_frame(page)
    assert text(second) == STATE["text"]


def test_reset_and_a_copied_link_reach_the_group_too(watched: Watched, tmp_path: Path) -> None:
    sentence = "seen from a link"
    fragment = f"#head_explorer-2?text={quote(sentence)}"
    page, (first, second) = opened(watched, tmp_path, FIRST, SECOND, fragment=fragment)
    assert text(first) == text(second) == sentence
    second.locator('[data-action="reset"]').click()
    next_frame(page)
    assert text(first) == text(second) == STATE["text"]


def test_a_widget_far_down_the_page_takes_over_what_was_changed_before_it_mounted(
    watched: Watched, tmp_path: Path
) -> None:
    address = widget_page(tmp_path, "head_explorer", FIRST, SECOND | {"text": "its own"})
    html = (tmp_path / "head_explorer.html").read_text(encoding="utf-8")
    far = html.replace("</div><div", '</div><div style="height: 5000px"></div><div')
    (tmp_path / "head_explorer.html").write_text(far, encoding="utf-8")
    page = watched.open(address)
    first, second = page.locator("[data-widget]").all()
    expect(first).to_have_attribute("data-state", "ready")
    expect(second).to_have_attribute("data-state", "loading")
    first.locator("[name=text]").fill("changed before")
    second.scroll_into_view_if_needed()
    expect(second).to_have_attribute("data-state", "ready")
    assert text(second) == "changed before"
    second.locator('[data-action="reset"]').click()
    next_frame(page)
    assert text(second) == text(first) == "its own"
