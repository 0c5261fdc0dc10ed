"""BertViz in the built book: a page of its own in a frame, drawn from shipped attention without a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import FrameLocator, Locator, Page, expect

from mha_lessons.sentences import prepared
from tests.browser.conftest import Watched

CHAPTER = "analogy-table.html"
FRAME = "figure.page-frame iframe"
SHE = prepared("minilm", "she").packed
LAYER, HEAD = 1, 3  # what the cell of the chapter asks for
ROUNDED = 6e-4  # three decimals
OPACITIES = """lines => lines.map(line => {
  const head = line.closest("[head-index]").getAttribute("head-index");
  return [Number(head), Number(line.getAttribute("stroke-opacity"))];
})"""


def drawn(lines: Locator) -> dict[int, np.ndarray]:
    """How strong each head's lines are, [query, key]; of a head that is not shown they are all 0."""
    found: list[tuple[int, float]] = lines.evaluate_all(OPACITIES)
    seq = len(SHE.tokens)
    heads = sorted({head for head, _ in found})
    return {head: np.array([w for h, w in found if h == head]).reshape(seq, seq) for head in heads}


def agrees(lines: Locator, layer: int) -> None:
    """The lines are the weights of the one head shown."""
    expect(lines).to_have_count(SHE.num_heads * len(SHE.tokens) ** 2)
    found = drawn(lines)
    shown = SHE.attn(layer)[HEAD]
    np.testing.assert_allclose(found.pop(HEAD), shown, atol=ROUNDED)
    assert max(each.max() for each in found.values()) == 0


def framed(page: Page) -> FrameLocator:
    page.locator("figure.page-frame summary").press("Enter")
    return page.frame_locator(FRAME)


def test_the_frame_draws_the_shipped_attention_over_http_and_from_a_file(watched: Watched, root: str) -> None:
    frame = framed(watched.open(root + CHAPTER))
    agrees(frame.locator("#attention line"), LAYER)
    words = frame.locator("#left text").all_text_contents()
    assert [word.strip() for word in words] == SHE.tokens


def test_nothing_of_the_frame_is_loaded_before_it_is_opened(watched: Watched, http_root: str) -> None:
    page = watched.open(http_root + CHAPTER)
    page.locator("figure.page-frame").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    assert [frame.url for frame in page.frames if "_frames" in frame.url] == []
    framed(page)
    expect(page.frame_locator(FRAME).locator("#attention line").first).to_be_attached()


def test_the_frame_is_high_enough_for_the_drawing_and_says_what_it_shows(watched: Watched, root: str) -> None:
    page = watched.open(root + CHAPTER)
    frame = framed(page)
    expect(frame.locator("#attention line").first).to_be_attached()
    below = frame.locator("svg").evaluate("svg => svg.getBoundingClientRect().bottom - innerHeight")
    assert below <= 0
    expect(page.locator("figure.page-frame")).to_contain_text("BertViz head view, 6 layers of 12 heads")


def test_opened_alone_another_layer_can_be_chosen(watched: Watched, root: str, built_site: Path) -> None:
    page = watched.open(root + CHAPTER)
    alone = page.locator("figure.page-frame a").get_attribute("href")
    assert alone
    assert (built_site / alone).is_file()
    opened = watched.open(root + alone)
    lines = opened.locator("#attention line")
    agrees(lines, LAYER)
    opened.locator("select").select_option("4")
    agrees(lines, 4)
