"""Keys in a cell: what is the widget's, and what is JupyterLab's."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.lab.notebook import Notebook, until

PLAIN_KEYS = [
    "ArrowUp",
    "ArrowDown",
    "ArrowLeft",
    "ArrowRight",
    "a",
    "b",
    "m",
    "y",
    "d",
    "d",
    "x",
    "z",
    "Enter",
]
CONTROLS = [
    "[name=text]",
    "[name=num_heads]",
    "[name=d_model]",
    "[name=source]",
    "[name=seed]",
    "[name=causal]",
    ".mha-tile >> nth=1",
    "[data-part=cells]",
    "[data-action=show-numbers]",
]


@pytest.mark.parametrize("control", CONTROLS)
def test_plain_keys_in_the_widget_leave_the_notebook_alone(
    lesson: Notebook, explorer: Locator, control: str
) -> None:
    cells = lesson.cells()
    explorer.locator(control).focus()
    for key in PLAIN_KEYS:
        lesson.page.keyboard.press(key)
    lesson.page.wait_for_timeout(150)  # JupyterLab takes a moment to act
    assert lesson.cells() == cells
    assert explorer.evaluate("widget => widget.contains(document.activeElement)"), "the widget lost the focus"


def test_the_same_keys_on_a_cell_do_change_the_notebook(lesson: Notebook) -> None:
    """Else the test above would hold in a JupyterLab that heard no keys at all."""
    cells = lesson.cells()
    lesson.enter_command_mode(0)
    lesson.page.keyboard.press("b")
    until(lesson.page, lambda: lesson.cell_count() == len(cells) + 1, "a new cell")
    lesson.page.keyboard.press("d")
    lesson.page.keyboard.press("d")
    until(lesson.page, lambda: lesson.cells() == cells, "the cell to go")


@pytest.mark.parametrize("control", ["[name=text]", "[name=num_heads]", "[data-part=cells]"])
def test_shift_enter_and_ctrl_s_still_reach_jupyterlab(
    lesson: Notebook, explorer: Locator, control: str
) -> None:
    before = lesson.prompt(1)
    explorer.locator(control).focus()
    lesson.page.keyboard.press("Shift+Enter")
    until(
        lesson.page,
        lambda: "*" not in lesson.prompt(1) and lesson.prompt(1) != before,
        "the cell to run again",
    )
    expect(explorer).to_have_attribute("data-state", "ready")
    saved = lesson.path.stat().st_mtime_ns
    explorer.locator(control).focus()
    lesson.page.keyboard.press("Control+s")
    until(lesson.page, lambda: lesson.path.stat().st_mtime_ns > saved, "the notebook to be saved")
