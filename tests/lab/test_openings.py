"""The other doors to the lessons: a chapter's text opened as a notebook by jupytext, and Notebook 7."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jupytext
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.lab.conftest import written
from tests.lab.notebook import PATIENCE, Watch, until
from tests.lab.server import LabServer

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = [path for path in sorted(BOOK.glob("*.md")) if "{code-cell}" in path.read_text(encoding="utf-8")]
CELLS = ["from mha_lessons.widgets import HeadExplorer", "HeadExplorer(num_heads=4)"]


# Notebook 7 says so while it loads its own settings.
OWN = "Cannot read properties of undefined (reading 'schema')"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1300, "height": 1000}, color_scheme="light", service_workers="block"
    )
    watch = Watch(context)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()
    assert watch.refused == [], "the page asked for something that is not on this machine"
    assert [error for error in watch.errors if error != OWN] == []


def idle(lab: LabServer, page: Page, path: str) -> None:
    """Wait for the kernel behind a file."""

    def ready() -> bool:
        kernels = [session["kernel"] for session in lab.get("sessions") if session["path"] == path]
        return [kernel["execution_state"] for kernel in kernels if kernel["connections"]] == ["idle"]

    until(page, ready, "an idle kernel", PATIENCE)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_with_code_says_that_it_is_a_notebook(chapter: Path) -> None:
    metadata = jupytext.read(chapter).metadata
    assert metadata["jupytext"]["text_representation"]["format_name"] == "myst"
    assert metadata["kernelspec"]["name"] == "python3"


def test_the_file_browser_opens_a_chapter_as_a_notebook_and_its_cells_run(lab: LabServer, page: Page) -> None:
    chapter = CHAPTERS[0]
    wanted = jupytext.read(chapter).cells
    (lab.folder / chapter.name).write_text(chapter.read_text(encoding="utf-8"), encoding="utf-8")
    page.goto(lab.address("").replace("/lab/tree/", "/lab"))
    page.locator(".jp-DirListing-item", has_text=chapter.name).click(button="right")
    page.locator(".lm-Menu-item", has_text="Open With").hover()
    page.get_by_role("menuitem", name="Jupytext Notebook", exact=True).click()
    cells = page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell")
    cells.first.wait_for()
    expect(page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("Python 3")
    idle(lab, page, chapter.name)
    first = next(i for i, cell in enumerate(wanted) if cell.cell_type == "code")
    kinds = [{"code": "Code", "markdown": "Markdown"}[cell.cell_type] for cell in wanted[: first + 1]]
    shown = cells.evaluate_all(
        "cells => cells.map(c => ['Code', 'Markdown', 'Raw'].find(t => c.classList.contains(`jp-${t}Cell`)))"
    )
    assert shown[: first + 1] == kinds
    cells.nth(first).locator(".jp-InputPrompt").click()
    page.keyboard.press("Shift+Enter")
    expect(cells.nth(first).locator(".jp-InputPrompt")).to_have_text("[1]:", timeout=PATIENCE * 1000)
    expect(cells.nth(first).locator("[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)


def test_notebook_7_opens_a_notebook_and_its_widget_is_the_kernels(lab: LabServer, page: Page) -> None:
    (lab.folder / "seven.ipynb").write_text(json.dumps(written(CELLS)))
    page.goto(lab.address("seven.ipynb").replace("/lab/tree/", "/notebooks/").replace("reset&", ""))
    cells = page.locator(".jp-Notebook .jp-Cell")
    cells.first.wait_for()
    expect(page.locator(".jp-NotebookKernelStatus")).to_be_attached()  # JupyterLab has no such thing
    idle(lab, page, "seven.ipynb")
    cells.first.locator(".jp-InputPrompt").click()
    for cell in range(2):
        page.keyboard.press("Shift+Enter")
        expect(cells.nth(cell).locator(".jp-InputPrompt")).to_have_text(
            re.compile(r"\[\d\]:"), timeout=PATIENCE * 1000
        )
    widget = page.locator('[data-widget="head_explorer"]')
    expect(widget).to_have_attribute("data-state", "ready", timeout=PATIENCE * 1000)
    expect(widget.locator(".mha-origin")).to_contain_text("in the kernel")
    expect(widget.locator(".mha-tile:visible")).to_have_count(4)
    widget.locator("[name=num_heads]").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(widget.locator(".mha-tile:visible")).to_have_count(2)
