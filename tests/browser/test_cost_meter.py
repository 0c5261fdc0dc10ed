"""CostMeter on a page: moved by keys and pointer, its numbers those of the cost model, shared and saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from mha_lessons.meter import meter
from mha_lessons.stack import Stack, models, of_model
from mha_lessons.units import bytes_text, count_text, flops_text
from tests.browser.conftest import Watched
from tests.browser.explorer import CELLS, next_frame, show_numbers
from tests.browser.widget_page import copied, open_widget, ready, said_by, saved_svg, widget_page

SMALL: dict[str, Any] = {"d_model": 64, "num_heads": 4}
TABLE = {
    "Llama-2 7B": "512 KiB",
    "Llama-3 8B": "128 KiB",
    "Mistral 7B": "128 KiB",
    "Qwen3 8B": "144 KiB",
    "Gemma 7B": "448 KiB",
    "Falcon 7B": "8 KiB",
    "DeepSeek-V2": "67.5 KiB",
}
"""Cache of a token at 16 bits."""


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    page, widget = open_widget(watched, folder, "cost_meter", **SMALL | traits)
    show_numbers(widget)
    return page, widget


def table(widget: Locator, caption: str) -> list[list[str]]:
    rows: list[list[str]] = (
        widget.locator(".mha-numbers table").filter(has_text=caption).first.evaluate(CELLS)
    )
    return [[cell.replace(",", "") for cell in row] for row in rows]


def pictures(widget: Locator) -> list[str]:
    drawn: list[str] = widget.locator("canvas[data-picture]").evaluate_all(
        "all => all.map(c => c.toDataURL())"
    )
    return drawn


def totals(widget: Locator) -> list[str]:
    return widget.locator("[data-total]").all_text_contents()


def assert_shows(widget: Locator, stack: Stack) -> None:
    wanted = meter(stack)
    own = next(variant for variant in wanted["variants"] if variant["name"] == wanted["own"])
    got = [[float(cell) for cell in row] for row in table(widget, "All ")]
    assert got == [
        [*(v[name] for name in ("num_kv_heads", "parameters", "flops", "cache")), v["cache"] * stack.context]
        for v in wanted["variants"]
    ], stack
    parts = [[float(cell) for cell in row[:2]] for row in table(widget, "One layer")]
    assert parts == [pair for pair in wanted["parts"].values() if any(pair)]
    assert totals(widget) == [
        count_text(own["parameters"]),
        flops_text(own["flops"]),
        bytes_text(own["cache"]),
        bytes_text(own["cache"] * stack.context),
    ]
    expect(widget.locator("tr.mha-own")).to_have_attribute("data-variant", wanted["own"])


def test_the_heads_moved_by_keys_leave_nine_parts_as_they_are_and_16640_parameters(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    slider = widget.locator("[name=num_heads]")
    slider.focus()
    page.keyboard.press("Home")
    next_frame(page)
    expect(widget.locator("h3").first).to_contain_text("1 head of 64: nothing changes")
    for h in (2, 4, 8, 16, 32, 64):
        page.keyboard.press("ArrowRight")
        next_frame(page)
        assert totals(widget)[0] == "16,640"
        expect(slider).to_have_attribute("aria-valuetext", f"{h} × {64 // h} = 64 dimensions")
        expect(widget.locator("h3").first).to_contain_text(
            f"{h} heads of {64 // h}: 9 of 12 parts stay the same"
        )
        assert_shows(widget, Stack(num_heads=h))
    left, right = (
        widget.locator("canvas.mha-parts").nth(i).get_attribute("aria-label") or "" for i in (0, 1)
    )
    assert left.count("same;") + left.count("same.") == 6
    assert right.endswith("patterns 64, × 64; width d_head 1, ÷ 64; attn, if stored 128 MiB, × 64.")


def test_every_model_can_be_chosen_and_shows_its_numbers_and_its_source(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    seen = set()
    for name, model in models().items():
        widget.locator("[name=model]").select_option(name)
        next_frame(page)
        assert_shows(widget, of_model(name))
        expect(widget.locator("[name=model]")).to_have_value(name)
        expect(widget.locator(".mha-source")).to_contain_text(model["source"])
        if name in TABLE:
            assert totals(widget)[2] == TABLE[name]
            seen.add(name)
    assert seen == set(TABLE)
    widget.locator("[name=layers]").fill("3")
    expect(widget.locator("[name=model]")).to_have_value("")


def test_all_controls_reach_the_numbers(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator("[name=d_model]").fill("96")
    widget.locator("[name=layers]").fill("5")
    widget.locator("[name=d_head]").select_option("16")
    widget.locator("[name=bits]").select_option("8")
    widget.locator("[name=bias]").uncheck()
    stack = {"d_model": 96, "num_heads": 4, "d_head": 16, "layers": 5, "bits": 8, "bias": False}
    next_frame(page)
    assert_shows(widget, Stack(**stack))
    widget.locator("[name=num_kv_heads]").focus()
    page.keyboard.press("ArrowLeft")
    next_frame(page)
    assert_shows(widget, Stack(**stack, num_kv_heads=2))
    widget.locator("[name=num_heads]").focus()
    page.keyboard.press("Home")  # one head cannot share two: the groups follow
    next_frame(page)
    assert_shows(widget, Stack(**{**stack, "num_heads": 1}, num_kv_heads=1))
    widget.locator("[name=latent]").check()
    next_frame(page)
    assert_shows(widget, Stack(**{**stack, "num_heads": 1}, latent=True))
    expect(widget.locator("[name=num_kv_heads]")).to_be_disabled()


def test_pointing_at_a_line_sets_the_context(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    chart = widget.locator("canvas.mha-growth").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    left, right = box["x"] + 76, box["x"] + box["width"] - 84
    for power in (4, 11, 20):
        x = left + (power - 4) / 16 * (right - left)
        page.mouse.move(x, box["y"] + 100)
        page.mouse.down()
        page.mouse.up()
        next_frame(page)
        assert_shows(widget, Stack(context=2**power))


@pytest.mark.parametrize(
    ("control", "value", "says"),
    [
        ("d_model", "63", "d_model = 63 cannot be split into 4 equal heads. Try 3 or 7, or give d_head."),
        ("d_model", "", "d_model should be a whole number from 1 to 65536, got nothing."),
        ("layers", "0", "layers should be a whole number from 1 to 256, got 0."),
        ("layers", "1.5", "layers should be a whole number from 1 to 256, got 1.5."),
    ],
)
def test_bad_input_gets_one_sentence_and_the_last_good_picture_stays(
    watched: Watched, tmp_path: Path, control: str, value: str, says: str
) -> None:
    page, widget = opened(watched, tmp_path)
    good, shown = pictures(widget), totals(widget)
    kept = widget.locator(f"[name={control}]").input_value()
    widget.locator(f"[name={control}]").fill(value)
    next_frame(page)
    expect(widget.locator("[role=alert]")).to_have_text(f"{says} The picture is the last one that worked.")
    assert (pictures(widget), totals(widget)) == (good, shown)
    widget.locator(f"[name={control}]").fill(kept)
    next_frame(page)
    expect(widget.locator("[role=alert]")).to_be_empty()
    assert (pictures(widget), totals(widget)) == (good, shown)


def test_a_link_restores_the_state_and_a_hostile_one_changes_nothing(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator("[name=model]").select_option("Qwen3 0.6B")
    widget.locator("[name=bits]").select_option("4")
    next_frame(page)
    link = copied(page, widget, "copy-link")
    again = watched.open(link)
    second = ready(again)
    show_numbers(second)
    assert_shows(second, of_model("Qwen3 0.6B", bits=4))

    bad = "num_heads=<img src=x onerror=alert(1)>&d_model=1e9&bits=NaN&context=-1&layers=2.5&latent=1"
    page = watched.open(link.split("#")[0] + "#cost_meter-1?" + bad)
    widget = ready(page)
    show_numbers(widget)
    assert_shows(widget, Stack())
    assert widget.locator("img").count() == 0


def test_the_saved_picture_parses_and_carries_title_description_and_numbers(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, num_heads=16)
    svg = saved_svg(page, widget)
    space = {"s": "http://www.w3.org/2000/svg"}
    assert svg.findtext("s:title", namespaces=space) == "What attention costs"
    assert "16 heads of 4 dimensions, MHA. 16,640 parameters" in (
        svg.findtext("s:desc", namespaces=space) or ""
    )
    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    for words in ("16,640", "w_q", "= same", "× 16", "MHA", "1K tokens", "256 KiB"):
        assert words in texts, words


def test_the_copied_code_prints_the_numbers_shown_without_this_package(
    watched: Watched, tmp_path: Path
) -> None:
    stack = of_model("DeepSeek-V3", context=1000, bits=4)
    page, widget = opened(watched, tmp_path, **vars(stack))
    (said,) = said_by([copied(page, widget, "copy-code")])
    lines = said.splitlines()
    for line, (_, parameters, flops, cache, whole) in zip(lines, table(widget, "All "), strict=False):
        words = line.split()
        printed = [float(words[at]) for at in (1, 3, 7, 11)]
        assert printed == [float(parameters), float(flops), float(cache), float(whole)], line
    assert len(lines) == len(meter(stack)["variants"]) + 1


def test_moving_everything_makes_no_new_nodes(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(widget_page(tmp_path, "cost_meter", SMALL))
    widget = ready(page)
    count = "el => el.querySelectorAll('*').length"
    before = widget.evaluate(count)
    for name in ("num_heads", "num_kv_heads", "context"):
        widget.locator(f"[name={name}]").focus()
        for key in ("Home", *["ArrowRight"] * 6, *["ArrowLeft"] * 4):
            page.keyboard.press(key)
    widget.locator("[name=latent]").check()
    next_frame(page)
    assert widget.evaluate(count) == before


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1100, "dark")])
def test_nothing_is_wider_than_the_screen(watched: Watched, tmp_path: Path, width: int, scheme: str) -> None:
    state = vars(of_model("DeepSeek-V3", context=2**20))
    page = watched.open(widget_page(tmp_path, "cost_meter", state), width=width, scheme=scheme)
    widget = ready(page)
    expect(widget).to_have_attribute("data-theme", scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
