"""HeadPruner in JupyterLab: torch prunes and retrains in the kernel, beside other cells."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.explorer import show_numbers
from tests.browser.widget_page import table
from tests.lab.conftest import OpenNotebook
from tests.lab.notebook import Notebook, until

PATIENCE = 60_000  # ms for a retraining on a busy machine
SETUP = "from mha_lessons.experiments import Reader, juggling\nfrom mha_lessons.widgets import HeadPruner"
MAKE = "p = HeadPruner(model='near_far_h2_seed0'); p"
OWN = "o = HeadPruner.from_reader(Reader(juggling(k=2), 4, mlp=True, seed=1), seed=3); o"
WORKS = "any(thread.name == 'head-pruner' for thread in __import__('threading').enumerate())"


@pytest.fixture(scope="module")
def pruning(notebook: OpenNotebook) -> Notebook:
    return notebook("pruning", [SETUP, MAKE, OWN])


def mounted(notebook: Notebook, cell: int) -> Locator:
    widget = notebook.output(cell).locator('[data-widget="head_pruner"]')
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready")
    return widget


def curve(widget: Locator, place: int) -> list[list[float]]:
    show_numbers(widget)
    rows = [row[3 * place + 1 : 3 * place + 3] for row in table(widget, "as heads go")]
    return [[float(cell) for cell in row] for row in rows if "–" not in row]


def test_heads_go_by_keyboard_and_the_curves_are_those_of_torch_in_the_kernel(pruning: Notebook) -> None:
    widget = mounted(pruning, 1)
    cells = pruning.cell_count()
    expect(widget.locator("[data-origin=kernel]")).to_contain_text("in the kernel")
    widget.locator("[name=gone]").press("ArrowRight")
    until(pruning.page, lambda: pruning.kernel.value("p.gone == 1"), "the kernel to hear of it")
    wanted = pruning.kernel.value("[[round(x, 3) for x in each] for each in p.curve]")
    assert curve(widget, 0) == wanted
    pruning.kernel.run("p.gone = 0")
    card = widget.locator(".mha-tile").nth(1)
    expect(card).to_have_attribute("aria-pressed", "true")
    card.press("Enter")
    expect(card).to_have_attribute("aria-pressed", "false")
    assert pruning.kernel.value("[p.order, p.heads_off]") == ["hand", [1]]
    assert curve(widget, 2) == pruning.kernel.value("[[round(x, 3) for x in each] for each in p.curve]")
    assert pruning.cell_count() == cells


def test_torch_retrains_beside_other_cells_and_stops_when_told(pruning: Notebook) -> None:
    widget = mounted(pruning, 1)
    pruning.kernel.run("p.order = 'hand'; p.by_hand = [1]")
    button, state = widget.locator("button[name=retrain]"), widget.locator(".mha-state")
    expect(button).to_have_text("Retrain the 1 head left")
    button.press("Enter")
    expect(button).to_have_text("Stop retraining")
    cell = pruning.add_cell("6 * 7")
    expect(pruning.output(cell)).to_contain_text("42")
    expect(state).to_contain_text("Retrained for 100 steps", timeout=PATIENCE)
    show_numbers(widget)
    ((_, right, _),) = table(widget, "after training on")
    assert float(right) == pytest.approx(pruning.kernel.value("p.retrained[0]['accuracy']"), abs=6e-4)
    button.click()
    expect(button).to_have_text("Stop retraining")
    button.click()
    expect(state).to_have_text("Retraining was stopped.")
    until(pruning.page, lambda: not pruning.kernel.value(WORKS), "the thread to end")
    pruning.delete_cell(cell)


def test_a_model_of_one_s_own_is_pruned_and_a_wrong_order_answered_with_a_sentence(pruning: Notebook) -> None:
    widget = mounted(pruning, 2)
    expect(widget.locator(".mha-tile:visible")).to_have_count(4)
    expect(widget.locator("[name=model]")).to_be_hidden()
    assert curve(widget, 0) == pruning.kernel.value("[[round(x, 3) for x in each] for each in o.curve]")
    pruning.kernel.run("o.by_hand = [4]")
    message = widget.locator(".mha-controls > .mha-message")
    expect(message).to_contain_text("by_hand should hold heads 0 to 3, each once at most, got [4].")
    pruning.kernel.run("o.by_hand = []")
    expect(message).to_be_empty()
