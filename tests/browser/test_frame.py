"""What every widget has from the frame: links, code, saved pictures, reset, numbers, a voice."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Watched
from tests.browser.explorer import CLOSE, explorer, next_frame, numbers, patterns, show_numbers
from tests.browser.widget_page import copied, said_by, widget_page

SVG = "{http://www.w3.org/2000/svg}"
STATES = [
    {
        "text": "Anna lost Bob's keys",
        "source": "random",
        "num_heads": 2,
        "d_model": 16,
        "seed": 7,
        "causal": True,
    },
    {
        "text": 'He said "no" \\ twice, שלום 👩‍👩‍👧',
        "source": "random",
        "num_heads": 3,
        "d_model": 24,
        "d_head": 4,
    },
    {
        "text": "The doctor thanked Mary because she helped him",
        "source": "designed",
        "num_heads": 8,
        "temperature": 0.5,
    },
]


def set_state(page: Page, widget: Locator, state: dict[str, object]) -> None:
    for name in ("source", "d_model", "d_head"):
        if name in state:
            widget.locator(f"[name={name}]").select_option(str(state[name]))
    for name in ("text", "num_heads", "seed", "temperature"):
        if name in state:
            widget.locator(f"[name={name}]").first.fill(str(state[name]))
    widget.locator("[name=causal]").set_checked(bool(state.get("causal")))
    next_frame(page)


@pytest.mark.parametrize("state", STATES, ids=["random", "odd words", "designed"])
def test_the_copied_code_is_plain_torch_and_prints_the_numbers_shown(
    watched: Watched, http_root: str, state: dict[str, object]
) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    set_state(page, widget, state)
    show_numbers(widget)
    (said,) = said_by([copied(page, widget, "copy-code")])
    parts = said.replace("tensor(", "").replace(")", "").split("output\n")
    output = np.array(eval(parts[-1], {"inf": np.inf}))
    np.testing.assert_allclose(output, numbers(widget, "output"), atol=CLOSE)
    attn = np.array(eval(parts[0].split("\n", 1)[1].split("scores of")[0]))
    np.testing.assert_allclose(attn, numbers(widget, "attn of head"), atol=CLOSE)


@pytest.mark.parametrize("state", STATES, ids=["random", "odd words", "designed"])
def test_a_copied_link_opens_the_same_state_in_a_new_page(
    watched: Watched, root: str, state: dict[str, object]
) -> None:
    page = watched.open(root + "index.html")
    widget = explorer(page)
    set_state(page, widget, state)
    widget.locator('button[name="head"][value="1"]').click()
    next_frame(page)
    shown = patterns(widget)
    link = copied(page, widget, "copy-link")
    assert link.startswith(root + "index.html#head_explorer-1?")
    other = explorer(watched.open(link))
    next_frame(other.page)
    assert patterns(other) == shown
    expect(other.locator("[name=text]")).to_have_value(str(state["text"]))
    expect(other.locator('button[name="head"][value="1"]')).to_have_attribute("aria-pressed", "true")


HOSTILE = {
    "no such trait": "#head_explorer-1?engine=kernel&__proto__=x&constructor=y",
    "markup": "#head_explorer-1?text=" + quote("<img src=x onerror=\"document.title='owned'\">"),
    "too many heads": "#head_explorer-1?num_heads=1e99",
    "not a number": "#head_explorer-1?num_heads=NaN&temperature=-1&seed=1.5&d_model=abc",
    "a megabyte": "#head_explorer-1?text=" + "a" * 1_000_000,
    "broken escapes": "#head_explorer-1?text=%E0%A4%A&source=evil",
    "does not fit together": "#head_explorer-1?num_heads=3",
}


@pytest.mark.parametrize("fragment", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_link_does_no_harm(watched: Watched, http_root: str, fragment: str) -> None:
    page = watched.open(http_root + "index.html" + fragment)
    widget = explorer(page)
    next_frame(page)
    assert widget.locator("img").count() == 0
    assert page.title() != "owned"
    assert len(patterns(widget)) >= 1
    expect(widget.locator("[data-origin=page]")).to_be_visible()


def test_the_saved_svg_parses_and_carries_title_description_and_words(
    watched: Watched, http_root: str
) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    widget.locator("[name=text]").fill("one <two> & three")
    next_frame(page)
    with page.expect_download() as download:
        widget.locator('[data-action="save-svg"]').click()
    tree = ElementTree.parse(download.value.path())
    svg = tree.getroot()
    assert svg.tag == f"{SVG}svg"
    assert svg.findtext(f"{SVG}title") == "Head explorer"
    assert "heads of" in (svg.findtext(f"{SVG}desc") or "")
    words = {text.text for text in svg.iter(f"{SVG}text")}
    assert {"one", "<", "two", ">", "&", "three"} <= words
    assert len(list(svg.iter(f"{SVG}image"))) >= 5


def test_the_saved_png_is_a_picture(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    with page.expect_download() as download:
        widget.locator('[data-action="save-png"]').click()
    data = Path(download.value.path()).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big") > 600, "wide enough for a slide"
    assert len(data) > 20_000, "not blank"


@pytest.mark.parametrize("action", ["save-svg", "save-png"])
def test_where_there_is_no_picture_yet_saving_says_so(watched: Watched, tmp_path: Path, action: str) -> None:
    page = watched.open(widget_page(tmp_path, "head_explorer", {"num_heads": 3}))
    widget = page.locator("[data-widget]")
    expect(widget).to_have_attribute("data-state", "failed")
    widget.locator(f'[data-action="{action}"]').click()
    expect(widget.locator(".mha-status")).to_have_text("That did not work: there is no picture yet.")


def test_reset_brings_the_start_back(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    start, text = patterns(widget), widget.locator("[name=text]").input_value()
    set_state(page, widget, STATES[0])
    assert patterns(widget) != start
    widget.locator('[data-action="reset"]').click()
    next_frame(page)
    assert patterns(widget) == start
    expect(widget.locator("[name=text]")).to_have_value(text)


def test_a_screen_reader_hears_what_changed(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    set_state(page, widget, STATES[0])
    voice = widget.locator("p.mha-visually-hidden[role=status]")
    expect(voice).to_contain_text("2 heads of 8 dimensions")


def test_dark_and_light_follow_the_book_before_the_system(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html", scheme="dark")
    widget = explorer(page)
    expect(widget).to_have_attribute("data-theme", "dark")
    dark = patterns(widget)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    expect(widget).to_have_attribute("data-theme", "light")
    assert patterns(widget) != dark


def test_the_same_matrices_in_one_head_are_another_function(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + "index.html")
    widget = explorer(page)
    set_state(page, widget, STATES[2])
    widget.locator("[name=compare]").select_option("1")
    next_frame(page)
    expect(widget.locator(".mha-comparison")).to_contain_text("The same matrices in 1 head of 64 dimensions")
    expect(widget.locator(".mha-comparison p")).to_contain_text("the outputs differ by")
    widget.locator("[name=compare]").select_option("8")
    next_frame(page)
    expect(widget.locator(".mha-comparison p")).to_contain_text("differ by 0 %")
