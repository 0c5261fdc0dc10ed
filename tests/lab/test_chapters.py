"""The chapters as `mha-lessons notebooks` writes them, in the hands of a reader."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect

from mha_lessons.params import Params
from tests.browser.explorer import show_numbers
from tests.lab.expected import attention_by_hand, wrong_numbers, wrong_pictures
from tests.lab.notebook import Notebook, OpenNotebook, until
from tests.lab.server import LabServer

ROOT = Path(__file__).parents[2]
MYST = re.compile(
    r"^:{3,}|^```\{|\{(?:cite|ref|numref|doc|term|eq|fact|tested|margin)[\w:]*\}`", re.MULTILINE
)


@pytest.fixture(scope="module")
def index(lab: LabServer, notebook: OpenNotebook) -> Notebook:
    command = [sys.executable, "-m", "mha_lessons.cli", "notebooks", str(lab.folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, timeout=120)
    return notebook("index")


def test_the_written_index_chapter_runs_without_an_error_and_shows_no_raw_myst(index: Notebook) -> None:
    assert index.complaints() == []
    prose = index.page.locator(".jp-MarkdownCell .jp-RenderedMarkdown").all_inner_texts()
    assert len(prose) > 1
    assert [text for text in prose if MYST.search(text)] == []


def test_its_widget_is_alive_on_torch_and_answers_the_keyboard(index: Notebook) -> None:
    widget = index.explorers.first
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready")
    expect(widget.locator("[data-origin=kernel]")).to_contain_text("torch")
    show_numbers(widget)
    text = widget.locator("[name=text]").input_value()
    before = index.cells()
    for heads, keys in ((4, []), (2, ["ArrowLeft", "ArrowLeft"])):
        for key in keys:
            widget.locator("[name=num_heads]").press(key)
        wanted = attention_by_hand(Params(text, num_heads=heads, source="designed"))

        def right(wanted: dict[str, torch.Tensor] = wanted) -> bool:
            return not wrong_pictures(widget, wanted["attn"]) and not wrong_numbers(widget, wanted, 0)

        until(index.page, right, f"the picture and the numbers of {heads} heads")
    assert index.cells() == before
