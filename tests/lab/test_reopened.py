"""Widgets without their kernel: it dies, is restarted or shut down, or a saved notebook is opened again."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect

from mha_lessons.cli import lab as lab_command
from tests.browser.explorer import CLOSE, numbers, show_numbers
from tests.lab.conftest import OpenNotebook
from tests.lab.explorer import START, explorer_call, shows
from tests.lab.notebook import Notebook, until
from tests.lab.server import HOST, LabServer

CELL = explorer_call(START)
CELLS = ["from mha_lessons.widgets import HeadExplorer", CELL]
SETTING = "Save Widget State Automatically"


def explorer_of(notebook: Notebook) -> Locator:
    widget = notebook.output(1).locator('[data-widget="head_explorer"]')
    expect(widget).to_have_attribute("data-state", "ready", timeout=60_000)
    widget.scroll_into_view_if_needed()
    return widget


def origin(widget: Locator) -> Locator:
    return widget.locator(".mha-origin")


def menu(notebook: Notebook, name: str, item: str) -> None:
    notebook.page.locator(".lm-MenuBar-item", has_text=name).click()
    notebook.page.locator(".lm-Menu-item", has_text=item).first.click()


def accept(notebook: Notebook) -> None:
    """Say yes to JupyterLab's dialog."""
    button = notebook.page.locator(".jp-Dialog .jp-mod-accept")
    button.wait_for()
    button.click()
    button.wait_for(state="detached")


def kill(notebook: Notebook) -> None:
    os.kill(notebook.kernel.value("__import__('os').getpid()"), signal.SIGKILL)
    accept(notebook)  # "The kernel appears to have died"


def restart(notebook: Notebook) -> None:
    menu(notebook, "Kernel", "Restart Kernel…")
    accept(notebook)


def shut_down(notebook: Notebook) -> None:
    menu(notebook, "Kernel", "Shut Down Kernel")


@pytest.mark.parametrize("end", [kill, restart, shut_down])
def test_when_the_kernel_ends_the_widget_says_so_the_picture_stays_and_the_page_takes_over(
    notebook: OpenNotebook, end: Callable[[Notebook], None]
) -> None:
    lesson = notebook(f"ends-{end.__name__}", CELLS)
    widget = explorer_of(lesson)
    show_numbers(widget)
    shows(lesson, widget, START)
    end(lesson)
    expect(origin(widget)).to_contain_text(
        "in the kernel; the kernel has ended, and this page computes what you change", timeout=60_000
    )
    shows(lesson, widget, START)
    widget.locator("[name=num_heads]").focus()
    lesson.page.keyboard.press("ArrowLeft")
    lesson.page.keyboard.press("ArrowLeft")
    shows(lesson, widget, replace(START, num_heads=2))
    expect(origin(widget)).to_have_text("computed in this page; the kernel has ended")
    widget.locator("[name=text]").fill("One word more")
    shows(lesson, widget, replace(START, num_heads=2, text="One word more"))
    widget.locator(".mha-tile").nth(1).click()  # a trait that asks for no numbers
    expect(widget.locator(".mha-tile[aria-pressed=true]")).to_have_attribute("value", "1")
    lesson.errors[:] = [error for error in lesson.errors if "WebSocket" not in error]


def test_in_a_new_kernel_the_widget_is_the_kernels_again(notebook: OpenNotebook) -> None:
    lesson = notebook("ends-and-begins", CELLS)
    restart(lesson)
    expect(origin(explorer_of(lesson))).to_contain_text("the kernel has ended", timeout=60_000)
    cell = lesson.add_cell(f"{CELLS[0]}; display({CELL})")
    again = lesson.output(cell).locator('[data-widget="head_explorer"]')
    expect(again).to_have_attribute("data-state", "ready")
    expect(origin(again)).to_contain_text("in the kernel")
    expect(origin(again)).not_to_contain_text("ended")


@pytest.mark.parametrize(
    ("name", "asked"), [("head_trainer", "seed"), ("head_pruner", "model"), ("real_heads", "sentence")]
)
def test_a_widget_that_the_page_cannot_continue_says_to_run_its_cell_again_and_keeps_its_picture(
    notebook: OpenNotebook, name: str, asked: str
) -> None:
    python = "".join(part.title() for part in name.split("_"))
    lesson = notebook(
        f"ends-{name}", [f"from mha_lessons.widgets import {python}", f"{python}(group='ends')"]
    )
    widget = lesson.output(1).locator(f'[data-widget="{name}"]')
    expect(widget).to_have_attribute("data-state", "ready", timeout=60_000)
    restart(lesson)
    expect(origin(widget)).to_contain_text(
        "the kernel has ended: run the cell again to go on", timeout=60_000
    )
    show_numbers(widget)
    before = widget.locator(".mha-numbers").inner_text()
    control = widget.locator(f"[name={asked}]")
    control.fill("7") if asked == "seed" else control.select_option(index=1)
    message = widget.locator(".mha-controls > .mha-message")
    expect(message).to_have_text(
        "The kernel has ended: run the cell again. The picture is the last one that worked."
    )
    assert widget.locator(".mha-numbers").inner_text() == before
    lesson.errors[:] = [error for error in lesson.errors if "WebSocket" not in error]


