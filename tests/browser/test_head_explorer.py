"""HeadExplorer in the built book, with no kernel, over http and from file://."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from mha_lessons.compute import compute
from mha_lessons.params import Params, check
from tests.browser.conftest import Watched
from tests.browser.explorer import CLOSE, PIXELS, explorer, next_frame, numbers, patterns, show_numbers
from tests.browser.widget_page import open_widget, saved_svg, svg_texts

SENTENCE = "Anna told Bob that she lost his keys"


def set_params(page: Page, widget: Locator, params: Params) -> None:
    widget.locator("[name=source]").select_option(params.source)
    widget.locator("[name=d_model]").select_option(str(params.d_model))
    widget.locator("[name=text]").fill(params.text)
    widget.locator("[name=num_heads]").fill(str(params.num_heads))
    widget.locator("[name=seed]").fill(str(params.seed))
    widget.locator("[name=causal]").set_checked(params.causal)
    next_frame(page)


def params(**changed: object) -> Params:
    plain = {"text": SENTENCE, "num_heads": 4, "d_model": 32, "d_head": None, "causal": False,
             "temperature": 1.0, "seed": 5, "source": "random"}  # fmt: skip
    return Params(**{**plain, **changed})  # type: ignore[arg-type]


def test_a_sentence_typed_and_a_head_count_moved_by_keyboard_change_the_picture_and_the_numbers(
    watched: Watched, root: str
) -> None:
    page = watched.open(root + "index.html")
    widget = explorer(page)
    show_numbers(widget)
    before = patterns(widget), numbers(widget, "output")

    text = widget.locator("[name=text]")
    text.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(SENTENCE)
    next_frame(page)
    typed = patterns(widget), numbers(widget, "output")
    assert len(typed[0][0]) == 4 * len(SENTENCE.split()) ** 2, (
        "four bytes a cell, a cell for each pair of words"
    )
    assert typed[1].shape[0] == len(SENTENCE.split())
    assert typed[0] != before[0]

    widget.locator("[name=num_heads]").focus()
    start = int(widget.locator("[name=num_heads]").input_value())
    for _ in range(start, 2 * start):
        page.keyboard.press("ArrowRight")
    next_frame(page)
    moved = patterns(widget), numbers(widget, "output")
    assert len(moved[0]) == 2 * len(typed[0])
    assert moved[0][0] != typed[0][0]
    assert not np.allclose(moved[1], typed[1], atol=0.01)


@pytest.mark.parametrize(
    "shown",
    [
        params(num_heads=2, causal=True),
        params(num_heads=1, d_model=16, seed=11),
        params(num_heads=8, source="designed", d_model=64),
    ],
    ids=["causal", "one head", "designed"],
)
def test_the_numbers_on_the_page_are_those_of_the_torch_module(
    watched: Watched, root: str, shown: Params
) -> None:
    page = watched.open(root + "index.html")
    widget = explorer(page)
    set_params(page, widget, shown)
    head = shown.num_heads - 1
    widget.locator(f'button[name="head"][value="{head}"]').click()
    show_numbers(widget)
    _tokens, _roles, trace = compute(shown)
    for caption, wanted in {
        "attn of head": trace.attn[0, head],
        "scores of head": trace.scores[0, head],
        "q of head": trace.q[0, head],
        "v of head": trace.v[0, head],
        "z of all heads": trace.concat[0],
        "output": trace.output[0],
    }.items():
        got = torch.from_numpy(numbers(widget, caption)).float()
        assert got.shape == wanted.shape, caption
        torch.testing.assert_close(
            got, wanted.detach(), atol=CLOSE, rtol=2e-5, msg=lambda m, c=caption: f"{c}: {m}"
        )


def test_a_masked_cell_is_transparent_and_a_cell_that_may_be_seen_is_not(
    watched: Watched, http_root: str
) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    set_params(page, widget, params(causal=True))
    seq = len(SENTENCE.split())
    for pixels in patterns(widget):
        alpha = np.array(pixels).reshape(seq, seq, 4)[..., 3]
        assert (alpha == np.where(np.tri(seq), 255, 0)).all()


@pytest.mark.parametrize(
    ("control", "value", "says"),
    [
        ("num_heads", "3", "3"),
        ("text", "   ", "empty"),
        ("text", "word " * 300, "300"),
        ("seed", "", "seed"),
    ],
)
def test_bad_input_gets_one_sentence_and_the_last_good_picture_stays(
    watched: Watched, http_root: str, control: str, value: str, says: str
) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    set_params(page, widget, params())
    good, kept = patterns(widget), widget.locator(f"[name={control}]").first.input_value()
    widget.locator(f"[name={control}]").first.fill(value)
    next_frame(page)
    message = widget.locator("[role=alert]")
    expect(message).to_contain_text(says)
    assert patterns(widget) == good
    widget.locator(f"[name={control}]").first.fill(kept)
    next_frame(page)
    expect(message).to_be_empty()
    assert patterns(widget) == good


def test_arrow_keys_walk_over_the_cells_and_the_dot_product_follows(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    shown = params()
    set_params(page, widget, shown)
    widget.locator('button[name="head"][value="1"]').click()
    cells = widget.locator('[data-part="cells"]')
    cells.focus()
    page.keyboard.press("Home")
    for _ in range(len(SENTENCE.split())):
        page.keyboard.press("ArrowUp")
    for key in ["ArrowDown", "ArrowDown", "ArrowRight"]:
        page.keyboard.press(key)
    trace = compute(shown)[2]
    q, k = trace.q[0, 1, 2], trace.k[0, 1, 1]
    read = {
        name: float(widget.locator(f'[data-number="{name}"]').get_attribute("data-value") or "nan")
        for name in ("dot", "score", "weight")
    }
    assert read["dot"] == pytest.approx(float(q @ k), abs=1e-4)
    assert read["score"] == pytest.approx(float(q @ k) / 8**0.5, abs=1e-4)
    assert read["weight"] == pytest.approx(float(trace.attn[0, 1, 2, 1]), abs=1e-5)


def test_pointing_at_a_cell_chooses_its_two_words(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    set_params(page, widget, params())
    cells = widget.locator('[data-part="cells"] .mha-cells')
    cells.scroll_into_view_if_needed()
    box = cells.bounding_box()
    assert box is not None
    side = box["width"] / len(SENTENCE.split())
    page.mouse.move(box["x"] + 5.5 * side, box["y"] + 4.5 * side)
    expect(widget.locator(".mha-sum")).to_contain_text("she gives lost the weight")


def test_the_widget_says_that_the_page_computed(watched: Watched, root: str) -> None:
    widget = explorer(watched.open(root + "index.html"))
    expect(widget.locator("[data-origin=page]")).to_be_visible()


def test_hostile_sentences_stay_text(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    show_numbers(widget)
    for text in [
        "<img src=x onerror=alert(1)> <b>bold</b>",
        "שלום עולם the مرحبا",
        "👩‍👩‍👧 é e\u0301 \u202e evil",
        "\x00 \ufeff a",
    ]:
        widget.locator("[name=text]").fill(text)
        next_frame(page)
        assert widget.locator("img").count() == 0
        expect(widget).to_have_attribute("data-state", "ready")


@pytest.mark.parametrize("width", [320, 390, 1100])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(watched: Watched, http_root: str, width: int, scheme: str) -> None:
    page = watched.open(http_root + "index.html", width=width, scheme=scheme)
    widget = explorer(page)
    expect(widget).to_have_attribute("data-theme", scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_small_pictures_have_every_word_or_none(watched: Watched, tmp_path: Path) -> None:
    long = " ".join(f"word{i}" for i in range(40))
    page, widget = open_widget(
        watched, tmp_path, "head_explorer", text=long, num_heads=16, d_model=64, source="random"
    )
    small = widget.locator(".mha-tile .mha-labels:visible")
    large = widget.locator("[data-part=cells] .mha-labels:visible")
    expect(small).to_have_count(0)
    expect(large).to_have_count(1)
    assert {"word0", "word39"} <= svg_texts(saved_svg(page, widget)), "the large picture has them all"
    widget.locator("[name=text]").fill("four words are few")
    expect(small).to_have_count(16)
    expect(large).to_have_count(1)


@pytest.mark.parametrize("how", ["once the hand rests", "when the picture is saved"])
def test_what_is_out_of_view_is_drawn_late_and_right(watched: Watched, tmp_path: Path, how: str) -> None:
    traits = {"num_heads": 4, "d_model": 64, "source": "random"}
    page, widget = open_widget(watched, tmp_path, "head_explorer", **traits, seed=1)
    assert widget.locator(".mha-outputs").bounding_box()["y"] > 1000, "out of view"  # type: ignore[index]
    page.wait_for_timeout(400)
    widget.locator("[name=seed]").fill("2")
    next_frame(page)
    if how == "when the picture is saved":
        late = svg_texts(saved_svg(page, widget))
    page.wait_for_timeout(400)
    seen = widget.locator(".mha-outputs .mha-cells").evaluate_all(f"all => all.map({PIXELS})")

    (tmp_path / "new").mkdir()
    new_page, new = open_widget(watched, tmp_path / "new", "head_explorer", **traits, seed=2)
    new.locator(".mha-outputs").scroll_into_view_if_needed()
    next_frame(new_page)
    assert seen == new.locator(".mha-outputs .mha-cells").evaluate_all(f"all => all.map({PIXELS})")
    if how == "when the picture is saved":
        assert late == svg_texts(saved_svg(new_page, new))


@pytest.mark.parametrize(("typed", "seed"), [("", None), ("1.5", 1.5), ("-1", -1)])
def test_a_seed_that_is_none_gets_the_sentence_of_check(
    watched: Watched, tmp_path: Path, typed: str, seed: float | None
) -> None:
    page, widget = open_widget(watched, tmp_path, "head_explorer", seed=3)
    before = patterns(widget)
    widget.locator("[name=seed]").fill(typed)
    next_frame(page)
    sentence = str(check(params(seed=seed)))
    expect(widget.locator("[role=alert]")).to_have_text(
        f"{sentence} The picture is the last one that worked."
    )
    assert patterns(widget) == before
    widget.locator("[name=seed]").fill("3")
    next_frame(page)
    expect(widget.locator("[role=alert]")).to_be_empty()
