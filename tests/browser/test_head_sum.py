"""HeadSum on a page: gates by pointer and by keys, numbers of torch, shared, saved, fed with bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from mha_lessons import MultiHeadAttention
from mha_lessons.gates import HeadSum, given_sum, head_sum
from mha_lessons.params import Params
from mha_lessons.widgets.given import NOT_WHOLE, NOTHING_TO_SUM, given_attentions, given_trace, summands
from tests.browser.conftest import Watched
from tests.browser.explorer import CELLS, next_frame, numbers, show_numbers
from tests.browser.widget_page import copied, open_widget, ready, said_by, saved_svg, widget_page
from tests.parity.heads import tensors

LAYER: dict[str, Any] = {
    "text": "we saw her two ducks",
    "num_heads": 3,
    "d_model": 12,
    "seed": 4,
    "source": "random",
}
STATE = LAYER | {"query": 1, "dimension": 2}
CLOSE = 6e-4
TERMS = ".mha-term:visible:not(.mha-heading)"


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    page, widget = open_widget(watched, folder, "head_sum", **STATE | traits)
    show_numbers(widget)
    return page, widget


def gate(widget: Locator, head: int, value: str) -> Locator:
    return widget.locator(f'[name="gates"][data-head="{head}"][value="{value}"]')


def assert_shows(widget: Locator, wanted: HeadSum, query: int) -> None:
    vectors = numbers(widget, "What each head adds")
    parts = list((wanted.gates[:, None, None] * wanted.contributions)[:, query].numpy())
    parts += [] if wanted.bias is None else [wanted.bias.numpy()]
    rows = [*parts, *(vector[query].numpy() for vector in (wanted.output, wanted.reference))]
    np.testing.assert_allclose(vectors[:-1], rows, atol=CLOSE)
    np.testing.assert_allclose(vectors[-1], rows[-2] - rows[-1], atol=CLOSE)
    np.testing.assert_allclose(vectors[: len(parts)].sum(0), vectors[-3], atol=0.0005 * (len(parts) + 1))
    moved = np.stack([values.numpy() for values in wanted.movement], -1)
    np.testing.assert_allclose(numbers(widget, "How far each word"), moved, atol=0.02)


def test_a_gate_closed_by_pointer_takes_away_exactly_the_heads_part(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    before = numbers(widget, "What each head adds")
    assert not numbers(widget, "How far each word").any(), "all gates are 1 at the start"
    gate(widget, 1, "0").click()
    next_frame(page)
    after = numbers(widget, "What each head adds")
    np.testing.assert_allclose(before[3] - after[3], before[1], atol=0.0016)
    assert_shows(widget, head_sum(Params(**LAYER), [1, 0, 1]), query=1)
    expect(widget.locator(TERMS).nth(5).locator(".mha-name")).to_have_text("change = −1 × head 1")
    for name in ("gap", "change_gap"):
        shown = widget.locator(f'[data-number="{name}"]').get_attribute("data-value")
        assert 0 <= float(shown or "nan") < 1e-6


def test_arrow_keys_move_a_gate_and_the_choice_of_word_and_dimension(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    gate(widget, 2, "1").focus()
    page.keyboard.press("ArrowRight")
    expect(gate(widget, 2, "2")).to_have_attribute("aria-checked", "true")
    expect(gate(widget, 2, "2")).to_be_focused()
    expect(gate(widget, 2, "1")).to_have_attribute("aria-checked", "false")
    for key in ["Home", "ArrowDown"]:
        widget.locator('[data-part="words"]').press(key)
    for key in ["End", "ArrowLeft", "ArrowDown"]:
        widget.locator('[data-part="addition"]').press(key)
    next_frame(page)
    wanted = head_sum(Params(**LAYER), [1, 1, 2])
    assert_shows(widget, wanted, query=2)
    expect(widget.locator("h3").first).to_contain_text("The output at “her”")
    terms = [float(wanted.gates[i] * wanted.contributions[i, 2, 10]) for i in range(3)]
    shown = widget.locator(".mha-sum").inner_text().replace("−", "-").replace("- ", "-").replace("+ ", "")
    found = [float(number) for number in shown.replace("=", "").split()]
    np.testing.assert_allclose(found, [*terms, sum(terms)], atol=0.0051)


def test_the_buttons_close_and_open_every_gate(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.get_by_role("button", name="All off").click()
    next_frame(page)
    assert not numbers(widget, "What each head adds")[:4].any()
    angles = widget.locator(".mha-numbers table").first.evaluate(CELLS)
    assert {row[2] for row in angles} == {"NaN"}, "a zero vector has no direction"
    widget.get_by_role("button", name="All gates 1").click()
    next_frame(page)
    assert_shows(widget, head_sum(Params(**LAYER)), query=1)


def test_gates_of_python_and_of_heads_that_come_back_are_kept(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, gates=[1.5, 1, -2])
    assert_shows(widget, head_sum(Params(**LAYER), [1.5, 1, -2]), query=1)
    expect(widget.locator(TERMS).nth(2).locator(".mha-name")).to_have_text("head 2 × −2")
    assert gate(widget, 2, "0").get_attribute("tabindex") == "0", "a gate of no button can be reached by Tab"
    widget.locator("[name=num_heads]").fill("2")
    gate(widget, 1, "0").click()
    widget.locator("[name=num_heads]").fill("3")
    next_frame(page)
    assert_shows(widget, head_sum(Params(**LAYER), [1.5, 0, -2]), query=1)


def test_pointing_at_a_bar_chooses_its_dimension_and_at_a_word_takes_it_apart(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    bars = widget.locator(".mha-term .mha-bars").nth(1).bounding_box()
    assert bars is not None
    page.mouse.move(bars["x"] + bars["width"] * 7.5 / 12, bars["y"] + 4)
    expect(widget.locator("h3").nth(1)).to_contain_text("Dimension 7 at “saw”")
    words = widget.locator('[data-part="words"]')
    words.scroll_into_view_if_needed()
    words.click(position={"x": 30, "y": 30 + 3.5 * 24})
    expect(widget.locator("h3").nth(1)).to_contain_text("Dimension 7 at “two”")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("text", "  ", "empty"), ("text", "a " * 300, "300"), ("num_heads", "5", "5 equal")],
)
def test_bad_input_gets_a_sentence_and_the_last_good_numbers_stay(
    watched: Watched, tmp_path: Path, name: str, value: str, says: str
) -> None:
    page, widget = opened(watched, tmp_path)
    good = numbers(widget, "What each head adds")
    widget.locator(f"[name={name}]").fill(value)
    next_frame(page)
    expect(widget.locator("[role=alert]")).to_contain_text(says)
    assert (numbers(widget, "What each head adds") == good).all()


def test_hostile_sentences_and_links_do_no_harm(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    for text in ["<img src=x onerror=alert(1)>", "שלום the مرحبا", "👩‍👩‍👧 \u202e evil", "\x00 \ufeff a"]:
        widget.locator("[name=text]").fill(text)
        next_frame(page)
        assert widget.locator("img").count() == 0
    start = page.url
    page.close()
    page = watched.open(
        start + "#head_sum-1?gates=NaN+1&query=-4&text=%3Cimg%20src%3Dx%3E&d_model=1e9&causal=yes"
    )
    widget = ready(page)
    expect(widget.locator("[name=text]")).to_have_value("<img src=x>")
    expect(widget.locator("[name=causal]")).to_be_checked()
    expect(gate(widget, 0, "1")).to_have_attribute("aria-checked", "true")


def test_a_copied_link_opens_the_same_state_and_reset_the_start(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    gate(widget, 0, "0.5").click()
    widget.locator("[name=causal]").check()
    next_frame(page)
    there = ready(watched.open(copied(page, widget, "copy-link")))
    show_numbers(there)
    for caption in ("What each head adds", "How far each word"):
        assert (numbers(there, caption) == numbers(widget, caption)).all()
    widget.locator('[data-action="reset"]').click()
    next_frame(page)
    assert_shows(widget, head_sum(Params(**LAYER)), query=1)


def test_the_copied_code_runs_without_the_package_and_prints_the_numbers_shown(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, gates=[0, 1, 0.5], causal=True)
    (said,) = said_by([copied(page, widget, "copy-code")])
    found = tensors(said)
    np.testing.assert_allclose(
        found["what each head adds at word 1"], numbers(widget, "What each head adds")[:3], atol=0.0011
    )
    moved = found["change, relative, angle in degrees, a row a word"]
    np.testing.assert_allclose(moved, numbers(widget, "How far each word"), atol=0.02)


def test_the_saved_svg_parses_and_carries_title_description_and_heads(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, gates=[1, 0], text="a <b> & c")
    root = saved_svg(page, widget)
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "The output as a sum of heads"
    assert "Gates 1, 0, 1." in (root.findtext(f"{space}desc") or "")
    words = [text.text for text in root.iter(f"{space}text")]
    assert {"head 0", "head 2", "output", "<"} <= set(words)
    assert len(list(root.iter(f"{space}rect"))) > 3 * 12, "a bar a dimension"


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (760, "light"), (1100, "dark")])
def test_nothing_is_wider_than_the_screen(watched: Watched, tmp_path: Path, width: int, scheme: str) -> None:
    page, widget = opened(
        watched, tmp_path, width=width, scheme=scheme, num_heads=12, source="designed", d_model=48
    )
    expect(widget).to_have_attribute("data-theme", scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_gate_makes_no_new_nodes(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator('[data-action="show-numbers"]').click()
    count = "root => root.querySelectorAll('*').length"
    before = widget.evaluate(count)
    for value in ("0", "2", "0.5", "1"):
        gate(widget, 1, value).click()
        next_frame(page)
    assert widget.evaluate(count) == before


@pytest.mark.parametrize("width", [390, 700, 1100])
def test_a_rows_length_stands_beside_its_label(watched: Watched, tmp_path: Path, width: int) -> None:
    _, widget = opened(watched, tmp_path, gates=[1, 0.5], width=width)
    terms = widget.locator(TERMS)
    assert terms.count() == 6
    for term in terms.all():
        name, length = (term.locator(part).bounding_box() for part in (".mha-name", ".mha-length"))
        assert name
        assert length
        assert name["x"] + name["width"] <= length["x"]
        middle = length["y"] + length["height"] / 2
        assert name["y"] <= middle <= name["y"] + name["height"]


def handed_in() -> dict[str, Any]:
    """A trace of four words, three heads and a bias, as a page carries it."""
    torch.manual_seed(2)
    mha = MultiHeadAttention(12, 3)
    with torch.no_grad():
        for parameter in mha.parameters():
            parameter.normal_(std=0.5)
        trace = mha.trace(torch.randn(1, 4, 12))
    return given_trace(trace, ["<b>", "left", "שלום", "there"], contributions=True)


def test_a_trace_handed_in_is_summed_with_its_bias_and_the_gates_act_on_it(
    watched: Watched, tmp_path: Path
) -> None:
    given = handed_in()
    page, widget = opened(watched, tmp_path, given=given)
    expect(widget.locator(".mha-origin")).to_have_text("tensors handed in")
    for name in ("text", "num_heads", "seed", "source"):
        expect(widget.locator(f"[name={name}]")).to_be_hidden()
    expect(widget.locator(TERMS).nth(3).locator(".mha-name")).to_have_text("bias, which has no gate")
    expect(widget.locator("h3").first).to_have_text("The output at “left” = 4 vectors, added")
    gate(widget, 1, "0").click()
    next_frame(page)
    wanted = given_sum(**summands(given), gates=[1, 0, 1])
    assert_shows(widget, wanted, query=1)
    shown = widget.locator('[data-number="gap"]').get_attribute("data-value")
    assert float(shown or "nan") == pytest.approx(wanted.gap, abs=2e-6)
    shares = numbers(widget, "Heads at")[:, 2]
    assert shares.sum() == pytest.approx(1, abs=0.003)
    widget.get_by_role("button", name="All off").click()
    next_frame(page)
    closed = numbers(widget, "What each head adds")
    np.testing.assert_array_equal(closed[4], closed[3], "the bias is left")
    assert {"bias", "head 0"} <= {text.text for text in saved_svg(page, widget).iter() if text.text}


def test_a_link_changes_the_gates_of_tensors_handed_in_and_never_the_tensors(
    watched: Watched, tmp_path: Path
) -> None:
    given = handed_in()
    page, widget = opened(watched, tmp_path, given=given)
    gate(widget, 2, "2").click()
    next_frame(page)
    link = copied(page, widget, "copy-link")
    assert "given" not in link
    page.close()
    hostile = "&given=%7B%22fields%22%3A%5B%5B%22contributions%22%2C9e9%5D%5D%7D&text=x&num_heads=9"
    widget = ready(watched.open(link + hostile))
    show_numbers(widget)
    assert_shows(widget, given_sum(**summands(given), gates=[1, 1, 2]), query=1)


def test_tensors_handed_in_have_no_code_to_copy(watched: Watched, tmp_path: Path) -> None:
    _, widget = opened(watched, tmp_path, given=handed_in())
    widget.locator('[data-action="copy-code"]').click()
    expect(widget.locator(".mha-status")).to_contain_text("handed in, and no code here made them")


def test_what_cannot_be_summed_gets_one_sentence(watched: Watched, tmp_path: Path) -> None:
    attention = given_attentions(torch.full((2, 3, 3), 1 / 3), list("abc"), 0)
    for given, sentence in ((attention, NOTHING_TO_SUM), (handed_in() | {"data": "AAAA"}, NOT_WHOLE)):
        page = watched.open(widget_page(tmp_path, "head_sum", {"given": given}))
        expect(page.locator("[role=alert]").filter(has_text=sentence)).to_have_count(1)
        page.close()
