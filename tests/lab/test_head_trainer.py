"""HeadTrainer in JupyterLab: torch trains in the kernel, beside other cells, and stops when nobody looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.explorer import CELLS, PIXELS, show_numbers
from tests.lab.conftest import OpenNotebook
from tests.lab.notebook import Notebook, until

PATIENCE = 60_000  # ms for a training on a busy machine
SETUP = "from mha_lessons.widgets import HeadExplorer, HeadSum, HeadTrainer"
MAKE = "t = HeadTrainer(k=2, num_heads=4, steps=30, group='trained'); t"
EXPLORE = "e = HeadExplorer(group='trained', shared=['given']); e"
SUM = "s = HeadSum(group='trained', shared=['given']); s"
# The steps that both runs have made, and whether a thread is at work.
STEPS = "[run['steps'] for run in t.runs]"
WORKS = "any(thread.name == 'head-trainer' for thread in __import__('threading').enumerate())"


@pytest.fixture(scope="module")
def training(notebook: OpenNotebook) -> Notebook:
    return notebook("training", [SETUP, MAKE, EXPLORE, SUM])


@pytest.fixture
def trainer(training: Notebook) -> Locator:
    """The widget of the second cell, untrained."""
    training.kernel.run("t.set_trait('steps', 30); t.set_trait('learning_rate', 0.003); t.restart()")
    widget = training.output(1).locator('[data-widget="head_trainer"]')
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready")
    expect(widget.locator(".mha-state")).to_contain_text("Not trained yet")
    return widget


def rests(widget: Locator, words: str = "Done") -> None:
    expect(widget.locator(".mha-state")).to_contain_text(words, timeout=PATIENCE)


def table(widget: Locator, caption: str) -> list[list[str]]:
    show_numbers(widget)
    found = widget.locator(".mha-numbers table").filter(has_text=caption).first
    rows: list[list[str]] = found.evaluate(CELLS)
    return rows


def maps(widget: Locator) -> list[list[int]]:
    cells = widget.locator("section[data-run=many] .mha-tile:visible .mha-cells")
    cells.first.scroll_into_view_if_needed()
    return [cells.nth(i).evaluate(PIXELS) for i in range(cells.count())]


def test_torch_in_the_kernel_trains_and_the_numbers_shown_are_its_own(
    training: Notebook, trainer: Locator
) -> None:
    cells = training.cell_count()
    expect(trainer.locator("[data-origin=kernel]")).to_contain_text("in the kernel")
    before = maps(trainer)
    trainer.locator("button[name=train]").press("Enter")
    rests(trainer)
    runs = training.kernel.value("t.runs")
    shown = [(int(steps), float(right), float(whole)) for steps, right, whole in table(trainer, "results on")]
    assert shown == [(r["steps"], round(r["accuracy"], 3), round(r["all_right"], 3)) for r in runs]
    assert [row[0] for row in shown] == [30, 30]
    losses = training.kernel.value("t._session().runs[1].losses")
    last = [float(row[2]) for row in table(trainer, "curves")][-1]
    assert last == pytest.approx(losses[-1], abs=6e-4)
    assert losses[-1] < losses[0]
    assert maps(trainer) != before
    assert training.cell_count() == cells


def test_another_cell_runs_while_torch_trains_and_pause_ends_it(training: Notebook, trainer: Locator) -> None:
    training.kernel.run("t.steps = 2000")
    trainer.locator("button[name=train]").press("Enter")
    expect(trainer.locator(".mha-state")).to_contain_text("Training: step", timeout=PATIENCE)
    cell = training.add_cell("meanwhile = [run['steps'] for run in t.runs]; 6 * 7")
    expect(training.output(cell)).to_contain_text("42")
    assert training.kernel.value("max(meanwhile) < 2000")
    until(
        training.page,
        lambda: training.kernel.value("min(run['steps'] for run in t.runs) > max(meanwhile)"),
        "steps after the cell",
    )
    trainer.locator("button[name=pause]").press("Enter")
    rests(trainer, "At rest: step")
    made = training.kernel.value(STEPS)
    assert max(made) < 2000
    training.page.wait_for_timeout(300)
    assert training.kernel.value(STEPS) == made
    trainer.locator("button[name=step]").press("Enter")
    rests(trainer, f"At rest: step {made[0] + 1}")
    training.delete_cell(cell)


def test_a_loss_out_of_bounds_is_said_and_the_last_good_step_shown(
    training: Notebook, trainer: Locator
) -> None:
    training.kernel.run("t.learning_rate = 1000.0")
    trainer.locator("button[name=train]").press("Enter")
    alert = trainer.locator(".mha-run [role=alert]")
    expect(alert).to_contain_text("went out of bounds after step 1. Shown is step 0", timeout=PATIENCE)
    training.kernel.run("t.num_heads = 5")
    expect(trainer.locator(".mha-controls > .mha-message")).to_contain_text("num_heads should divide")
    training.kernel.run("t.num_heads = 4; t.learning_rate = 0.003")
    expect(trainer.locator(".mha-controls > .mha-message")).to_be_empty()


def test_the_trained_heads_open_in_an_explorer_and_a_sum_of_the_group(
    training: Notebook, trainer: Locator
) -> None:
    trainer.locator("button[name=step]").press("Enter")
    rests(trainer, "At rest: step 1")
    trainer.locator("button[name=open]").click()
    explorer = training.output(2).locator('[data-widget="head_explorer"]')
    explorer.scroll_into_view_if_needed()
    expect(explorer.locator(".mha-origin")).to_contain_text("tensors handed in")
    attn = "t.trace.attn[0]"
    assert training.kernel.value(f"e.numbers()['attn'].view_as({attn}).sub({attn}).abs().max().item() < 1e-6")
    summed = training.output(3).locator('[data-widget="head_sum"]')
    summed.scroll_into_view_if_needed()
    expect(summed.locator(".mha-origin")).to_contain_text("tensors handed in")
    summed.locator('[name="gates"][data-head="1"][value="0"]').click()
    until(training.page, lambda: training.kernel.value("s.gates") == [1, 0], "the kernel to hear of the gate")
    training.kernel.run(
        "import torch; run = t._session().runs[1]\n"
        "gated = run.model.trace(run.held()[0], gates=torch.tensor([1.0, 0, 1, 1])).output[0]"
    )
    assert training.kernel.value("(s.sum.output - gated).abs().max().item() < 1e-5")
    wanted = pytest.approx(training.kernel.value("s.sum.output[0].tolist()"), abs=6e-4)

    def output() -> list[float]:
        return [float(cell.replace("−", "-")) for cell in table(summed, "What each head adds")[5]]

    until(training.page, lambda: output() == wanted, "the output without that head")


def test_a_closed_widget_stops_its_training(training: Notebook, trainer: Locator) -> None:
    training.kernel.run("other = HeadTrainer(steps=2000); other.train()")
    assert training.kernel.value(WORKS)
    training.kernel.run("other.close()")
    until(training.page, lambda: not training.kernel.value(WORKS), "the thread to end")


def test_a_notebook_that_is_closed_stops_the_training(notebook: OpenNotebook) -> None:
    made = notebook("left", [SETUP, MAKE.replace("30", "2000")])
    kernel = made.kernel
    kernel.run("from mha_lessons.widgets import trainer_watch; trainer_watch.PATIENCE = 1.0")
    widget = made.output(1).locator('[data-widget="head_trainer"]')
    # Slow enough to be at work for a minute.
    kernel.run(
        "import time; from mha_lessons.widgets.trainer_session import TrainerRun; go = TrainerRun.advance\n"
        "TrainerRun.advance = lambda run: (time.sleep(0.02), go(run))[1]"
    )
    widget.locator("button[name=train]").click()
    expect(widget.locator(".mha-state")).to_contain_text("Training: step", timeout=PATIENCE)
    made.page.wait_for_timeout(2000)
    assert kernel.value(WORKS), "with a reader it goes on"
    made.page.goto("about:blank")
    until(made.page, lambda: not kernel.value(WORKS), "the training to stop")
    assert kernel.value("max(run['steps'] for run in t.runs) < 2000")
    assert re.search("nobody was looking", kernel.value("t._answer['note']"))
