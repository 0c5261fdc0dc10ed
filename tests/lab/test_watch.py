"""The watch over requests and errors that the tests of this folder rely on."""

from __future__ import annotations

from tests.lab.conftest import OpenNotebook
from tests.lab.notebook import Notebook, until


def test_a_request_to_elsewhere_is_refused_and_counted(lesson: Notebook) -> None:
    """The watch that every other test here relies on."""
    lesson.page.evaluate("fetch('http://example.org/x').catch(() => null)")
    until(lesson.page, lambda: lesson.refused == ["http://example.org/x"], "the refusal")
    until(lesson.page, lambda: len(lesson.errors) > 0, "the console's error")
    lesson.refused.clear()
    lesson.errors.clear()


def test_an_error_in_a_cell_and_a_warning_are_complaints(notebook: OpenNotebook) -> None:
    made = notebook("complaining", ["print('fine')", "1 / 0", "import warnings; warnings.warn('mind this')"])
    until(made.page, lambda: len(made.complaints()) == 2, "both to be shown")
    division, warning = made.complaints()
    assert "ZeroDivisionError" in division
    assert "mind this" in warning
