"""Lets nbgrader write what came of a submission: `autograded/`, and the grades in the gradebook."""

from __future__ import annotations

import glob
import re
import secrets
import shutil
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import nbformat
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import OperationalError, SAWarning

from mha_lessons.classroom.plain_files import UnreadableError, read_plain
from mha_lessons.classroom.problem import CourseError
from mha_lessons.classroom.result import Result
from mha_lessons.classroom.submission import SECRET, TIMESTAMP, Cell
from mha_lessons.classroom.writer import Writer, as_notebook

if TYPE_CHECKING:
    from mha_lessons.classroom.gradebook import Course, Scores

STAGED = "grading/staged"
"""Where nbgrader finds what was looked at and made anew, in the place of submitted/."""
CLEAR = ("graded", "partial")
"""All other statuses are for a person to look at."""


def write_grades(
    course: Course, student: str, assignment: str, graded: Mapping[str, tuple[Sequence[Cell], Result]]
) -> Scores:
    """Let nbgrader write what came of a submission; gives points and their maximum, by notebook.

    Args:
        course: with a gradebook.
        student: an id.
        assignment: a name.
        graded: cells and result of each notebook that was handed in; all others keep what they earned before.

    Raises:
        CourseError: nbgrader cannot do it.
    """
    results = {name: result for name, (_, result) in graded.items()}
    earlier = course.scores_of(student, assignment)
    staged = course.path(STAGED, student, assignment)
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    for name, (cells, _) in graded.items():
        nbformat.write(as_notebook(cells), staged / f"{name}.ipynb")
    # nbgrader's release_feedback fails for all where one has not both, as from a zip file
    (staged / TIMESTAMP).write_text(course.timestamp(student, assignment), encoding="utf-8")
    (staged / SECRET).write_text(_secret(course, student, assignment), encoding="utf-8")
    directory = CourseDirectory(parent=course.app, root=str(course.root))
    directory.submitted_directory = STAGED
    directory.assignment_id, directory.student_id = glob.escape(assignment), glob.escape(student)
    writer = Writer(coursedir=directory, parent=course.app)
    writer.force = True
    writer.results = results
    writer.kept = [name for name in earlier if name not in graded]
    course.errors.clear()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's own making
            writer.start()
    except (NbGraderException, OperationalError, SystemExit, ValueError) as error:
        why = course.errors[1:2] or course.errors or [str(error)]  # the second is the traceback
        last = why[0].strip().splitlines()[-1]
        if any("database is locked" in each for each in [*course.errors, str(error)]):
            last = "something else has locked the gradebook, such as the Formgrader: end it."
        raise CourseError(
            f"nbgrader cannot write the grades of {student} for {assignment}: {last}"
        ) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    _flag(course, student, assignment, results)
    return course.scores_of(student, assignment)


def _secret(course: Course, student: str, assignment: str) -> str:
    """What makes the name of feedback in the exchange hard to guess; the student has it, too."""
    try:
        found = read_plain(course.submitted, (student, assignment, SECRET), 200)
        said = (found or b"").decode().strip()
    except (UnreadableError, ValueError):
        said = ""
    return said if re.fullmatch(r"[0-9A-Za-z-]{16,200}", said) else secrets.token_hex(32)


def _flag(course: Course, student: str, assignment: str, results: Mapping[str, Result]) -> None:
    """Mark what a person should look at."""
    with course.gradebook() as book:
        for notebook in book.find_submission(assignment, student).notebooks:
            result = results.get(notebook.name)
            if result is not None and result.status not in CLEAR:
                for grade in notebook.grades:
                    grade.needs_manual_grade = True
        book.db.commit()
