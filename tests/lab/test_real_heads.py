"""RealHeads in JupyterLab: prepared sentences, a model's own attention, and tensors handed in."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from mha_lessons.sentences import prepared
from tests.browser.explorer import CLOSE, numbers, show_numbers
from tests.lab.conftest import OpenNotebook
from tests.lab.notebook import Notebook, until

CELLS = [
    "from mha_lessons.widgets import RealHeads\nfrom mha_lessons.models import load",
    "heads = RealHeads(sentence='he', layer=1, head=3)\nheads",
    "model = load('minilm')\n"
    "text = 'Nobody saw her twice.'\n"
    "own = RealHeads.from_model(model.network, model.tokenizer, text, layer=2, head=8)\nown",
    "import torch\n"
    "weights = torch.rand(2, 3, 300, 300).softmax(-1)\n"
    "large = RealHeads.from_attentions(weights, [f'w{i}' for i in range(300)], layer=1, head=2)\nlarge",
    "RealHeads.from_attentions((None, None), ['a'])",
]


@pytest.fixture(scope="module")
def lesson(notebook: OpenNotebook) -> Notebook:
    return notebook("real-heads", CELLS)


def mounted(lesson: Notebook, cell: int) -> Locator:
    widget = lesson.output(cell).locator("[data-widget]")
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready")
    show_numbers(widget)
    return widget


def test_a_prepared_sentence_is_chosen_by_keyboard_and_comes_from_the_kernel(lesson: Notebook) -> None:
    widget = mounted(lesson, 1)
    expect(widget.locator("[data-origin=kernel]")).to_contain_text("measured in minilm")
    np.testing.assert_allclose(
        numbers(widget, "attn of head"), prepared("minilm", "he").packed.attn(1)[3], atol=CLOSE
    )
    cells = lesson.cell_count()
    widget.locator("select[name=sentence]").focus()
    lesson.page.keyboard.press("ArrowDown")
    expect(widget.locator(".mha-word").nth(2)).to_have_text("dog")
    assert lesson.kernel.value("heads.sentence") == "it"
    np.testing.assert_allclose(
        numbers(widget, "attn of head"), prepared("minilm", "it").packed.attn(1)[3], atol=CLOSE
    )
    assert lesson.cell_count() == cells


def test_python_and_the_page_choose_the_same_head(lesson: Notebook) -> None:
    widget = mounted(lesson, 1)
    grid = widget.locator('[data-part="grid"]')
    grid.press("ArrowRight")
    until(lesson.page, lambda: lesson.kernel.value("heads.head") == 4, "the kernel to hear of the head")
    lesson.kernel.run("heads.layer, heads.head = 5, 0")
    expect(widget.locator(".mha-title")).to_contain_text("Head 5-0:")
    grid.press("ArrowLeft")
    until(
        lesson.page,
        lambda: lesson.kernel.value("[heads.layer, heads.head]") == [4, 11],
        "the kernel to hear of layer and head",
    )


def test_a_models_own_attention_is_shown(lesson: Notebook) -> None:
    widget = mounted(lesson, 2)
    wanted = lesson.kernel.value(
        "own.attn.tolist() if own.packed.tokens == model.encode(text).tokens else None"
    )
    np.testing.assert_allclose(numbers(widget, "attn of head"), wanted, atol=CLOSE)
    expect(widget.locator(".mha-word").nth(1)).to_have_text("nobody")
    expect(widget.locator("select[name=sentence]")).to_be_hidden()


def test_many_weights_cross_as_bytes_and_a_head_is_changed_without_the_kernel(lesson: Notebook) -> None:
    widget = mounted(lesson, 3)
    assert lesson.kernel.value("[len(large._answer['codes']), 'given' in large.get_state()]") == [
        540_000,
        False,
    ]
    answered = lesson.kernel.value("large._answer['request']")
    widget.locator("select[name=layer]").select_option("0")
    expect(widget.locator(".mha-title")).to_contain_text("Head 0-2:")
    until(lesson.page, lambda: lesson.kernel.value("large.layer") == 0, "the kernel to hear of the layer")
    assert lesson.kernel.value("large._answer['request']") == answered, "only the choice went to the kernel"
    key = lesson.kernel.value("int(large.packed.attn(0)[2, 0].argmax())")  # of equal weights the first
    weight = lesson.kernel.value(f"float(large.packed.attn(0)[2, 0, {key}])")
    expect(widget.locator(".mha-sum")).to_contain_text(f"“w0” looks at “w{key}” {weight:.4f}")


def test_attentions_that_are_none_say_how_to_get_them(lesson: Notebook) -> None:
    expect(lesson.output(4)).to_contain_text("attn_implementation='eager'")
