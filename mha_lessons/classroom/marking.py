"""An assignment from what was handed in to the grades: each notebook once, each submission merged once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import TYPE_CHECKING

from mha_lessons.classroom.grades import write_grades
from mha_lessons.classroom.grading import grade
from mha_lessons.classroom.handed_in import Notebook, handed_in
from mha_lessons.classroom.ledger import Ledger
from mha_lessons.classroom.limits import Limits
from mha_lessons.classroom.problem import CourseError
from mha_lessons.classroom.result import Job, Result, Status
from mha_lessons.classroom.submission import is_student
from mha_lessons.executors import as_done

if TYPE_CHECKING:
    from mha_lessons.classroom.gradebook import Course


NOTHING = "Nothing is handed in."
KEPT = "What was handed in before was graded, and keeps its points: to let it count nothing, give 0 by hand."
NOT_LISTED = "{} is not in the list of students: add it, or rename the folder if it is a login name."


class Marking:
    """What is to be done for an assignment, what is done, and who gets what.

    Args:
        course: a folder of nbgrader's.
        assignment: a name in its gradebook.
        limits: of each notebook.
        unsafe: run them without a sandbox.

    Raises:
        CourseError: the assignment has not been made.
    """

    def __init__(self, course: Course, assignment: str, limits: Limits, *, unsafe: bool = False) -> None:
        self.course, self.assignment, self.limits, self.unsafe = course, assignment, limits, unsafe
        self.released = course.released(assignment)
        self.ledger = Ledger(course.root / "grading" / assignment)
        self.results: dict[tuple[str, str], Result] = {}
        self.notebooks = handed_in(course, assignment, self.released)
        self._listed = course.students()
        for key, notebook in self.notebooks.items():
            known = self.ledger.find(notebook.digest, limits)
            if known is not None:
                self.results[key] = known
            elif notebook.looked.status in ("invalid", "missing"):
                status: Status = "missing" if notebook.looked.status == "missing" else "invalid"
                self._keep(self._unrun(*key, status, notebook.looked.notes, notebook.digest))

    @property
    def jobs(self) -> list[Job]:
        """What is to be run."""
        todo = [each for key, each in self.notebooks.items() if key not in self.results]
        return [self._job(each) for each in todo]

    def go(self, executor: Executor) -> Iterator[Result]:
        """Grade what is not graded yet; each result is on disk before it is given out.

        Raises:
            CourseError: at the end, naming those whose grades could not be written.
            LessonError: a sandbox or a worker failed; what is finished is kept.
        """
        failed: dict[str, str] = {}
        for student in sorted({student for student, _ in self.results}):
            self._try_to_merge(student, failed)
        for result in as_done(executor, grade, self.jobs):
            self._keep(result)
            self._try_to_merge(result.student, failed)
            yield self.results[result.student, result.notebook]
        if failed:
            raise CourseError(
                f"All others are graded; the grades of {', '.join(sorted(failed))} could not be written. "
                f"{next(iter(failed.values()))}"
            )

    def absent(self) -> list[Result]:
        """A result for each notebook of those on the list of whom nothing at all is handed in now.

        Their grades stay as the gradebook has them: no grade is lost with a folder.
        """
        there = {student for student, _ in self.notebooks}
        earlier = self.course.scores(self.assignment)
        return [
            _now(self._unrun(student, name, "missing", [NOTHING]), earlier.get(student, {}).get(name))
            for student in self._listed
            if student not in there
            for name in self.released
        ]

    def _keep(self, result: Result) -> None:
        self.ledger.keep(result)
        self.results[result.student, result.notebook] = result

    def _try_to_merge(self, student: str, failed: dict[str, str]) -> None:
        """Those behind a student whose grades cannot be written get theirs."""
        try:
            self._merge(student)
        except CourseError as error:
            failed[student] = str(error)

    def _merge(self, student: str) -> None:
        """Hand a submission to the gradebook when all of it is graded, unless it is there."""
        own = {name: self.results.get((student, name)) for name in self.released}
        done = {name: result for name, result in own.items() if result is not None}
        if len(done) < len(own) or not is_student(student):
            return
        merged = all(self.ledger.is_merged(result.digest) for result in done.values())
        if merged and self.course.has(student, self.assignment):
            return
        for name in done:
            self.ledger.forget_merged(student, name)  # first: a stop in the middle merges again
        graded = {
            name: (self.notebooks[student, name].cells, result)
            for name, result in done.items()
            if result.status != "missing"
        }
        if graded:
            scores = write_grades(self.course, student, self.assignment, graded)
        else:
            scores = self.course.scores_of(student, self.assignment)
        for name, result in done.items():
            now = _now(result, scores.get(name))
            self.results[student, name] = now
            self.ledger.keep(now, merged=True)

    def _job(self, each: Notebook) -> Job:
        checks = each.checks
        return Job(
            each.student,
            self.assignment,
            each.name,
            cells=tuple(cell for cell in each.cells if cell.kind == "code"),
            checks=checks,
            points={
                cell.id: (cell.marks or {}).get("points", 0.0) for cell in each.cells if cell.id in checks
            },
            seed=secrets.randbits(63),
            limits=self.limits,
            hidden=(str(self.course.root),),
            unsafe=self.unsafe,
            look="tampered" if each.looked.status == "tampered" else "",
            notes=(*each.looked.notes, *self._about(each.student)),
            digest=each.digest,
        )

    def _unrun(
        self, student: str, name: str, status: Status, notes: Sequence[str], digest: str = ""
    ) -> Result:
        out_of = sum((cell.marks or {}).get("points", 0.0) for cell in self.released[name])
        notes = (*notes, *self._about(student))
        return Result(
            student, self.assignment, name, status, 0.0, out_of, notes, limits=self.limits, digest=digest
        )

    def _about(self, student: str) -> list[str]:
        """A note where there is a list of students, and this one is not in it."""
        unknown = is_student(student) and self._listed and student not in self._listed
        return [NOT_LISTED.format(student)] if unknown else []


def _now(result: Result, scores: tuple[float, float] | None) -> Result:
    """A result with the points that the gradebook has, and a note if they are of what is there no more."""
    points, out_of = scores or (result.points, result.out_of)
    notes = tuple(note for note in result.notes if note != KEPT)
    if result.status == "missing" and points:
        notes = (*notes, KEPT)
    return replace(result, points=points, out_of=out_of, notes=notes)
