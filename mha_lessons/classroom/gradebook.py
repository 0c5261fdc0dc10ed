"""The course as nbgrader keeps it: what was released, who is in it, and the grades.

nbgrader is used here, in `grades`, `writer` and `collecting`, and nowhere else.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from sqlalchemy.exc import OperationalError

from mha_lessons.classroom.plain_files import UnreadableError, read_plain
from mha_lessons.classroom.problem import CourseError
from mha_lessons.classroom.submission import TIMESTAMP, Cell

Scores = dict[str, tuple[float, float]]
"""Points and their maximum, by notebook, with what was given by hand."""


class Course:
    """A folder that nbgrader works in.

    Attributes:
        root: the folder.
        app: nbgrader, with the course's configuration.
        errors: what nbgrader said of its errors.
        directory: nbgrader's names of the folders below.

    Raises:
        CourseError: it is none.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        if not (self.root / "nbgrader_config.py").is_file():
            raise CourseError(
                f"{root} is no course: it has no nbgrader_config.py. "
                f"`mha-lessons classroom init {root}` makes one."
            )
        # nbgrader starts `alembic` by its name alone when it makes the gradebook
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        self.app = NbGrader()
        self.app.load_cwd_config = False
        self.errors: list[str] = []
        self._keep_errors()
        self.app.initialize([], root=str(self.root))
        self._keep_errors()  # reading a configuration sets the log up anew
        self.directory: CourseDirectory = self.app.coursedir

    def _keep_errors(self) -> None:
        self.app.log.handlers, self.app.log.propagate = [_Errors(self.errors)], False

    @property
    def submitted(self) -> Path:
        """Where nbgrader collects what is handed in."""
        return self.root / str(self.directory.submitted_directory)

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """The gradebook.

        Raises:
            CourseError: something else holds it, or it cannot be used.
        """
        try:
            with Gradebook(self.directory.db_url, self.directory.course_id) as book:
                yield book
        except OperationalError as error:
            raise CourseError(
                f"The gradebook {self.directory.db_url} cannot be used ({error.orig}): "
                "end what else works with it, such as the Formgrader, and give the same command again."
            ) from error

    def assignments(self) -> list[str]:
        """Names of what has been made for release."""
        with self.gradebook() as book:
            return sorted(each.name for each in book.assignments)

    def students(self) -> list[str]:
        """Ids of those on the list."""
        with self.gradebook() as book:
            return sorted(each.id for each in book.students)

    def released(self, assignment: str) -> dict[str, list[Cell]]:
        """The marked cells of each notebook of an assignment, as they were released.

        Raises:
            CourseError: it has not been made yet.
        """
        with self.gradebook() as book:
            try:
                found = book.find_assignment(assignment)
            except MissingEntry:
                others = ", ".join(self.assignments())
                others = f", or name one of {others}" if others else ""
                raise CourseError(
                    f"There is no assignment {assignment!r} in the gradebook: "
                    f"run  nbgrader generate_assignment {assignment}  in {self.root}{others}."
                ) from None
            return {notebook.name: _cells(notebook) for notebook in found.notebooks}

    def timestamp(self, student: str, assignment: str) -> str:
        """When it was handed in, or "" if no file says so in a way that nbgrader understands."""
        try:
            text = read_plain(self.submitted, (student, assignment, TIMESTAMP), 200)
            said = (text or b"").decode().strip()
            parse_utc(said)
        except (UnreadableError, ValueError, OverflowError):
            return ""
        return said

    def has(self, student: str, assignment: str) -> bool:
        """Whether the grades of a submission are there."""
        if not self.path(self.directory.autograded_directory, student, assignment).is_dir():
            return False
        with self.gradebook() as book:
            try:
                book.find_submission(assignment, student)
            except MissingEntry:
                return False
        return True

    def scores(self, assignment: str) -> dict[str, Scores]:
        """What the gradebook has of each student."""
        with self.gradebook() as book:
            return {each.student_id: _scores(each) for each in book.assignment_submissions(assignment)}

    def scores_of(self, student: str, assignment: str) -> Scores:
        """What the gradebook has of one."""
        with self.gradebook() as book:
            try:
                return _scores(book.find_submission(assignment, student))
            except MissingEntry:
                return {}

    def path(self, step: str, student: str, assignment: str) -> Path:
        """The folder of a submission in one of nbgrader's steps."""
        return Path(self.directory.format_path(step, student, assignment))


class _Errors(logging.Handler):
    """Keeps what nbgrader says of its errors."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.said = said

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _scores(submission: Any) -> Scores:
    return {each.name: (float(each.score), float(each.max_score)) for each in submission.notebooks}


def _cells(notebook: Any) -> list[Cell]:
    """The marked cells of a notebook in the gradebook."""
    points = {cell.name: float(cell.max_score) for cell in notebook.grade_cells}
    tasks = {cell.name: float(cell.max_score) for cell in notebook.task_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    cells = []
    for number, cell in enumerate(notebook.source_cells):
        marks = {
            "cell_type": cell.cell_type,
            "checksum": cell.checksum,
            "grade": cell.name in points,
            "grade_id": cell.name,
            "locked": bool(cell.locked),
            "schema_version": 3,
            "solution": cell.name in solutions,
            "task": cell.name in tasks,
        }
        worth = points | tasks
        marks |= {"points": worth[cell.name]} if cell.name in worth else {}
        cells.append(Cell(f"s{number}", cell.cell_type, cell.source, marks))
    return cells
