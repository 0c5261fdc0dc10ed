"""SplitOrProject on a page: steps and cells by pointer and by keys, numbers of torch, shared, saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from mha_lessons.params import Params
from mha_lessons.splitting import Readings, readings
from tests.browser.conftest import Watched
from tests.browser.explorer import next_frame, numbers, show_numbers
from tests.browser.widget_page import copied, open_widget, ready, said_by, saved_svg
from tests.parity.heads import tensors

LAYER: dict[str, Any] = {"text": "she read the old book", "num_heads": 3, "d_model": 6, "seed": 2}
STATE = LAYER | {"matrix": "q", "step": 1, "row": 0, "column": 0}
CLOSE = 6e-4


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    page, widget = open_widget(watched, folder, "split_or_project", **STATE | traits)
    return page, widget


def chosen_number(widget: Locator) -> float:
    return float(widget.locator(".mha-making .mha-sum").get_attribute("data-value") or "nan")


def written_sum(widget: Locator) -> list[float]:
    """The terms and the total as they stand on the page."""
    said = widget.locator(".mha-making .mha-sum").inner_text().split("÷")[0].replace("−", "-")
    return [float(part) for part in said.replace("- ", "-").replace("+ ", "").replace("=", "").split()]


def assert_shows(widget: Locator, wanted: Readings, name: str) -> None:
    for caption, values in {
        f"{name} = x W": wanted.projected,
        f"{name}, a small": wanted.sliced,
        f"{name}, if x were cut": wanted.cut_first,
        "attn of head 1": wanted.trace.attn[0, 1],
        "z of head 2": wanted.trace.z[0, 2],
        "concat": wanted.trace.concat[0],
        "output": wanted.trace.output[0],
    }.items():
        np.testing.assert_allclose(numbers(widget, caption), values, atol=CLOSE, err_msg=caption)


@pytest.mark.parametrize("matrix", ["q", "k", "v"])
def test_the_matrices_are_those_of_the_torch_module(watched: Watched, tmp_path: Path, matrix: str) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator("[name=matrix]").select_option(matrix)
    widget.locator("[name=causal]").check()
    show_numbers(widget)
    next_frame(page)
    assert_shows(widget, readings(Params(**LAYER, causal=True), matrix), matrix.upper())


def test_the_same_numbers_and_another_function_stand_side_by_side_with_their_measured_difference(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    wanted = readings(Params(**LAYER))
    sliced, cut = (widget.locator(f'[data-reading="{name}"]') for name in ("sliced", "cut"))
    expect(sliced).to_contain_text("exactly 0. The same numbers.")
    assert float(cut.get_attribute("data-gap") or 0) == pytest.approx(wanted.cut_gap, abs=1e-5)
    assert float(cut.get_attribute("data-output-gap") or 0) == pytest.approx(wanted.output_gap, abs=1e-5)
    expect(cut).to_contain_text(f"{wanted.cut_gap:.3f}, in the output: {wanted.output_gap:.3f}")
    widget.locator("[name=num_heads]").fill("1")
    next_frame(page)
    expect(cut).to_contain_text("exactly 0")
    expect(cut).to_contain_text("nothing to cut")


def test_the_sum_behind_every_kind_of_cell_is_the_number_of_torch(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, row=3, column=4, causal=True)
    found = readings(Params(**LAYER, causal=True))
    trace = found.trace
    q, k, v = (tensor[0] for tensor in (trace.q, trace.k, trace.v))
    row, column, head = 3, 4, 2  # column 4 over all heads is column 0 of head 2
    products = {
        1: (found.x[row] * found.w[:, column], found.projected[row, column]),
        3: (q[0, row] * k[0, 4], q[0, row] @ k[0, 4]),  # key 4 of head 0
        4: (trace.attn[0, head, row] * v[head, :, 0], trace.z[0, head, row, 0]),
        6: (trace.concat[0, row] * found.w_o[:, column], trace.output[0, row, column]),
    }
    for step, (terms, total) in products.items():
        widget.locator("[name=step]").fill(str(step))
        next_frame(page)
        assert chosen_number(widget) == pytest.approx(float(total), abs=1e-5), step
        sum_text = widget.locator(".mha-making .mha-sum")
        if step == 3:
            expect(sum_text).to_contain_text("masked: weight 0")
            continue
        np.testing.assert_allclose(written_sum(widget), [*terms, total], atol=CLOSE, err_msg=str(step))
    for step, total in {
        0: found.x[row, column],
        2: found.projected[row, column],
        5: trace.concat[0, row, column],
    }.items():
        widget.locator("[name=step]").fill(str(step))
        next_frame(page)
        assert chosen_number(widget) == pytest.approx(float(total), abs=1e-5), step


def test_buttons_and_keys_walk_through_the_steps_and_the_cells(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    wanted = readings(Params(**LAYER))
    cells = widget.locator('[data-part="cells"]')
    cells.focus()
    for key in ["ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "End", "ArrowLeft"]:
        page.keyboard.press(key)
    next_frame(page)
    assert chosen_number(widget) == pytest.approx(float(wanted.projected[1, 4]), abs=1e-5)
    title = widget.locator(".mha-one-step h3").first
    widget.get_by_role("button", name="Next").click()
    expect(title).to_have_text("Step 2: split into heads")
    for _ in range(2):
        widget.get_by_role("button", name="Back").click()
        next_frame(page)
    expect(title).to_have_text("Step 0: x")
    expect(widget.get_by_role("button", name="Back")).to_be_disabled()
    widget.locator("[name=step]").press("End")
    expect(title).to_contain_text("Step 6")
    expect(widget.get_by_role("button", name="Next")).to_be_disabled()
    for key in ["Home", "ArrowLeft", *["ArrowDown"] * 9]:
        cells.press(key)
    next_frame(page)
    assert chosen_number(widget) == pytest.approx(float(wanted.trace.output[0, 4, 0]), abs=1e-5)


def test_pointing_at_a_number_of_any_matrix_chooses_it(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    wanted = readings(Params(**LAYER))
    x, w, result = (widget.locator(".mha-one-step .mha-matrix").nth(i) for i in range(3))

    def point(matrix: Locator, row: int, column: int, rows: int, left: float) -> None:
        matrix.scroll_into_view_if_needed()
        box = matrix.bounding_box()
        assert box is not None
        side = (box["width"] - left - 1) / 6
        page.mouse.move(
            box["x"] + left + (column + 0.5) * side, box["y"] + box["height"] - 1 - (rows - row - 0.5) * 24
        )
        next_frame(page)

    label = 4 * 7.4 + 8  # room for the longest word, "book"
    point(result, 2, 5, 5, label)
    assert chosen_number(widget) == pytest.approx(float(wanted.projected[2, 5]), abs=1e-5)
    point(x, 4, 0, 5, label)
    assert chosen_number(widget) == pytest.approx(float(wanted.projected[4, 5]), abs=1e-5)
    point(w, 3, 1, 6, 0)
    assert chosen_number(widget) == pytest.approx(float(wanted.projected[4, 1]), abs=1e-5)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [("text", "  ", "empty"), ("text", "a " * 300, "300"), ("num_heads", "4", "4 equal")],
)
def test_bad_input_gets_a_sentence_and_the_last_good_picture_stays(
    watched: Watched, tmp_path: Path, name: str, value: str, says: str
) -> None:
    page, widget = opened(watched, tmp_path)
    good = chosen_number(widget)
    widget.locator(f"[name={name}]").fill(value)
    next_frame(page)
    expect(widget.locator("[role=alert]")).to_contain_text(says)
    assert chosen_number(widget) == good


def test_hostile_sentences_and_links_do_no_harm(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    for text in ["<img src=x onerror=alert(1)>", "שלום the مرحبا", "👩‍👩‍👧 \u202e evil", "word " * 60]:
        widget.locator("[name=text]").fill(text)
        for step in range(7):
            widget.locator("[name=step]").fill(str(step))
            next_frame(page)
        assert widget.locator("img").count() == 0
    link = (
        page.url + "#split_or_project-1?step=99&row=NaN&column=1e9&matrix=%3Cimg%3E&num_heads=2&text=%3Cb%3E"
    )
    widget = ready(watched.open(link))
    expect(widget.locator("[name=text]")).to_have_value("<b>")
    expect(widget.locator("[name=matrix]")).to_have_value("q")
    expect(widget.locator("[name=step]")).to_have_value("1")


def test_a_copied_link_opens_the_same_state_and_reset_the_start(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator("[name=matrix]").select_option("v")
    widget.locator("[name=step]").fill("4")
    widget.locator('[data-part="cells"]').press("ArrowDown")
    next_frame(page)
    there = ready(watched.open(copied(page, widget, "copy-link")))
    assert chosen_number(there) == chosen_number(widget)
    expect(there.locator(".mha-one-step h3").first).to_have_text("Step 4: mix the values")
    widget.locator('[data-action="reset"]').click()
    expect(widget.locator(".mha-one-step h3").first).to_have_text("Step 1: project")


def test_the_copied_code_runs_without_the_package_and_prints_the_numbers_shown(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, matrix="k", causal=True)
    show_numbers(widget)
    (said,) = said_by([copied(page, widget, "copy-code")])
    found = tensors(said)
    for name, caption in {
        "projected": "K = x W",
        "cut_first": "K, if x were cut",
        "output": "output",
    }.items():
        np.testing.assert_allclose(found[name], numbers(widget, caption), atol=0.0011, err_msg=name)


def test_the_saved_svg_parses_and_carries_title_description_and_numbers(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    root = saved_svg(page, widget)
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "Split, or projected?"
    assert (root.findtext(f"{space}desc") or "").startswith("Step 1, project. Q[she, 0] is ")
    words = {text.text for text in root.iter(f"{space}text")}
    number = f"{float(readings(Params(**LAYER)).projected[4, 5]):.2f}".replace("-", "−")
    assert {"head 1", "she", number} <= words
    assert len(list(root.iter(f"{space}image"))) >= 3


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (760, "light"), (1100, "dark")])
def test_nothing_is_wider_than_the_screen_at_any_step(
    watched: Watched, tmp_path: Path, width: int, scheme: str
) -> None:
    page, widget = opened(watched, tmp_path, width=width, scheme=scheme, num_heads=4, d_model=16)
    for step in range(7):
        widget.locator("[name=step]").fill(str(step))
        next_frame(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, step


def test_a_chosen_cell_makes_no_new_nodes(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, step=3)
    count = "root => root.querySelectorAll('*').length"
    before = widget.evaluate(count)
    for key in ["ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp"]:
        widget.locator('[data-part="cells"]').press(key)
        next_frame(page)
    assert widget.evaluate(count) == before
