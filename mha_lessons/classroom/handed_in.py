"""All that was handed in for an assignment, looked at and put right, before anything of it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mha_lessons.classroom.ledger import digest_of
from mha_lessons.classroom.submission import SECRET, TIMESTAMP, Cell, Looked, is_student, left_aside, look
from mha_lessons.exercises import NAMES

if TYPE_CHECKING:
    from mha_lessons.classroom.gradebook import Course

Released = Mapping[str, Sequence[Cell]]
"""The marked cells of each notebook of an assignment, as they were given out."""


@dataclass(frozen=True)
class Notebook:
    """A notebook that was to be handed in.

    Attributes:
        student, name: whose it is.
        looked: what was found.
        digest: what its result is filed under.
        released: its marked cells, as they were given out.
    """

    student: str
    name: str
    looked: Looked
    digest: str
    released: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Those of the student, or the released ones where nothing of the student's can be used."""
        return self.looked.cells or self.released

    @property
    def checks(self) -> dict[str, str]:
        """The exercise that a cell checks, by the id of the cell."""
        return {cell.id: name for cell in self.cells if (name := _exercise(cell)) is not None}


def handed_in(course: Course, assignment: str, released: Released) -> dict[tuple[str, str], Notebook]:
    """The notebooks of all who have a folder for an assignment, by student and name."""
    return {
        (student, name): _look(course, assignment, student, name, released)
        for student in _folders(course, assignment)
        for name in released
    }


def _folders(course: Course, assignment: str) -> list[str]:
    """Names of the folders that hold an assignment, whatever else they are."""
    try:
        with os.scandir(course.submitted) as entries:
            names = [each.name for each in entries if each.is_symlink() or each.is_dir()]
    except FileNotFoundError:
        return []
    return sorted(name for name in names if os.path.lexists(course.submitted / name / assignment))


def _look(course: Course, assignment: str, student: str, name: str, released: Released) -> Notebook:
    parts = (student, assignment, f"{name}.ipynb")
    looked = look(course.submitted, parts, released[name])
    if not is_student(student):
        said = f"The folder {student!a} has a name that no student can have: rename it."
        looked = Looked("invalid", notes=(said,))
    wanted = [f"{each}.ipynb" for each in released] + [TIMESTAMP, SECRET]
    looked = replace(looked, notes=(*looked.notes, *left_aside(course.submitted, parts[:2], wanted)))
    when = course.timestamp(student, assignment) if is_student(student) else ""
    found = f"{looked.digest} {' '.join(looked.notes)}"
    digest = digest_of(student, name, found, released[name], when)
    return Notebook(student, name, looked, digest, tuple(released[name]))


def _exercise(cell: Cell) -> str | None:
    """The exercise that a cell checks; checks that a teacher wrote are none, and run with the notebook."""
    marks = cell.marks or {}
    name = marks.get("grade_id")
    return name if marks.get("grade") and not marks.get("solution") and name in NAMES else None
