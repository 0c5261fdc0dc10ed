"""HeadExplorer in JupyterLab: its numbers are those of torch in the kernel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, expect

from mha_lessons.compute import compute
from tests.browser.explorer import patterns
from tests.browser.widget_page import copied
from tests.lab.expected import attention_by_hand
from tests.lab.explorer import START, shows
from tests.lab.notebook import Notebook, until


def test_the_cell_mounts_a_widget_that_says_that_torch_in_the_kernel_computed(lesson: Notebook) -> None:
    lesson.run_again(1)
    assert lesson.cells()[1] == ["Code", "HeadExplorer(num_heads=4)"]
    widget = lesson.output(1).locator('[data-widget="head_explorer"]')
    expect(widget).to_have_attribute("data-state", "ready")
    expect(widget.locator("[data-origin=kernel]")).to_contain_text(
        f"torch {torch.__version__.split('+')[0]} in the kernel"
    )
    assert len(patterns(widget)) == 4
    expect(widget).to_have_attribute("data-theme", "light")


def test_typing_a_sentence_changes_the_picture_and_the_numbers_to_those_of_torch(
    lesson: Notebook, explorer: Locator
) -> None:
    before = patterns(explorer)
    typed = replace(START, text="The robot gave it to her sister")
    explorer.locator("[name=text]").focus()
    lesson.page.keyboard.press("Control+A")
    lesson.page.keyboard.type(typed.text)
    shows(lesson, explorer, typed)
    assert patterns(explorer) != before


def test_moving_num_heads_by_keyboard_changes_the_picture_and_the_numbers_to_those_of_torch(
    lesson: Notebook, explorer: Locator
) -> None:
    explorer.locator("[name=num_heads]").focus()
    for count in (5, 6, 7, 8):
        lesson.page.keyboard.press("ArrowRight")
        expect(explorer.locator("[name=num_heads]")).to_have_value(str(count))
    moved = replace(START, num_heads=8)
    shows(lesson, explorer, moved)
    assert lesson.kernel.value("w.num_heads") == 8


def test_every_control_reaches_torch(lesson: Notebook, explorer: Locator) -> None:
    chosen = replace(START, d_model=32, source="designed", seed=12, causal=True)
    explorer.locator("[name=source]").select_option("designed")
    explorer.locator("[name=d_model]").select_option("32")
    explorer.locator("[name=seed]").fill("12")
    explorer.locator("[name=causal]").check()
    shows(lesson, explorer, chosen)
    tokens, roles, trace = compute(chosen)
    assert roles is not None
    shown = explorer.locator(".mha-tile:visible .mha-tile-name").all_inner_texts()
    assert shown == [f"head {head} · {role}" for head, role in enumerate(roles)]
    explorer.locator(".mha-tile >> nth=2").click()
    shows(lesson, explorer, chosen, {name: getattr(trace, name)[0] for name in
                                     ("q", "k", "v", "scores", "attn", "z", "concat", "output")})  # fmt: skip
    assert len(tokens) == 8


def test_a_chosen_cell_reads_torchs_dot_product_score_and_weight_and_tells_the_kernel(
    lesson: Notebook, explorer: Locator
) -> None:
    explorer.locator(".mha-tile >> nth=1").click()
    explorer.locator("[data-part=cells]").focus()
    for key in ["Home", *["ArrowUp"] * 8, "ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"]:
        lesson.page.keyboard.press(key)
    until(
        lesson.page,
        lambda: lesson.kernel.value("[w.head, w.query, w.key]") == [1, 2, 3],
        "the kernel to hear of it",
    )
    wanted = attention_by_hand(START)
    dot = float(wanted["q"][1, 2] @ wanted["k"][1, 3])

    def shown(name: str) -> float:
        return float(explorer.locator(f'[data-number="{name}"]').get_attribute("data-value") or "nan")

    # what is out of sight is drawn once the hand rests
    until(lesson.page, lambda: shown("dot") == pytest.approx(dot, abs=1e-4), "the dot product of the cell")
    read = {name: shown(name) for name in ("score", "weight")}
    assert read["score"] == pytest.approx(float(wanted["scores"][1, 2, 3]), abs=1e-4)
    assert read["weight"] == pytest.approx(float(wanted["attn"][1, 2, 3]), abs=1e-5)


def test_a_head_clicked_and_a_cell_pointed_at_are_read_out_and_the_kernel_hears_of_them(
    lesson: Notebook, explorer: Locator
) -> None:
    lesson.kernel.run("w.head, w.query, w.key = 0, 0, 0")
    explorer.locator(".mha-tile >> nth=2").click()
    cells = explorer.locator("[data-part=cells] .mha-cells")
    cells.scroll_into_view_if_needed()
    side = 1 / len(START.text.split())

    def shown() -> float:
        return float(explorer.locator('[data-number="weight"]').get_attribute("data-value") or "nan")

    weights = attention_by_hand(START)["attn"][2]
    for query, key in ((3, 5), (6, 1)):
        box = cells.bounding_box()
        assert box is not None
        lesson.page.mouse.move(
            box["x"] + (key + 0.5) * side * box["width"], box["y"] + (query + 0.5) * side * box["height"]
        )
        until(
            lesson.page,
            lambda place=[2, query, key]: lesson.kernel.value("[w.head, w.query, w.key]") == place,
            f"the kernel to hear of head 2, query {query}, key {key}",
        )
        wanted = pytest.approx(float(weights[query, key]), abs=1e-5)
        until(lesson.page, lambda wanted=wanted: shown() == wanted, "the weight of the cell")


def test_the_copied_python_call_makes_the_same_widget_in_a_cell(lesson: Notebook, explorer: Locator) -> None:
    explorer.locator("[name=num_heads]").focus()
    for _ in range(2):
        lesson.page.keyboard.press("ArrowLeft")
    shows(lesson, explorer, replace(START, num_heads=2))
    call = copied(lesson.page, explorer, "copy-link")
    assert call.startswith("HeadExplorer(")
    made = lesson.kernel.value(f"{call}.page_state()")
    assert made == lesson.kernel.value("w.page_state()")
    assert (made["text"], made["num_heads"], made["seed"]) == (START.text, 2, START.seed)


def test_a_sentinel_in_place_of_the_kernels_answer_shows_up_in_the_picture(
    lesson: Notebook, explorer: Locator
) -> None:
    """Only if the kernel really is the source: the page's own engine knows nothing of this."""
    lesson.kernel.run(
        "from mha_lessons import Trace\n"
        "compute_attn = Trace.attn.compute\n"
        "Trace.attn.compute = lambda trace: torch.eye(trace.k.shape[2]).flip(-1).expand_as(trace.scores)\n"
    )
    try:
        explorer.locator("[name=seed]").focus()
        lesson.page.keyboard.press("ArrowUp")
        seq = len(START.text.split())
        sentinel = np.eye(seq, dtype=bool)[::-1]

        def shown() -> bool:
            pictures = [np.array(picture).reshape(seq, seq, 4) for picture in patterns(explorer)]
            return len(pictures) == START.num_heads and all(
                len(np.unique(picture[sentinel], axis=0)) == len(np.unique(picture[~sentinel], axis=0)) == 1
                and picture[sentinel][0, :3].sum() < picture[~sentinel][0, :3].sum()
                for picture in pictures
            )

        until(lesson.page, shown, "the sentinel in each head's picture")
    finally:
        lesson.kernel.run("Trace.attn.compute = compute_attn")
    lesson.page.keyboard.press("ArrowUp")
    shows(lesson, explorer, replace(START, seed=START.seed + 2))


