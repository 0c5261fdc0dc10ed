"""The watch over requests and errors that every test of this folder relies on."""

from __future__ import annotations

from tests.lab.notebook import Notebook, until


def test_a_request_to_elsewhere_is_refused_and_counted(lesson: Notebook) -> None:
    """The watch that every other test here relies on."""
    lesson.page.evaluate("fetch('http://example.org/x').catch(() => null)")
    until(lesson.page, lambda: lesson.refused == ["http://example.org/x"], "the refusal")
    until(lesson.page, lambda: len(lesson.errors) > 0, "the console's error")
    lesson.refused.clear()
    lesson.errors.clear()
