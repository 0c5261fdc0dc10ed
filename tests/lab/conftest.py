"""A real JupyterLab and a real Chromium, started once, and notebooks that are watched."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.explorer import show_numbers
from tests.lab.explorer import LATEST, START, set_from_python, shows
from tests.lab.notebook import Notebook, OpenNotebook
from tests.lab.server import LabServer


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    try:
        server = LabServer(tmp_path_factory.mktemp("lab"))
    except RuntimeError as error:
        pytest.fail(str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def opened(browser: Browser) -> Iterator[list[Notebook]]:
    """The notebooks that are open; they close before the browser does."""
    notebooks: list[Notebook] = []
    yield notebooks
    for notebook in notebooks:
        notebook.close()


@pytest.fixture(scope="session")
def notebook(browser: Browser, lab: LabServer, opened: list[Notebook]) -> OpenNotebook:
    def run(name: str, cells: list[str] | None = None) -> Notebook:
        path = lab.folder / f"{name}.ipynb"
        if cells is not None:
            path.write_text(json.dumps(written(cells)))
        made = Notebook(browser, lab, path.name)
        opened.append(made)
        made.run_all()
        return made

    return run


@pytest.fixture(scope="session")
def lesson(notebook: OpenNotebook) -> Notebook:
    opened = notebook(
        "explorer", ["from mha_lessons.widgets import HeadExplorer", "HeadExplorer(num_heads=4)"]
    )
    expect(opened.explorers.first).to_have_attribute("data-state", "ready")
    return opened


@pytest.fixture
def explorer(lesson: Notebook) -> Locator:
    """The explorer of the second cell, set to START from Python, with its tables open; `w` in the kernel."""
    lesson.kernel.run(f"import torch\nw = {LATEST}\n{set_from_python('w', START)}\nw.head = 0")
    widget = lesson.output(1).locator('[data-widget="head_explorer"]')
    widget.scroll_into_view_if_needed()
    show_numbers(widget)
    shows(lesson, widget, START)
    return widget


@pytest.fixture(autouse=True)
def no_complaint(opened: list[Notebook]) -> Iterator[None]:
    """A test fails if JupyterLab asked for something that is not on this machine, or reported an error."""
    yield
    refused = [url for notebook in opened for url in notebook.refused]
    errors = [error for notebook in opened for error in notebook.errors]
    for notebook in opened:  # the next test starts with none
        notebook.refused.clear()
        notebook.errors.clear()
    assert refused == [], "a notebook asked for something that is not on this machine"
    assert errors == [], "JupyterLab reported errors"


def written(cells: list[str]) -> dict[str, object]:
    """A notebook as nbformat 4.5 writes it."""
    return {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{i}",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": source,
            }
            for i, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
