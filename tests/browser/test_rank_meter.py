"""RankMeter on a page: moved by keys and pointer, shared, saved, fed with bad input; numbers as in torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, expect

from mha_lessons.compute import layer
from mha_lessons.head_rank import head_ranks
from mha_lessons.params import Params
from mha_lessons.widgets.rank_meter import TEXT
from tests.browser.conftest import Watched
from tests.browser.explorer import next_frame, show_numbers
from tests.browser.widget_page import copied, open_widget, ready, said_by, saved_svg, table, widget_page

DIVISORS = [1, 2, 4, 8, 16, 32, 64]


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    page, widget = open_widget(watched, folder, "rank_meter", **traits)
    show_numbers(widget)
    return page, widget


def ranks(widget: Locator) -> tuple[list[int], list[int], int]:
    *heads, total = table(widget, "rank of")
    return [int(row[0]) for row in heads], [int(row[1]) for row in heads], int(total[0])


def test_the_head_slider_steps_over_the_divisors_and_every_rank_is_torchs(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    slider = widget.locator("[name=num_heads]")
    slider.focus()
    page.keyboard.press("Home")
    for num_heads in DIVISORS:
        next_frame(page)
        words = f"{num_heads} head{'s' * (num_heads > 1)} × d_head {64 // num_heads}"
        expect(slider).to_have_attribute("aria-valuetext", words)
        *_, x, mha, _ = layer(Params(TEXT, num_heads=num_heads, d_model=64))
        found = head_ranks(mha, x)
        assert ranks(widget) == (found.scores.rank, found.attn.rank, found.total.rank)
        expect(widget.locator('[data-which="scores"] .mha-says')).to_contain_text(
            f"Rank {found.scores.rank[0]} of 32"
        )
        page.keyboard.press("ArrowRight")


def test_the_singular_values_shown_are_torchs(watched: Watched, tmp_path: Path) -> None:
    _, widget = opened(watched, tmp_path, num_heads=16, head=5, seed=3)
    *_, x, mha, _ = layer(Params(TEXT, num_heads=16, d_model=64, seed=3))
    found = head_ranks(mha, x)
    shown = np.array(table(widget, "singular values of head 5"), dtype=float)
    for column, wanted in enumerate((found.scores.values[5], found.attn.values[5], found.total.values)):
        np.testing.assert_allclose(shown[:, column], wanted, rtol=6e-4, atol=1e-12)


def test_a_pointer_drags_the_head_count_and_the_bars_are_drawn_anew(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    picture = widget.locator('[data-which="scores"] canvas')
    pixels = "canvas => canvas.toDataURL()"
    before = picture.evaluate(pixels)
    box = widget.locator("[name=num_heads]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    next_frame(page)
    assert ranks(widget)[0] == [1] * 64
    assert picture.evaluate(pixels) != before


def test_another_width_takes_a_head_count_that_divides_it(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, num_heads=32)
    widget.locator("[name=d_model]").select_option("48")
    next_frame(page)
    expect(widget.locator("[role=alert]")).to_be_empty()
    assert ranks(widget)[0] == [2] * 24


def test_the_chosen_head_is_drawn_in_the_frame_of_the_change_and_the_others_come_in_later(
    watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(widget_page(tmp_path, "rank_meter"))
    widget = ready(page)
    widget.locator("[name=num_heads]").focus()
    first = page.evaluate(
        """() => new Promise(done => {
            const slider = document.querySelector("[name=num_heads]");
            slider.value = slider.max;
            slider.dispatchEvent(new Event("input"));
            const drawn = () => document.querySelector("[data-which=attn] canvas").toDataURL();
            requestAnimationFrame(() => done([drawn(), document.querySelector(".mha-says").textContent]));
        })"""
    )
    assert first[1].startswith("Rank 1 of 32")
    later = "first => document.querySelector('[data-which=attn] canvas').toDataURL() !== first"
    page.wait_for_function(later, arg=first[0])


def test_bad_input_gets_one_sentence_and_hostile_text_stays_text(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    good = ranks(widget)
    text = widget.locator("[name=text]")
    for bad, says in {"": "empty", "word " * 65: "At most 64 fit", "x" * 20_000: "20000 characters"}.items():
        text.fill(bad)
        next_frame(page)
        expect(widget.locator("[role=alert]")).to_contain_text(says)
        assert ranks(widget) == good
    for hostile in ["<img src=x onerror=alert(1)>", "שלום עולם مرحبا", "👩‍👩‍👧 é \u202e x", "\x00 a"]:
        text.fill(hostile)
        next_frame(page)
        assert widget.locator("img").count() == 0
        expect(widget.locator("[role=alert]")).to_be_empty()
    for fragment in [
        "num_heads=1e99&head=-1",
        "num_heads=3",
        "d_model=NaN&seed=x",
        "source=%3Cb%3E&head=1023",
    ]:
        page.evaluate("link => { location.hash = link }", f"#rank_meter-1?{fragment}")
        next_frame(page)
        expect(widget).to_have_attribute("data-state", "ready")
    expect(widget.locator("[role=alert]")).to_contain_text("cannot be split into 3 equal heads")


def test_a_copied_link_gives_the_same_state_and_the_copied_code_the_same_numbers(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, text="Anna lost Bob's keys because he slept", d_model=16)
    widget.locator("[name=num_heads]").focus()
    page.keyboard.press("ArrowRight")
    next_frame(page)
    (said,) = said_by([copied(page, widget, "copy-code")])
    scores, attn, total = ranks(widget)
    assert f"scores ranks {scores}\n" in said
    assert f"attn ranks {attn}\n" in said
    assert f"sum ranks [{total}]\n" in said
    again = ready(watched.open(copied(page, widget, "copy-link")))
    show_numbers(again)
    assert len(scores) == 16
    assert ranks(again) == (scores, attn, total)


def test_a_saved_picture_parses_and_carries_title_and_description(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    svg = saved_svg(page, widget)
    name = "{http://www.w3.org/2000/svg}"
    assert svg.findtext(f"{name}title") == "Rank meter"
    assert "scores of rank 8" in (svg.findtext(f"{name}desc") or "")
    texts = [text.text for text in svg.iter(f"{name}text")]
    assert {"rank 8", "d_head = 8", "tolerance", "10⁻¹⁵", "Its attention"} <= set(texts)
    assert texts.count("rank 32") == 2


def test_an_update_makes_no_new_elements(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator('[data-action="show-numbers"]').click()
    widget.locator("[name=num_heads]").focus()
    next_frame(page)
    count = "() => document.querySelectorAll('*').length"
    before = page.evaluate(count)
    for key in ["ArrowLeft", "ArrowRight"] * 10:
        page.keyboard.press(key)
    next_frame(page)
    assert page.evaluate(count) == before


def test_nothing_is_wider_than_the_screen_in_light_and_dark(watched: Watched, tmp_path: Path) -> None:
    for scheme in ("light", "dark"):
        page, widget = opened(watched, tmp_path, scheme=scheme)
        expect(widget).to_have_attribute("data-theme", scheme)
        for width in (320, 390, 1100):
            page.set_viewport_size({"width": width, "height": 900})
            next_frame(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
