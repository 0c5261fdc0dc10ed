"""What the teacher gets besides the gradebook: a table of all submissions, as CSV.

The pages for students are nbgrader's own (`nbgrader generate_feedback`); `TEMPLATES` makes them stand alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from mha_lessons.classroom.result import Result
from mha_lessons.files import write_whole

_NBGRADER = find_spec("nbgrader")
TEMPLATES = [str(Path(__file__).parent / "templates")] + (
    [str(Path(_NBGRADER.origin).parent / "server_extensions/formgrader/templates")]
    if _NBGRADER and _NBGRADER.origin
    else []
)
"""Folders with a template for nbgrader's feedback that loads nothing, and with what it rests on."""
COLUMNS = (
    "student",
    "assignment",
    "notebook",
    "status",
    "points",
    "out_of",
    "notes",
    "seed",
    "seconds",
    "MiB",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(results: Iterable[Result]) -> str:
    """A row a notebook.

    >>> row = Result("ada", "softmax", "softmax", "graded", 9.0, 10.0, seed=7)
    >>> print(as_csv([row]).splitlines()[1])
    ada,softmax,softmax,graded,9,10,,7,0.0,0
    """
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for each in sorted(results, key=lambda each: (each.assignment, each.student, each.notebook)):
        numbers = (f"{each.points:g}", f"{each.out_of:g}")
        used = ("" if each.seed is None else str(each.seed), each.seconds, each.peak // 2**20)
        words = (each.student, each.assignment, each.notebook, each.status)
        table.writerow([*map(_plain, words), *numbers, _plain(" ".join(each.notes)), *used])
    return file.getvalue()


def write_csv(path: Path, results: Iterable[Result]) -> None:
    """Write the table.

    Raises:
        LessonError: the file cannot be written.
    """
    write_whole(path, as_csv(results))


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula, in characters that can be seen."""
    seen = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return f"'{seen}" if seen.startswith(FORMULA) else seen
