"""BertViz in JupyterLab: its views draw the attention given to them, with nothing fetched from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import FrameLocator, expect

from mha_lessons.sentences import prepared
from tests.browser.test_bertviz_frame import ROUNDED, drawn
from tests.lab.notebook import Notebook, OpenNotebook

SHE = prepared("minilm", "she").packed
CELLS = [
    "import torch\n"
    "from mha_lessons.bertviz_bridge import head_view, model_view\n"
    "from mha_lessons.sentences import prepared\n"
    "she = prepared('minilm', 'she').packed\n"
    "attention = [torch.tensor(she.attn(layer)) for layer in she.layers]",
    "head_view(attention, she.tokens, layer=2, heads=[0, 8])",
    "model_view(attention, she.tokens, include_layers=[1, 2])",
]


PICTURES = """grounds => grounds.map(({ id, parentNode }) => {
  const lines = [...parentNode.querySelectorAll("line")];
  return [id, lines.map(line => Number(line.getAttribute("stroke-opacity")))];
})"""


@pytest.fixture(scope="module")
def lesson(notebook: OpenNotebook) -> Notebook:
    return notebook("bertviz", CELLS)


def view(lesson: Notebook, cell: int) -> FrameLocator:
    frame = lesson.output(cell).locator("iframe")
    frame.scroll_into_view_if_needed()
    return frame.content_frame


def test_the_head_view_draws_a_line_for_each_weight_of_the_heads_chosen(lesson: Notebook) -> None:
    lines = view(lesson, 1).locator("#attention line")
    expect(lines).to_have_count(SHE.num_heads * len(SHE.tokens) ** 2)
    found = drawn(lines)
    for head in (0, 8):  # BertViz divides by the number of heads that are on
        np.testing.assert_allclose(2 * found.pop(head), SHE.attn(2)[head], atol=2 * ROUNDED)
    assert max(each.max() for each in found.values()) == 0


def test_the_model_view_draws_a_picture_for_each_head_of_the_layers_chosen(lesson: Notebook) -> None:
    backgrounds = view(lesson, 2).locator(".attn_background")
    expect(backgrounds).to_have_count(2 * SHE.num_heads)
    pictures = dict(backgrounds.evaluate_all(PICTURES))
    for place, layer in enumerate((1, 2)):
        for head, wanted in enumerate(SHE.attn(layer)):
            shown = pictures[f"attn_background_{place}_{head}"]
            np.testing.assert_allclose(np.reshape(shown, wanted.shape), wanted, atol=ROUNDED)