def test_what_asks_for_no_numbers_goes_on_without_the_kernel(notebook: OpenNotebook) -> None:
    lesson = notebook(
        "ends-chosen", ["from mha_lessons.widgets import RealHeads", "RealHeads(layer=1, head=3)"]
    )
    widget = lesson.output(1).locator('[data-widget="real_heads"]')
    expect(widget).to_have_attribute("data-state", "ready", timeout=60_000)
    attn = lesson.kernel.value(
        "next(each for each in Out.values() if hasattr(each, 'packed')).packed.attn(2)[7].tolist()"
    )
    restart(lesson)
    expect(origin(widget)).to_contain_text("the kernel has ended", timeout=60_000)
    widget.locator("[name=layer]").select_option("2")
    widget.locator("[name=head]").select_option("7")
    show_numbers(widget)
    np.testing.assert_allclose(numbers(widget, "attn of head"), attn, atol=CLOSE)
    expect(widget.locator(".mha-controls > .mha-message")).to_be_empty()
    lesson.errors[:] = [error for error in lesson.errors if "WebSocket" not in error]


@pytest.fixture(scope="module")
def saved(notebook: OpenNotebook, lab: LabServer) -> Iterator[dict[str, Any]]:
    """A notebook as JupyterLab saves it with the setting on, its widget moved from Python; no kernel."""
    (lab.folder / "saved.ipynb").unlink(missing_ok=True)
    plain = notebook("setting", ["1"])
    menu(plain, "Settings", SETTING)
    try:
        lesson = notebook("saved", CELLS)
        widget = explorer_of(lesson)
        lesson.kernel.run(
            "w = next(each for each in Out.values() if isinstance(each, HeadExplorer)); w.seed = 9"
        )
        show_numbers(widget)
        shows(lesson, widget, replace(START, seed=9))
        lesson.enter_command_mode(0)
        lesson.page.keyboard.press("Control+s")
        until(lesson.page, lambda: "widgets" in json.loads(lesson.path.read_text())["metadata"], "the state")
        lesson._context.close()
        end_session(lab, lesson)
        yield json.loads(lesson.path.read_text())
    finally:
        menu(plain, "Settings", SETTING)


def end_session(lab: LabServer, notebook: Notebook) -> None:
    """Shut the notebook's kernel down: what opens next has a fresh one."""
    for session in lab.get("sessions"):
        if session["path"] == notebook.path.name:
            connection = http.client.HTTPConnection(HOST, lab._port, timeout=30)
            headers = {"Authorization": f"token {lab._token}"}
            connection.request("DELETE", f"/api/sessions/{session['id']}", headers=headers)
            assert connection.getresponse().status == 204
            connection.close()


def test_the_help_of_lab_names_the_setting() -> None:
    assert SETTING in lab_command.EPILOG


def test_the_saved_state_holds_the_front_end_and_the_numbers(saved: dict[str, Any]) -> None:
    state = saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    model = next(each for each in state.values() if each["model_module"] == "anywidget")
    assert len(model["state"]["_esm"]) > 10_000
    assert len(model["state"]["_css"]) > 1_000
    assert (model["state"]["seed"], model["state"]["num_heads"]) == (9, 4)
    assert [buffer["path"] for buffer in model["buffers"]] == [["_answer", "data"]]


def test_a_saved_notebook_reopens_with_its_picture_before_any_cell_is_run_and_is_alive(
    saved: dict[str, Any], browser: Browser, lab: LabServer, opened: list[Notebook]
) -> None:
    lesson = Notebook(browser, lab, "saved.ipynb")
    opened.append(lesson)
    widget = explorer_of(lesson)
    assert lesson.prompt(1) == "[2]:", "as it was saved"
    show_numbers(widget)
    shows(lesson, widget, replace(START, seed=9))
    expect(origin(widget)).to_contain_text("and this page computes what you change")
    widget.locator("[name=num_heads]").focus()
    lesson.page.keyboard.press("ArrowLeft")
    lesson.page.keyboard.press("ArrowLeft")
    shows(lesson, widget, replace(START, seed=9, num_heads=2))
    expect(origin(widget)).to_have_text("computed in this page; the kernel has ended")
