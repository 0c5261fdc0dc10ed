"""An assignment from what was handed in to the grades: each notebook once, each submission merged once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mha_lessons.classroom.grading import grade
from mha_lessons.classroom.ledger import Ledger, digest_of
from mha_lessons.classroom.limits import Limits
from mha_lessons.classroom.problem import CourseError
from mha_lessons.classroom.result import Job, Result, Status
from mha_lessons.classroom.submission import SECRET, TIMESTAMP, Cell, Looked, is_student, left_aside, look
from mha_lessons.executors import as_done
from mha_lessons.exercises import NAMES

if TYPE_CHECKING:
    from mha_lessons.classroom.gradebook import Course


TAKEN_BACK = "It was handed in before, and was taken back: only points given by hand count."
NOT_LISTED = "{} is not in the list of students: add it, or rename the folder if it is a login name."


@dataclass(frozen=True)
class Notebook:
    """A notebook that was to be handed in."""

    student: str
    name: str
    looked: Looked
    digest: str
    released: tuple[Cell, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Those of the student, or the released ones where nothing of the student's can be used."""
        return self.looked.cells or self.released


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
        self.notebooks: dict[tuple[str, str], Notebook] = {}
        self._listed = course.students()
        for student in self._handed_in():
            for name in self.released:
                self._look(student, name)
        there = {student for student, _ in self.notebooks}
        nothing = Looked("missing", notes=("Nothing was handed in.",))
        self._absent = {
            (student, name): self._unrun(student, name, nothing, "")
            for student in self._listed
            if student not in there
            for name in self.released
        }

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
        self._take_back()
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
        """A result for each notebook of those on the list who handed in nothing at all."""
        return [*self._absent.values()]

    def _take_back(self) -> None:
        """What the gradebook has of those who are absent now counts no more, and their results say so."""
        for student in sorted({student for student, _ in self._absent}):
            before = self.course.graded_before(student, self.assignment)
            for name in self.released:
                self.ledger.forget_merged(student, name)  # it may come again
            for name, scores in self.course.take_back(student, self.assignment).items():
                result = self._absent[student, name]
                self._absent[student, name] = _now(result, scores, taken_back=name in before)

    def _handed_in(self) -> list[str]:
        """Names of the folders that hold this assignment, whatever else they are."""
        try:
            with os.scandir(self.course.submitted) as entries:
                names = [each.name for each in entries if each.is_symlink() or each.is_dir()]
        except FileNotFoundError:
            return []
        return sorted(
            name for name in names if os.path.lexists(self.course.submitted / name / self.assignment)
        )

    def _look(self, student: str, name: str) -> None:
        released, root = self.released[name], self.course.submitted
        parts = (student, self.assignment, f"{name}.ipynb")
        looked = look(root, parts, released)
        if not is_student(student):
            said = f"The folder {student!a} has a name that no student can have: rename it."
            looked = Looked("invalid", notes=(said,))
        wanted = [f"{each}.ipynb" for each in self.released] + [TIMESTAMP, SECRET]
        looked = replace(looked, notes=(*looked.notes, *left_aside(root, parts[:2], wanted)))
        when = self.course.timestamp(student, self.assignment) if is_student(student) else ""
        handed_in = f"{looked.digest} {' '.join(looked.notes)}"
        digest = digest_of(student, name, handed_in, released, when)
        self.notebooks[student, name] = Notebook(student, name, looked, digest, tuple(released))
        known = self.ledger.find(digest, self.limits)
        if known is not None:
            self.results[student, name] = known
        elif looked.status in ("invalid", "missing"):
            self._keep(self._unrun(student, name, looked, digest))

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
        there = {name: result for name, result in done.items() if result.status != "missing"}
        before = self.course.graded_before(student, self.assignment)
        for name in done:
            self.ledger.forget_merged(student, name)  # first: a stop in the middle merges again
        if there:
            cells = {name: self.notebooks[student, name].cells for name in there}
            graded = {name: (cells[name], result) for name, result in there.items()}
            scores = self.course.write(student, self.assignment, graded)
        else:
            scores = self.course.take_back(student, self.assignment)
        for name, result in done.items():
            taken_back = name in before and name not in there
            now = _now(result, scores.get(name, (result.points, result.out_of)), taken_back=taken_back)
            self.results[student, name] = now
            self.ledger.keep(now, merged=True)

    def _job(self, each: Notebook) -> Job:
        checks = {cell.id: name for cell in each.cells if (name := _exercise(cell)) is not None}
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

    def _unrun(self, student: str, name: str, looked: Looked, digest: str) -> Result:
        status: Status = "missing" if looked.status == "missing" else "invalid"
        out_of = sum((cell.marks or {}).get("points", 0.0) for cell in self.released[name])
        return Result(
            student,
            self.assignment,
            name,
            status,
            0.0,
            out_of,
            (*looked.notes, *self._about(student)),
            limits=self.limits,
            digest=digest,
        )

    def _about(self, student: str) -> list[str]:
        """A note where there is a list of students, and this one is not in it."""
        unknown = is_student(student) and self._listed and student not in self._listed
        return [NOT_LISTED.format(student)] if unknown else []


def _now(result: Result, scores: tuple[float, float], *, taken_back: bool) -> Result:
    """A result with the points that the gradebook has, and a note if it is of what is there no more."""
    notes = result.notes
    if taken_back and TAKEN_BACK not in notes:
        notes = (*notes, TAKEN_BACK)
    return replace(result, points=scores[0], out_of=scores[1], notes=notes)


def _exercise(cell: Cell) -> str | None:
    """The exercise that a cell checks; checks that a teacher wrote are none, and run with the notebook."""
    marks = cell.marks or {}
    name = marks.get("grade_id")
    return name if marks.get("grade") and not marks.get("solution") and name in NAMES else None
