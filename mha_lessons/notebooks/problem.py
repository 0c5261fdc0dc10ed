"""What can be wrong with a chapter or with the folder that gets its notebook."""

from mha_lessons.problem import LessonError


class NotebookError(LessonError):
    """The notebooks cannot be written; the message says what is wrong, where, and what to do."""


class ChapterError(ValueError):
    """One thing in a chapter that has no plain Markdown; whoever knows the place adds it."""


def listed(problems: list[str]) -> NotebookError:
    """All problems of the chapters as one error.

    >>> print(listed(["a.md:3: no role is called {b}"]))
    No notebook was written: 1 problem in the chapters.
      - a.md:3: no role is called {b}
    """
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    lines = "".join(f"\n  - {problem}" for problem in problems)
    return NotebookError(f"No notebook was written: {count} in the chapters.{lines}")
