"""HeadPuzzle on a page: solved by keyboard and pointer, explained, remembered, shared, fed with bad input."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from mha_lessons.head_puzzle import attempt
from mha_lessons.puzzles import LIMIT, PUZZLES, TOLERANCE, why_not
from tests.browser.conftest import Watched
from tests.browser.explorer import CLOSE, next_frame, numbers, show_numbers
from tests.browser.widget_page import copied, open_widget, ready, said_by, saved_svg, svg_texts, widget_page
from tests.parity.heads import tensors

SOLUTIONS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "puzzle_solutions.json").read_text()
)
TABLES = {"q": "q: what each word asks", "k": "k: what each word offers", "distance": "distance: "}


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    return open_widget(watched, folder, "head_puzzle", **traits)


def choose(page: Page, widget: Locator, puzzle: str) -> None:
    widget.locator(f'[name=puzzle][value="{puzzle}"]').click()
    next_frame(page)


def entry(widget: Locator, matrix: str, place: int, width: int) -> Locator:
    """The slider of one entry of w_q or w_k."""
    return widget.locator(f"[name={matrix}][data-feature='{place // width}'][data-column='{place % width}']")


def press_to(page: Page, slider: Locator, value: int) -> None:
    """Move a slider by the arrow keys, as a reader does."""
    slider.focus()
    now = int(slider.input_value())
    for _ in range(abs(value - now)):
        page.keyboard.press("ArrowRight" if value > now else "ArrowLeft")


def solve_by_keys(page: Page, widget: Locator, puzzle: str) -> None:
    solution, width = SOLUTIONS[puzzle], PUZZLES[puzzle].width
    if len(PUZZLES[puzzle].heads) > 1:
        button = widget.locator(f"[name=num_heads][value='{solution['num_heads']}']")
        button.focus()
        page.keyboard.press("Enter")
    for matrix in ("w_q", "w_k"):
        for place, value in enumerate(solution[matrix]):
            press_to(page, entry(widget, matrix, place, width), value)
    next_frame(page)


def verdict(widget: Locator) -> Locator:
    return widget.locator(".mha-verdict")


def ticked(widget: Locator) -> list[str]:
    """The puzzles whose button has a tick."""
    buttons = widget.locator("[name=puzzle]")
    found = [(buttons.nth(i).get_attribute("value") or "", buttons.nth(i).inner_text()) for i in range(8)]
    return [name for name, text in found if "✓" in text]


def test_all_eight_are_solved_by_keyboard_one_after_the_other(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    for number, name in enumerate(PUZZLES, start=1):
        expect(widget.locator("h3")).to_have_text(f"{number}. {PUZZLES[name].title}")
        solve_by_keys(page, widget, name)
        expect(verdict(widget)).to_contain_text("✓ Solved: all ")
        expect(widget.locator(".mha-lesson")).to_have_text(PUZZLES[name].lesson)
        assert ticked(widget) == list(PUZZLES)[:number]
        if number < len(PUZZLES):
            widget.locator("[name=next]").press("Enter")
            next_frame(page)
    expect(widget.locator("[name=next]")).to_be_hidden()


def test_a_pointer_on_a_slider_moves_attention_at_once(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    show_numbers(widget)
    for matrix, place in (("w_q", 0), ("w_k", 1)):
        slider = entry(widget, matrix, place, 1)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        assert box["height"] >= 36, "room for a thumb"
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=3)
        next_frame(page)
        assert slider.input_value() == "1", "halfway to the end"
        page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2, steps=3)
        page.mouse.up()
    next_frame(page)
    wanted = attempt("noun", 1, [2, 0], [0, 2])
    np.testing.assert_allclose(numbers(widget, "attn of head 0"), wanted.attn[0], atol=CLOSE)
    expect(verdict(widget)).to_contain_text("Solved")


@pytest.mark.parametrize("name", ["two_reports", "circle", "both_sides"])
def test_what_cannot_be_done_is_explained_shown_and_left_for_the_other_head_count(
    watched: Watched, tmp_path: Path, name: str
) -> None:
    puzzle = PUZZLES[name]
    heads = puzzle.heads[0]
    reason = why_not(puzzle, heads)
    assert reason
    assert puzzle.nearest
    page, widget = opened(watched, tmp_path, puzzle=name, num_heads=heads)
    why = widget.locator(".mha-possible")
    assert why.get_attribute("open") is None, "the reader tries first"
    why.locator("summary").press("Enter")
    expect(why).to_contain_text(f"No. {reason.sentence}")
    best = attempt(name, **puzzle.nearest)
    expect(why).to_contain_text(f"leaves {best.distance.max():.2f} astray")
    why.locator("[name=nearest]").press("Enter")
    next_frame(page)
    show_numbers(widget)
    np.testing.assert_allclose(numbers(widget, "distance"), best.distance, atol=CLOSE)
    expect(verdict(widget)).to_contain_text("No way is known to come nearer with these heads")
    widget.locator("[name=clear]").click()
    widget.locator(f"[name=num_heads][value='{3 - heads}']").click()
    next_frame(page)
    expect(why).to_contain_text("Yes: go on.")
    solve_by_keys(page, widget, name)
    expect(verdict(widget)).to_contain_text("Solved")


def test_the_best_of_one_head_found_by_hand_opens_the_reason(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, puzzle="two_reports")
    why = widget.locator(".mha-possible")
    for matrix, place, value in [
        ("w_q", 0, 2), ("w_q", 1, 2), ("w_k", 2, 2), ("w_k", 3, 2), ("w_k", 4, 2), ("w_k", 5, 2)
    ]:  # fmt: skip
        assert why.get_attribute("open") is None
        press_to(page, entry(widget, matrix, place, 2), value)
        next_frame(page)
    expect(why).to_have_attribute("open", "")
    expect(verdict(widget)).to_contain_text("0 of 8 rows fit")


def test_hints_come_one_after_the_other_and_close_with_the_puzzle(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    hints = widget.locator(".mha-hint:visible")
    for shown, hint in enumerate(PUZZLES["noun"].hints, start=1):
        expect(hints).to_have_count(shown)
        expect(hints.nth(shown - 1).locator("p")).to_be_hidden()
        hints.nth(shown - 1).locator("summary").press("Enter")
        expect(hints.nth(shown - 1).locator("p")).to_have_text(hint)
    choose(page, widget, "stop")
    expect(hints).to_have_count(1)
    hints.first.locator("summary").click()
    expect(hints.first.locator("p")).to_have_text(PUZZLES["stop"].hints[0])


def test_what_was_tried_is_there_when_the_reader_comes_back_to_a_puzzle(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    press_to(page, entry(widget, "w_q", 0, 1), 1)
    choose(page, widget, "circle")
    expect(widget.locator("[name=num_heads][value='2']")).to_have_attribute("aria-pressed", "true")
    press_to(page, entry(widget, "w_k", 3, 2), -2)
    choose(page, widget, "noun")
    expect(entry(widget, "w_q", 0, 1)).to_have_value("1")
    choose(page, widget, "circle")
    expect(entry(widget, "w_k", 3, 2)).to_have_value("-2")
    widget.locator('[data-action="reset"]').click()
    next_frame(page)
    expect(widget.locator("h3")).to_contain_text("1. Find the noun")
    expect(entry(widget, "w_q", 0, 1)).to_have_value("0")
    choose(page, widget, "circle")
    expect(entry(widget, "w_k", 3, 2)).to_have_value("0")


def test_solved_puzzles_are_remembered_until_the_reset(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    solve_by_keys(page, widget, "noun")
    choose(page, widget, "each_other")
    solve_by_keys(page, widget, "each_other")
    page.reload()
    widget = ready(page)
    assert ticked(widget) == ["noun", "each_other"]
    expect(verdict(widget)).to_contain_text("0 of 4 rows fit")  # the tick is kept, the answer is not
    widget.locator('[data-action="reset"]').click()
    next_frame(page)
    assert ticked(widget) == []
    page.reload()
    assert ticked(ready(page)) == []


def test_a_spoiled_memory_is_left_alone(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    place = "`mha-lessons ${location.pathname} head_puzzle`"
    for solved in ['"noun <img>"', "7", '"__proto__"', "null", "["]:
        page.evaluate(f"value => localStorage.setItem({place}, value)", f'{{"solved": {solved}}}')
        page.reload()
        widget = ready(page)
        assert ticked(widget) == [], solved
    solve_by_keys(page, widget, "noun")
    assert ticked(widget) == ["noun"]


def test_without_a_memory_the_puzzles_work_all_the_same(watched: Watched, tmp_path: Path) -> None:
    address = widget_page(tmp_path, "head_puzzle")
    page = watched.open("about:blank")
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('refused') } })"
    )
    page.context.unroute_all()
    page.goto(address)
    widget = ready(page)
    solve_by_keys(page, widget, "noun")
    choose(page, widget, "stop")
    assert ticked(widget) == ["noun"]


def test_a_copied_link_carries_the_attempt_but_no_ticks(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    solve_by_keys(page, widget, "noun")
    choose(page, widget, "own_question")
    widget.locator("[name=num_heads][value='2']").click()
    press_to(page, entry(widget, "w_q", 3, 2), -2)
    press_to(page, entry(widget, "w_k", 0, 2), 1)
    next_frame(page)
    again = ready(watched.open(copied(page, widget, "copy-link")))
    expect(again.locator("h3")).to_contain_text("To each its own")
    expect(again.locator("[name=num_heads][value='2']")).to_have_attribute("aria-pressed", "true")
    expect(entry(again, "w_q", 3, 2)).to_have_value("-2")
    expect(entry(again, "w_k", 0, 2)).to_have_value("1")
    assert ticked(again) == []


def test_the_numbers_shown_are_those_of_torch_and_of_the_copied_code(
    watched: Watched, tmp_path: Path
) -> None:
    rng = random.Random(4)
    codes, states = [], []
    for name in ["each_other", "own_question", "circle", "both_sides"]:
        heads = rng.choice(PUZZLES[name].heads)
        w_q, w_k = (rng.choices(range(-LIMIT, LIMIT + 1), k=PUZZLES[name].entries) for _ in "qk")
        folder = tmp_path / name
        folder.mkdir()
        page, widget = opened(watched, folder, puzzle=name, num_heads=heads, w_q=w_q, w_k=w_k)
        show_numbers(widget)
        wanted = attempt(name, heads, w_q, w_k)
        for table, caption in TABLES.items():
            np.testing.assert_allclose(numbers(widget, caption), getattr(wanted, table), atol=CLOSE)
        for head in range(heads):
            for table in ("scores", "attn"):
                shown = numbers(widget, f"{table} of head {head}")
                np.testing.assert_allclose(shown, getattr(wanted, table)[head], atol=CLOSE)
        codes.append(copied(page, widget, "copy-code"))
        states.append(wanted)
    for said, wanted in zip(said_by(codes), states, strict=True):
        printed = tensors(said)
        assert list(printed) == ["q", "k", "scores", "attn", "report", "distance"]
        for name, values in printed.items():
            np.testing.assert_allclose(values, getattr(wanted, name), atol=CLOSE, err_msg=name)


def test_hostile_links_change_nothing_that_is_not_meant(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    for fragment, says in {
        "puzzle=%3Cimg src=x onerror=alert(1)%3E": "",
        "puzzle=__proto__&solved=noun": "",
        "w_q=9%209&w_k=NaN": "",
        "w_q=1%201%201": "w_q should have 2 numbers",
        "w_q=0.5%200": "w_q should be a list of whole numbers",
        "w_q=&num_heads=2": "is for 1 head, got num_heads=2",
    }.items():
        page.evaluate("link => { location.hash = link }", f"#head_puzzle-1?{fragment}")
        next_frame(page)
        expect(widget).to_have_attribute("data-state", "ready")
        expect(widget.locator("[role=alert]")).to_contain_text(says)
        if not says:
            expect(widget.locator("[role=alert]")).to_be_empty()
    assert ticked(widget) == []
    assert widget.locator("img").count() == 0
    choose(page, widget, "stop")
    expect(widget.locator("[role=alert]")).to_be_empty()


def test_a_free_row_says_so_and_rows_that_fit_have_a_tick(watched: Watched, tmp_path: Path) -> None:
    _page, widget = opened(watched, tmp_path, puzzle="one_back", **SOLUTIONS["one_back"])
    rows = widget.locator(".mha-report:visible tbody tr:visible")
    expect(rows).to_have_count(5)
    ends = [text.strip() for text in rows.locator(".mha-astray").all_inner_texts()]
    assert ends[0] == "free"
    assert all(end.startswith("✓ 0.0") for end in ends[1:])
    goal = rows.locator(".mha-cell[data-goal=true]")
    expect(goal).to_have_count(4)
    assert all(float(share) >= 1 - TOLERANCE for share in goal.all_inner_texts())


def test_what_stands_beside_a_row_stands_level_with_it(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    page.add_style_tag(content="th, td { vertical-align: top; }")  # as the book has it for its own tables
    row = widget.locator(".mha-report tbody tr").first
    for side in row.locator("th, td").all():
        assert side.evaluate("cell => getComputedStyle(cell).verticalAlign") == "middle"


def test_a_saved_picture_parses_and_carries_title_words_and_verdict(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, puzzle="two_reports", **SOLUTIONS["two_reports"])
    svg = saved_svg(page, widget)
    name = "{http://www.w3.org/2000/svg}"
    assert svg.findtext(f"{name}title") == "Head puzzle"
    assert "✓ Solved: all 8 rows fit." in (svg.findtext(f"{name}desc") or "")
    assert {"4. Two reports", "report: who", "slept", "0.95", "✓ 0.05"} <= svg_texts(svg)
    assert len(list(svg.iter(f"{name}polyline"))) == 2 * 8, "a ring for each goal, and a line inside it"


def test_an_update_makes_no_new_elements(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, puzzle="both_sides", num_heads=2)
    count = "() => document.querySelectorAll('*').length"
    before = page.evaluate(count)
    for place in range(8):
        press_to(page, entry(widget, "w_q", place, 4), 2 if place % 2 else -1)
    widget.locator("[name=num_heads][value='1']").click()
    choose(page, widget, "noun")
    assert page.evaluate(count) == before


def test_moving_a_slider_moves_no_other_thing(watched: Watched, tmp_path: Path) -> None:
    for width in (390, 1100):
        page, widget = opened(watched, tmp_path, width=width, puzzle="own_question", num_heads=2)
        panel = widget.locator(".mha-panels")
        before = panel.bounding_box()
        for place, value in enumerate(SOLUTIONS["own_question"]["w_q"]):
            press_to(page, entry(widget, "w_q", place, 2), value)
            next_frame(page)
            panel.scroll_into_view_if_needed()
        page.evaluate("scrollTo(0, 0)")
        assert panel.bounding_box() == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(watched: Watched, tmp_path: Path, scheme: str) -> None:
    page, widget = opened(watched, tmp_path, scheme=scheme)
    expect(widget).to_have_attribute("data-theme", scheme)
    for name in ("noun", "circle", "one_back", "both_sides"):
        choose(page, widget, name)
        for width in (320, 390, 720, 1100):
            page.set_viewport_size({"width": width, "height": 900})
            next_frame(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


def test_the_patterns_stay_in_sight_on_a_phone_while_a_slider_is_moved(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, width=390, puzzle="both_sides", num_heads=2)
    entry(widget, "w_k", 7, 4).scroll_into_view_if_needed()
    page.mouse.wheel(0, 200)
    next_frame(page)
    expect(entry(widget, "w_k", 7, 4)).to_be_in_viewport()
    expect(widget.locator(".mha-report").first).to_be_in_viewport(ratio=1)
