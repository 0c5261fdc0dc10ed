"""The course as nbgrader keeps it: what was released, who is in it, and the grades.

All of nbgrader is used here, in `writer` and in `collecting`, and nowhere else.
"""

from __future__ import annotations

import glob
import logging
import os
import re
import secrets
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.baseapp import NbGrader
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from sqlalchemy.exc import OperationalError, SAWarning

from mha_lessons.classroom.plain_files import UnreadableError, read_plain
from mha_lessons.classroom.problem import CourseError
from mha_lessons.classroom.result import Result
from mha_lessons.classroom.submission import SECRET, TIMESTAMP, Cell
from mha_lessons.classroom.writer import Writer, as_notebook

STAGED = "grading/staged"
"""Where nbgrader finds what was looked at and made anew, in the place of submitted/."""
CLEAR = ("graded", "partial")
"""All other statuses are for a person to look at."""


class Course:
    """A folder that nbgrader works in.

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
        self._app = NbGrader()
        self._app.load_cwd_config = False
        self._errors = _Errors(logging.ERROR)
        self._keep_errors()
        self._app.initialize([], root=str(self.root))
        self._keep_errors()  # reading a configuration sets the log up anew
        self.directory: CourseDirectory = self._app.coursedir

    def _keep_errors(self) -> None:
        self._app.log.handlers, self._app.log.propagate = [self._errors], False

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

    def _secret(self, student: str, assignment: str) -> str:
        """What makes the name of feedback in the exchange hard to guess; the student has it, too."""
        try:
            found = read_plain(self.submitted, (student, assignment, SECRET), 200)
            said = (found or b"").decode().strip()
        except (UnreadableError, ValueError):
            said = ""
        return said if re.fullmatch(r"[0-9A-Za-z-]{16,200}", said) else secrets.token_hex(32)

    def has(self, student: str, assignment: str) -> bool:
        """Whether the grades of a submission are there."""
        if not Path(self._path(self.directory.autograded_directory, student, assignment)).is_dir():
            return False
        with self.gradebook() as book:
            try:
                book.find_submission(assignment, student)
            except MissingEntry:
                return False
        return True

    def graded_before(self, student: str, assignment: str) -> set[str]:
        """Names of the notebooks that the last grading of a submission found."""
        folder = Path(self._path(self.directory.autograded_directory, student, assignment))
        return {path.stem for path in folder.glob("*.ipynb")}

    def take_back(self, student: str, assignment: str) -> dict[str, tuple[float, float]]:
        """Let a submission of which nothing is left count 0, but for what was given by hand.

        Returns:
            Points and their maximum, by notebook; empty if the gradebook has nothing of it.
        """
        with self.gradebook() as book:
            try:
                submission = book.find_submission(assignment, student)
            except MissingEntry:
                return {}
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = 0, False
            book.db.commit()
            return _scores(submission)

    def write(
        self, student: str, assignment: str, graded: Mapping[str, tuple[Sequence[Cell], Result]]
    ) -> dict[str, tuple[float, float]]:
        """Let nbgrader write what came of a submission; gives points and their maximum, by notebook.

        Args:
            student: an id.
            assignment: a name.
            graded: cells and result of each notebook that was handed in.

        Raises:
            CourseError: nbgrader cannot do it.
        """
        staged = Path(self._path(STAGED, student, assignment))
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        for name, (cells, _) in graded.items():
            nbformat.write(as_notebook(cells), staged / f"{name}.ipynb")
        # nbgrader's release_feedback fails for all where one has not both, as from a zip file
        (staged / TIMESTAMP).write_text(self.timestamp(student, assignment), encoding="utf-8")
        (staged / SECRET).write_text(self._secret(student, assignment), encoding="utf-8")
        directory = CourseDirectory(parent=self._app, root=str(self.root))
        directory.submitted_directory = STAGED
        directory.assignment_id, directory.student_id = glob.escape(assignment), glob.escape(student)
        writer = Writer(coursedir=directory, parent=self._app)
        writer.force = True
        writer.results = {name: result for name, (_, result) in graded.items()}
        self._errors.said.clear()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own making
                writer.start()
        except (NbGraderException, OperationalError, SystemExit, ValueError) as error:
            why = self._errors.said[1:2] or self._errors.said or [str(error)]  # the second is the traceback
            last = why[0].strip().splitlines()[-1]
            if any("database is locked" in each for each in [*self._errors.said, str(error)]):
                last = "something else has locked the gradebook, such as the Formgrader: end it."
            raise CourseError(
                f"nbgrader cannot write the grades of {student} for {assignment}: {last}"
            ) from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return self._flag(student, assignment, writer.results)

    def _flag(
        self, student: str, assignment: str, results: Mapping[str, Result]
    ) -> dict[str, tuple[float, float]]:
        """Points as the gradebook has them, after what a person should look at has been marked for them."""
        with self.gradebook() as book:
            submission = book.find_submission(assignment, student)
            for notebook in submission.notebooks:
                result = results.get(notebook.name)
                if result is not None and result.status not in CLEAR:
                    for grade in notebook.grades:
                        grade.needs_manual_grade = True
            book.db.commit()
            return _scores(submission)

    def _path(self, step: str, student: str, assignment: str) -> str:
        path: str = self.directory.format_path(step, student, assignment)
        return path


class _Errors(logging.Handler):
    """Keeps what nbgrader says of its errors."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _scores(submission: Any) -> dict[str, tuple[float, float]]:
    """Points and their maximum, by notebook, with what was given by hand."""
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
