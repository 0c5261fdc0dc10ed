"""Several explorers and several views in one notebook."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Locator, expect

from tests.browser.explorer import show_numbers
from tests.lab.explorer import START, shows
from tests.lab.notebook import Notebook


def test_two_views_of_one_widget_stay_in_step(lesson: Notebook, explorer: Locator) -> None:
    cell = lesson.add_cell("display(w)")
    second = lesson.output(cell).locator('[data-widget="head_explorer"]')
    expect(second).to_have_attribute("data-state", "ready")
    show_numbers(second)
    shows(lesson, second, START)
    second.locator("[name=num_heads]").focus()
    lesson.page.keyboard.press("ArrowLeft")
    lesson.page.keyboard.press("ArrowLeft")
    for view in (second, explorer):
        shows(lesson, view, replace(START, num_heads=2))
    explorer.locator("[name=text]").fill("One word more")
    for view in (explorer, second):
        shows(lesson, view, replace(START, num_heads=2, text="One word more"))
    lesson.delete_cell(cell)
    explorer.locator("[name=num_heads]").fill("8")
    shows(lesson, explorer, replace(START, num_heads=8, text="One word more"))


def test_ipywidgets_link_moves_two_explorers_together_and_a_closed_one_leaves_quietly(
    lesson: Notebook, explorer: Locator
) -> None:
    other = replace(START, text="Two dogs saw me", num_heads=2, seed=8)
    arguments = ", ".join(f"{name}={value!r}" for name, value in vars(other).items())
    cell = lesson.add_cell(f"other = HeadExplorer({arguments}); display(other)")
    second = lesson.output(cell).locator('[data-widget="head_explorer"]')
    expect(second).to_have_attribute("data-state", "ready")
    show_numbers(second)
    shows(lesson, second, other)
    lesson.kernel.run("import ipywidgets; link = ipywidgets.link((w, 'num_heads'), (other, 'num_heads'))")
    shows(lesson, second, replace(other, num_heads=4))
    second.locator("[name=num_heads]").fill("8")
    shows(lesson, explorer, replace(START, num_heads=8))
    shows(lesson, second, replace(other, num_heads=8))
    explorer.locator("[name=num_heads]").fill("1")
    shows(lesson, second, replace(other, num_heads=1))
    lesson.kernel.run("link.unlink(); other.close()")
    expect(second).to_have_count(0)
    lesson.delete_cell(cell)
    lesson.kernel.run("w.num_heads = 2")
    shows(lesson, explorer, replace(START, num_heads=2))
