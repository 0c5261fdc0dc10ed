"""Self-check questions in a browser: asked, answered, explained, kept and forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from mha_lessons.widgets import SelfCheck
from tests.browser.conftest import Watched
from tests.browser.widget_page import ready, widget_page

QUESTION = "Where does *it* look?"
OPTIONS = [
    {"text": "at the dog", "why": "Dogs are not meant."},
    {"text": "at the `ball`", "right": True, "why": "The ball is."},
    {"text": "nowhere", "why": "A row sums to 1."},
]
NUMBERS = [
    {"text": "16", "right": True, "why": "64 cut into 4."},
    {"text": "64", "why": "That is the whole vector."},
]


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    asked = {"question": QUESTION, "options": OPTIONS} | traits
    page = watched.open(widget_page(folder, "self_check", asked))
    return page, ready(page)


def verdict(widget: Locator) -> Locator:
    return widget.get_by_role("status").filter(visible=True).first


def explained(widget: Locator) -> list[str]:
    return [text.strip() for text in widget.locator(".mha-why:visible").all_inner_texts()]


def stored(page: Page) -> list[Any]:
    return [json.loads(value) for value in page.evaluate("Object.values(localStorage)")]


def test_a_wrong_answer_by_keyboard_is_explained_and_a_right_one_explains_them_all(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    assert explained(widget) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(widget.get_by_role("radio", name="at the dog")).to_be_checked()
    page.keyboard.press("Enter")
    expect(verdict(widget)).to_contain_text("✗ Not “at the dog”.")
    expect(verdict(widget)).to_contain_text("Dogs are not meant.")  # for the ear, too
    assert explained(widget) == ["✗ No. Dogs are not meant."]

    widget.get_by_role("radio", name="at the dog").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(widget.get_by_role("button", name="Check")).to_be_focused()
    page.keyboard.press("Space")
    expect(verdict(widget)).to_contain_text("✓ Right.")
    assert explained(widget) == [
        "✗ No. Dogs are not meant.",
        "✓ Right. The ball is.",
        "✗ No. A row sums to 1.",
    ]


def test_the_question_is_a_group_of_radio_buttons_named_by_its_legend(
    watched: Watched, tmp_path: Path
) -> None:
    _, widget = opened(watched, tmp_path, title="Predict")
    group = widget.get_by_role("group", name="Predict Where does it look?")
    assert group.get_by_role("radio").count() == len(OPTIONS)
    assert len({radio.get_attribute("name") for radio in group.get_by_role("radio").all()}) == 1


def test_no_ear_gets_to_know_the_answer_before_it_is_given(watched: Watched, tmp_path: Path) -> None:
    _, widget = opened(watched, tmp_path)
    radios = widget.get_by_role("radio")
    for radio in radios.all():
        expect(radio).to_have_accessible_description("")
    radios.nth(0).check()
    widget.get_by_role("button", name="Check").click()
    expect(radios.nth(0)).to_have_accessible_description("No. Dogs are not meant.")
    expect(radios.nth(1)).to_have_accessible_description("")


def test_the_same_wrong_answer_again_is_told_again(watched: Watched, tmp_path: Path) -> None:
    _, widget = opened(watched, tmp_path, options=NUMBERS, typed=True)
    answer = widget.get_by_label("Your answer")
    for typed, said in [("64", "Not 64."), ("", "Type an answer first."), ("64", "Not 64.")]:
        answer.fill(typed)
        answer.press("Enter")
        expect(verdict(widget)).to_contain_text(said)


def test_checking_nothing_asks_for_an_answer_and_remembers_nothing(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.get_by_role("button", name="Check").click()
    expect(verdict(widget)).to_have_text("Choose an answer first.")
    assert stored(page) == []


def test_the_answer_is_shown_on_request_and_the_keyboard_keeps_its_place(
    watched: Watched, tmp_path: Path
) -> None:
    _, widget = opened(watched, tmp_path)
    widget.get_by_role("button", name="Show the answer").press("Enter")
    expect(verdict(widget)).to_contain_text("The answer: at the ball.")
    assert len(explained(widget)) == len(OPTIONS)
    expect(widget.get_by_role("button", name="Show the answer")).to_be_hidden()
    expect(widget.get_by_role("button", name="Start again")).to_be_focused()


def test_an_answer_survives_a_reload_until_the_reader_starts_again(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.get_by_text("nowhere").click()
    widget.get_by_role("button", name="Check").click()
    page.reload()
    widget = ready(page)
    expect(widget.get_by_role("radio", name="nowhere")).to_be_checked()
    assert explained(widget) == ["✗ No. A row sums to 1."]

    widget.get_by_role("button", name="Start again").click()
    assert widget.get_by_role("radio", checked=True).count() == 0
    expect(widget.get_by_role("radio").first).to_be_focused()
    assert explained(widget) == []
    assert stored(page) == []
    page.reload()
    assert explained(ready(page)) == []


@pytest.mark.parametrize(
    "left",
    [
        "nonsense",
        "[]",
        "null",
        '{"chosen": 3, "revealed": true}',
        '{"chosen": "an option of last year", "revealed": false}',
        '{"chosen": "nowhere", "revealed": "yes"}',
        '{"question": "hacked", "chosen": "<img src=x>", "revealed": false}',
    ],
)
def test_what_the_storage_holds_is_taken_only_if_it_is_an_answer(
    watched: Watched, tmp_path: Path, left: str
) -> None:
    page, widget = opened(watched, tmp_path)
    widget.get_by_text("nowhere").click()
    widget.get_by_role("button", name="Check").click()
    page.evaluate("left => localStorage.setItem(Object.keys(localStorage)[0], left)", left)
    page.reload()
    widget = ready(page)
    expect(widget.locator("legend")).to_contain_text("Where does it look?")
    assert explained(widget) == []
    assert widget.get_by_role("radio", checked=True).count() == 0
    expect(widget.get_by_role("button", name="Start again")).to_be_hidden()


def test_a_browser_without_storage_asks_and_explains_all_the_same(watched: Watched, tmp_path: Path) -> None:
    page, _ = opened(watched, tmp_path)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no') } })"
    )
    page.reload()
    widget = ready(page)
    widget.get_by_text("at the ball").click()
    widget.get_by_role("button", name="Check").click()
    expect(verdict(widget)).to_contain_text("Right.")


def test_a_typed_answer_is_matched_to_the_ones_foreseen(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, options=NUMBERS, typed=True, otherwise="Think of the width.")
    answer = widget.get_by_label("Your answer")
    for typed, said in [
        ("64", "✗ Not 64. That is the whole vector."),
        ("seven", "✗ Think of the width."),
        ("16.0", "✓ Right."),
    ]:
        answer.fill(typed)
        answer.press("Enter")
        expect(verdict(widget)).to_contain_text(said)
    assert explained(widget) == ["✓ Right. 64 cut into 4.", "✗ No. That is the whole vector."]
    page.reload()
    expect(ready(page).get_by_label("Your answer")).to_have_value("16.0")


def test_hostile_texts_stay_text(watched: Watched, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)> *<b>bold</b>*"
    options = [{"text": evil, "right": True, "why": evil}, {"text": "\u202e</label> ``", "why": "`<svg>`"}]
    _, widget = opened(watched, tmp_path, question=evil, options=options, title=evil)
    widget.get_by_role("button", name="Show the answer").click()
    assert widget.locator("img, b > b, svg").count() == 0
    expect(widget.locator("legend em")).to_have_text("<b>bold</b>")


def test_a_link_cannot_change_the_question_or_answer_it(watched: Watched, tmp_path: Path) -> None:
    address = widget_page(tmp_path, "self_check", {"question": QUESTION, "options": OPTIONS})
    page = watched.open(f"{address}#self_check-1?question=hacked&chosen=nowhere&revealed=yes&title=hacked")
    widget = ready(page)
    expect(widget.locator("legend")).to_contain_text("Where does it look?")
    expect(widget).not_to_contain_text("hacked")
    assert explained(widget) == []


def test_there_is_no_button_for_a_picture_that_is_not_there(watched: Watched, tmp_path: Path) -> None:
    _, widget = opened(watched, tmp_path)
    shown = [button.inner_text() for button in widget.get_by_role("button").all() if button.is_visible()]
    assert shown == ["Check", "Show the answer"]
    assert widget.locator(".mha-origin").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signs_words_and_colours_tell_right_from_wrong(watched: Watched, tmp_path: Path, scheme: str) -> None:
    page = watched.open(
        widget_page(tmp_path, "self_check", {"question": QUESTION, "options": OPTIONS}),
        width=320,
        scheme=scheme,
    )
    widget = ready(page)
    widget.get_by_role("button", name="Show the answer").click()
    words = widget.locator(".mha-word:visible")
    said = {
        word.inner_text().strip(): word.evaluate("e => getComputedStyle(e).color") for word in words.all()
    }
    assert set(said) == {"✓ Right.", "✗ No."}
    assert len(set(said.values())) == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_in_the_book_each_question_keeps_its_own_answer(watched: Watched, root: str) -> None:
    page = watched.open(root + "experts.html")
    questions = page.locator('[data-widget="self_check"]')
    she, him = questions.nth(0), questions.nth(1)
    she.scroll_into_view_if_needed()
    she.get_by_role("radio", name="Mary").check()
    she.get_by_role("button", name="Check").click()
    expect(verdict(she)).to_contain_text("Right.")
    assert him.get_by_role("radio", checked=True).count() == 0
    assert explained(him) == []
    page.reload()
    she.scroll_into_view_if_needed()
    expect(verdict(she)).to_contain_text("Right.")
    assert explained(him) == []


def test_on_paper_the_question_stands_with_its_answers_upside_down(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "experts.html")
    still = (
        page.locator(".widget-frame")
        .filter(has=page.locator('[data-widget="self_check"]'))
        .first.locator(".still")
    )
    expect(still).to_be_hidden()
    page.emulate_media(media="print")
    asked = SelfCheck.ask("experts.she")
    expect(still).to_contain_text("The names expert reads she.")
    for option in asked.options:
        expect(still.locator("ol")).to_contain_text(option["text"])
    assert still.locator("details > ul").evaluate("list => getComputedStyle(list).rotate") == "180deg"
