"""Each widget in a real JupyterLab: mounted, moved by keyboard, its numbers from torch in the kernel."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from mha_lessons import widgets
from tests.lab.conftest import OpenNotebook
from tests.lab.notebook import Notebook, until

# A control of each widget, the key that moves it there and the key that moves it back.
MOVES = {
    "HeadExplorer": ("input[name=num_heads]", "ArrowLeft", "ArrowRight"),
    "HeadSum": ("input[name=causal]", "Space", "Space"),
    "SplitOrProject": ("input[name=causal]", "Space", "Space"),
    "MaskPainter": ("select[name=source]", "ArrowDown", "ArrowUp"),
    "RankMeter": ("select[name=source]", "ArrowDown", "ArrowUp"),
    "RealHeads": ("select[name=sentence]", "ArrowDown", "ArrowUp"),
    "HeadPuzzle": ("input[name=w_q]", "ArrowRight", "ArrowLeft"),
    "HeadPruner": ("select[name=model]", "ArrowDown", "ArrowUp"),
    "HeadTrainer": ("input[name=mlp]", "Space", "Space"),
    "CostMeter": ("select[name=bits]", "ArrowUp", "ArrowDown"),
    "ExerciseProgress": ("select[name=chapter]", "ArrowDown", "ArrowUp"),
}
START = {"HeadExplorer": "num_heads=2"}
WITHOUT_NUMBERS = {"SelfCheck"}

# The kernel's tensors (in the meter, the sizes of the parts) doubled: what shows then comes from the kernel.
SENTINEL = """
def doubled(numbers):
    import torch
    def double(name, value):
        if isinstance(value, torch.Tensor):
            return 2 * value
        if isinstance(value, bytes):
            return bytes(255 - code for code in value)
        return {{part: [2 * v for v in pair] for part, pair in value.items()}} if name == "parts" else value
    return lambda self: {{name: double(name, value) for name, value in numbers(self).items()}}
{name}.plain = {name}.numbers
{name}.numbers = doubled({name}.plain)
"""


@pytest.fixture(scope="module")
def shelf(notebook: OpenNotebook) -> Notebook:
    """A notebook with every widget, a cell each."""
    names = widgets.__all__
    cells = [f"from mha_lessons.widgets import {', '.join(names)}"]
    return notebook("shelf", [*cells, *(f"{name}({START.get(name, '')})" for name in names)])


def mounted(shelf: Notebook, name: str) -> Locator:
    widget = shelf.output(1 + widgets.__all__.index(name)).locator("[data-widget]")
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready")
    return widget


def tables(widget: Locator) -> str:
    button = widget.locator('[data-action="show-numbers"]')
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    return widget.locator(".mha-numbers").inner_text()


def move(shelf: Notebook, widget: Locator, control: str, key: str) -> str:
    """Press a key on a control, and give the tables once they have changed."""
    before = tables(widget)
    widget.locator(control).first.focus()
    shelf.page.keyboard.press(key)
    until(shelf.page, lambda: tables(widget) != before, f"the tables to follow {control}")
    shelf.page.wait_for_timeout(200)  # a second answer may be under way
    return tables(widget)


def test_every_widget_with_numbers_has_a_control_that_is_tried_here() -> None:
    assert set(MOVES) | WITHOUT_NUMBERS == set(widgets.__all__)


@pytest.mark.parametrize("name", MOVES)
def test_a_control_moved_by_keyboard_is_answered_by_the_kernel(shelf: Notebook, name: str) -> None:
    control, there, back = MOVES[name]
    widget = mounted(shelf, name)
    expect(widget.locator("[data-origin=kernel]").first).to_contain_text("in the kernel")
    cells = shelf.cell_count()
    start = tables(widget)
    moved = move(shelf, widget, control, there)
    assert moved != start
    assert move(shelf, widget, control, back) == start, "the same state shows the same numbers"

    shelf.kernel.run(SENTINEL.format(name=name))
    try:
        move(shelf, widget, control, there)
        assert move(shelf, widget, control, back) != start, "what the kernel answers is what is shown"
    finally:
        shelf.kernel.run(f"{name}.numbers = {name}.plain")
    assert shelf.cell_count() == cells


def test_a_question_is_answered_by_keyboard_and_the_kernel_knows(shelf: Notebook) -> None:
    widget = mounted(shelf, "SelfCheck")
    widget.locator("input[type=radio]").first.focus()
    shelf.page.keyboard.press("Space")
    widget.get_by_role("button", name="Check", exact=True).press("Enter")
    chosen = "next(w for w in Out.values() if isinstance(w, SelfCheck)).chosen"
    until(shelf.page, lambda: shelf.kernel.value(chosen) != "", "the kernel to hear the answer")
