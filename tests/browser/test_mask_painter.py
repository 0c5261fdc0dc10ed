"""MaskPainter on a page: painted by pointer and by keys, shared, saved, and fed with bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from mha_lessons.compute import layer
from mha_lessons.masked_head import masked_head
from mha_lessons.painted_mask import chosen_mask
from mha_lessons.params import Params
from tests.browser.conftest import Watched
from tests.browser.explorer import next_frame, numbers, show_numbers
from tests.browser.widget_page import copied, open_widget, ready, saved_svg

STATE: dict[str, Any] = {
    "text": "one two three four five six",
    "num_heads": 2,
    "d_model": 16,
    "source": "random",
    "seed": 4,
    "head": 1,
    "preset": "causal",
    "query": 2,
    "key": 1,
}
SEQ = 6


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    page, widget = open_widget(watched, folder, "mask_painter", **STATE | traits)
    show_numbers(widget)
    return page, widget


def shown_mask(widget: Locator) -> np.ndarray:
    return numbers(widget, "mask, 1 = may look").astype(bool)


def cell(widget: Locator, query: float, key: float) -> tuple[float, float]:
    """The middle of a cell on the screen."""
    cells = widget.locator('[data-part="paint"] .mha-cells')
    cells.scroll_into_view_if_needed()
    box = cells.bounding_box()
    assert box is not None
    side = box["width"] / SEQ
    return box["x"] + (key + 0.5) * side, box["y"] + (query + 0.5) * side


def test_a_drag_paints_all_it_passes_and_one_undo_takes_it_back(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    before = shown_mask(widget)
    assert (before == np.tri(SEQ)).all()
    page.mouse.move(*cell(widget, 0, 1))
    page.mouse.down()
    page.mouse.move(*cell(widget, 0, 5))  # one jump: the cells between are painted, too
    page.mouse.move(*cell(widget, 3, 5), steps=3)
    page.mouse.up()
    next_frame(page)
    wanted = before.copy()
    wanted[0, 1:] = wanted[:4, 5] = True
    assert (shown_mask(widget) == wanted).all()
    expect(widget.locator('[name=preset][value="painted"]')).to_have_attribute("aria-pressed", "true")
    widget.locator("[name=undo]").click()
    next_frame(page)
    assert (shown_mask(widget) == before).all()
    expect(widget.locator("[name=undo]")).to_be_disabled()


def test_a_stroke_that_begins_on_an_allowed_cell_forbids(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    page.mouse.move(*cell(widget, 4, 0))
    page.mouse.down()
    page.mouse.move(*cell(widget, 4, 5), steps=4)
    page.mouse.up()
    next_frame(page)
    wanted = np.tri(SEQ, dtype=bool)
    wanted[4] = False
    assert (shown_mask(widget) == wanted).all()


def test_a_finger_paints(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, width=390)
    x, y = cell(widget, 1, 4)
    finger = "{pointerType: 'touch', pointerId: 1, bubbles: true, clientX: x, clientY: y, button: 0}"
    fire = f"""([x, y, type]) =>
        document.elementFromPoint(x, y).dispatchEvent(new PointerEvent(type, {finger}))"""
    cells = widget.locator('[data-part="paint"] .mha-cells')
    cells.evaluate("canvas => { canvas.setPointerCapture = () => {} }")  # no such finger is on this machine
    for kind in ("pointerdown", "pointerup"):
        page.evaluate(fire, [x, y, kind])
    next_frame(page)
    assert shown_mask(widget)[1, 4]
    assert cells.evaluate("canvas => getComputedStyle(canvas).touchAction") == "none"


def test_keys_move_toggle_paint_along_and_undo(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator('[data-part="paint"]').focus()
    wanted = np.tri(SEQ, dtype=bool)
    for key in ["ArrowRight", "ArrowRight", "ArrowUp", "Space"]:  # from row 2, column 1
        page.keyboard.press(key)
    wanted[1, 3] = True
    next_frame(page)
    assert (shown_mask(widget) == wanted).all()
    for key in ["Shift+ArrowRight", "Shift+ArrowRight"]:
        page.keyboard.press(key)
    wanted[1, 3:] = True
    next_frame(page)
    assert (shown_mask(widget) == wanted).all()
    page.keyboard.press("Enter")
    wanted[1, 5] = False
    next_frame(page)
    assert (shown_mask(widget) == wanted).all()
    for _ in range(4):
        page.keyboard.press("z")
    next_frame(page)
    assert (shown_mask(widget) == np.tri(SEQ)).all()


def test_presets_and_their_size_give_the_mask_and_the_numbers_of_torch(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    names = ("text", "num_heads", "d_model", "seed", "source")
    _, _, x, mha, _ = layer(Params(**{name: STATE[name] for name in names}))
    for preset in ["everyone", "padding", "window", "prefix", "block", "causal"]:
        widget.locator(f'[name=preset][value="{preset}"]').click()
        size = widget.locator("[name=size]")
        if preset in ("everyone", "causal"):
            expect(size).to_be_disabled()
        else:
            size.fill("3")
        next_frame(page)
        mask = chosen_mask(preset, 3, "", SEQ)
        assert (shown_mask(widget) == mask).all(), preset
        found = masked_head(mha, x, torch.from_numpy(mask), STATE["head"])
        for caption, table in {"before:": found.before, "after:": found.after, "wrong:": found.wrong}.items():
            np.testing.assert_allclose(numbers(widget, caption), table, atol=6e-4, err_msg=preset)


def test_an_emptied_row_is_nan_by_the_formula_and_zero_here(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator("[name=row]").click()
    next_frame(page)
    assert np.isnan(numbers(widget, "plain:")[2]).all()
    assert (numbers(widget, "after:")[2] == 0).all()
    expect(widget.locator(".mha-one-row")).to_contain_text("may look at nothing")
    expect(widget.locator(".mha-one-row")).to_contain_text("three of its four evaluation paths")
    expect(widget.locator(".mha-code")).to_contain_text("000000")
    widget.locator("[name=row]").click()
    next_frame(page)
    assert shown_mask(widget)[2].all()


def test_a_longer_sentence_keeps_a_preset_and_extends_a_painted_mask(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator("[name=text]").fill("a b c")
    next_frame(page)
    assert (shown_mask(widget) == np.tri(3)).all()
    widget.locator('[data-part="paint"]').focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")  # forbids (2, 0)
    widget.locator("[name=text]").fill("a b c d e")
    next_frame(page)
    wanted = np.tri(5, dtype=bool) & ~np.tri(5, k=-2, dtype=bool)
    assert (shown_mask(widget) == wanted).all()


def test_bad_sentences_get_one_sentence_and_the_picture_stays(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    for text, says in {
        "  ": "empty",
        "word " * 65: "At most 64 fit in this picture",
        "x" * 20_000: "20000 characters",
    }.items():
        widget.locator("[name=text]").fill(text)
        next_frame(page)
        expect(widget.locator("[role=alert]")).to_contain_text(says)
        assert (shown_mask(widget) == np.tri(SEQ)).all()


def test_hostile_links_and_sentences_stay_text(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    for fragment in [
        "mask=10%20&preset=painted",
        "mask=%3Cimg src=x onerror=alert(1)%3E&preset=painted",
        "size=1e9&preset=block",
        "preset=__proto__&head=NaN&query=999&key=1023",
    ]:
        page.evaluate("link => { location.hash = link }", f"#mask_painter-1?{fragment}")
        next_frame(page)
        expect(widget).to_have_attribute("data-state", "ready")
    widget.locator("[name=preset][value=causal]").click()
    for text in ["<img src=x onerror=alert(1)>", "שלום עולם مرحبا", "👩‍👩‍👧 é \u202e x", "\x00 a"]:
        widget.locator("[name=text]").fill(text)
        next_frame(page)
        assert widget.locator("img").count() == 0
        expect(widget.locator("[role=alert]")).to_be_empty()


def test_a_copied_link_gives_the_painted_mask_in_a_new_page(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    page.mouse.click(*cell(widget, 0, 3))
    next_frame(page)
    painted = shown_mask(widget)
    again = ready(watched.open(copied(page, widget, "copy-link")))
    show_numbers(again)
    assert painted[0, 3]
    assert (shown_mask(again) == painted).all()


def test_a_saved_picture_parses_and_carries_title_and_description(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    svg = saved_svg(page, widget)
    name = "{http://www.w3.org/2000/svg}"
    assert svg.findtext(f"{name}title") == "Mask painter"
    assert "may look at 3 of 6 words" in (svg.findtext(f"{name}desc") or "")
    texts = {text.text for text in svg.iter(f"{name}text")}
    assert {"three", "this module", "Without the ~"} <= texts


def test_an_update_makes_no_new_elements(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator('[data-action="show-numbers"]').click()
    widget.locator('[data-part="paint"]').focus()
    page.keyboard.press("Space")
    next_frame(page)
    count = "() => document.querySelectorAll('*').length"
    before = page.evaluate(count)
    for key in ["ArrowLeft", "Space", "ArrowUp", "Space", "z"] * 4:
        page.keyboard.press(key)
    next_frame(page)
    assert page.evaluate(count) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(watched: Watched, tmp_path: Path, scheme: str) -> None:
    page, widget = opened(watched, tmp_path, scheme=scheme)
    expect(widget).to_have_attribute("data-theme", scheme)
    for width in (320, 390, 1100):
        page.set_viewport_size({"width": width, "height": 900})
        next_frame(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