def test_a_slider_dragged_by_mouse_ends_on_the_picture_of_its_last_value(
    lesson: Notebook, explorer: Locator
) -> None:
    slider = explorer.locator("[name=num_heads]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    lesson.page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    lesson.page.mouse.down()
    lesson.page.mouse.move(box["x"] + box["width"] + 5, middle, steps=12)
    lesson.page.mouse.up()
    shows(lesson, explorer, replace(START, num_heads=16))


def test_while_the_kernel_is_busy_requests_wait_and_only_the_last_one_goes(
    lesson: Notebook, explorer: Locator
) -> None:
    lesson.kernel.run(
        "import time\n"
        "from mha_lessons import Trace\n"
        "compute_attn, answered = Trace.attn.compute, []\n"
        "Trace.attn.compute = lambda trace: time.sleep(0.5) or compute_attn(trace)\n"
        "w.observe(lambda change: answered.append(change.new['num_heads']), '_answer')\n"
    )
    try:
        explorer.locator("[name=num_heads]").evaluate("""slider => {
            for (const heads of [2, 1, 8, 4, 1, 16, 2, 8]) {
                slider.value = heads;
                slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
            }
        }""")
        shows(lesson, explorer, replace(START, num_heads=8))
        lesson.page.wait_for_timeout(600)  # a third request would be answered by then
        assert lesson.kernel.value("answered") == [2, 8]
    finally:
        lesson.kernel.run("Trace.attn.compute = compute_attn; w.unobserve_all('_answer')")
