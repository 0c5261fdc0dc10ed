"""An assignment from submissions to grades: who is in the list, what was taken back, and what goes wrong."""

from __future__ import annotations

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mha_lessons.classroom import marking
from mha_lessons.classroom.gradebook import Course
from mha_lessons.classroom.grades import write_grades
from mha_lessons.classroom.limits import Limits
from mha_lessons.classroom.marking import KEPT, Marking
from mha_lessons.classroom.problem import CourseError
from mha_lessons.classroom.result import Job, Result
from tests.classroom.commands import course_of_one, grade, need_sandbox, run, scores, statuses, to_look_at
from tests.classroom.pupils import ASSIGNMENT, FULL, HONEST, LOSS, NOTEBOOK

ADA = HONEST[0]
UNTOUCHED = next(pupil for pupil in HONEST if pupil.id == "grace")
INVALID = next(pupil for pupil in LOSS if pupil.id == "cut")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_sandbox()
    return course_of_one(tmp_path_factory.mktemp("marking") / "course")


@pytest.fixture
def course(empty: Path, tmp_path: Path) -> Path:
    return shutil.copytree(empty, tmp_path / "course")


def right(job: Job) -> Result:
    """In the place of the sandbox: full marks for everything."""
    reports = {cell: ("right", points) for cell, points in job.points.items()}
    points = sum(job.points.values())
    return Result(
        job.student, job.assignment, job.notebook, "graded", points, points, job.notes, 1,
        reports=reports, limits=job.limits, digest=job.digest,
    )  # fmt: skip


def go(root: Path) -> Marking:
    """Grade a course in this process."""
    made = Marking(Course(root), ASSIGNMENT, Limits())
    with ThreadPoolExecutor(1) as executor:
        list(made.go(executor))
    return made


def test_a_student_whose_grades_cannot_be_written_ends_nobody_elses(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "grade", right)
    for pupil in (HONEST[1], HONEST[2], INVALID, ADA):
        pupil.hand_in(course)

    def fails(course: Course, student: str, *rest: object) -> object:
        if student in (HONEST[1].id, INVALID.id):
            raise CourseError(f"no room for {student}")
        return write_grades(course, student, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(marking, "write_grades", fails)
    said = f"All others are graded; the grades of {HONEST[1].id}, {INVALID.id} could not be written. no room"
    with pytest.raises(CourseError, match=said):
        go(course)
    assert scores(course) == {HONEST[2].id: FULL, ADA.id: FULL}
    monkeypatch.setattr(marking, "write_grades", write_grades)
    go(course)
    assert scores(course) == {HONEST[1].id: FULL, HONEST[2].id: FULL, INVALID.id: 0, ADA.id: FULL}


@pytest.mark.parametrize("what", ["notebook", "folder"])
def test_what_is_there_no_more_is_missing_and_keeps_the_grade_it_had(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(marking, "grade", right)
    folder = ADA.hand_in(course)
    INVALID.hand_in(course)
    assert (go(course).results[ADA.id, NOTEBOOK].points, scores(course)[ADA.id]) == (FULL, FULL)
    for pupil in (ADA, INVALID):
        place = course / "submitted" / pupil.id / ASSIGNMENT
        shutil.move(
            place / f"{NOTEBOOK}.ipynb" if what == "notebook" else place.parent, tmp_path / f"{pupil.id} kept"
        )
    for _ in range(2):  # and the second time as at first
        output = grade(course)
        rows = statuses(course)
        row = rows[ADA.id]
        assert (row["status"], float(row["points"]), scores(course)[ADA.id]) == ("missing", FULL, FULL)
        assert row["notes"].endswith(f"handed in. {KEPT}")
        assert " ".join(KEPT.split()) in " ".join(output.split())
        row = rows[INVALID.id]
        assert (row["status"], float(row["points"]), KEPT in row["notes"]) == ("missing", 0, False)
        assert to_look_at(course) == {INVALID.id}
    shutil.move(
        tmp_path / f"{ADA.id} kept", folder / f"{NOTEBOOK}.ipynb" if what == "notebook" else folder.parent
    )
    again = go(course).results[ADA.id, NOTEBOOK]
    assert (again.points, again.notes, scores(course)[ADA.id]) == (FULL, (), FULL)


def test_one_notebook_of_two_that_is_gone_keeps_its_grade_while_the_other_gets_a_new_one(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "grade", right)
    source = course / "source" / ASSIGNMENT
    shutil.copy(source / f"{NOTEBOOK}.ipynb", source / "second.ipynb")
    run(course, "nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    folder = ADA.hand_in(course)
    second = folder / "second.ipynb"
    shutil.copy(folder / f"{NOTEBOOK}.ipynb", second)
    go(course)
    assert scores(course)[ADA.id] == 2 * FULL
    kept = shutil.move(second, tmp_path / "kept")
    shutil.copy(INVALID.hand_in(course) / f"{NOTEBOOK}.ipynb", folder)
    for _ in range(2):
        found = go(course).results
        assert found[ADA.id, "second"].notes == ("second.ipynb is not handed in.", KEPT)
        assert (found[ADA.id, NOTEBOOK].status, found[ADA.id, NOTEBOOK].points) == ("invalid", 0)
        assert scores(course)[ADA.id] == FULL
    shutil.move(kept, second)
    assert go(course).results[ADA.id, "second"].notes == ()
    assert scores(course)[ADA.id] == FULL


def test_a_notebook_that_was_never_handed_in_is_missing_and_counts_nothing(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "grade", right)
    source = course / "source" / ASSIGNMENT
    shutil.copy(source / f"{NOTEBOOK}.ipynb", source / "second.ipynb")
    run(course, "nbgrader", "generate_assignment", ASSIGNMENT, "--force")
    ADA.hand_in(course)
    for _ in range(2):
        second = go(course).results[ADA.id, "second"]
        assert (second.status, second.points) == ("missing", 0)
        assert second.notes == ("second.ipynb is not handed in.",)
        assert (scores(course)[ADA.id], to_look_at(course)) == (FULL, set())


def test_who_is_not_in_the_list_of_students_is_said(course: Path) -> None:
    (course / "students.csv").write_text("id,first_name,last_name,email\nada,,,\n")
    run(course, "nbgrader", "db", "student", "import", "students.csv")
    for pupil in (ADA, UNTOUCHED, INVALID):
        pupil.hand_in(course)
    for _ in range(2):
        grade(course)
        notes = {student: row["notes"] for student, row in statuses(course).items()}
        assert notes["ada"] == ""
        assert notes["grace"] == (
            "grace is not in the list of students: add it, or rename the folder if it is a login name. "
            "Not attempted: the answer is as it was given out."
        )
        assert "cut is not in the list of students" in notes["cut"]


def test_a_gradebook_that_something_else_holds_is_one_sentence(course: Path) -> None:
    ADA.hand_in(course)
    holder = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    holder.execute("begin exclusive")
    try:
        output = grade(course, code=1)
    finally:
        holder.close()
    assert "cannot be used (database is locked): end what else works with it" in output
    assert output.count("Error:") == 1
    assert "Traceback" not in output


def test_a_gradebook_that_is_locked_while_grades_are_written_is_said_so(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "grade", right)
    ADA.hand_in(course)
    made = Marking(Course(course), ASSIGNMENT, Limits())
    holder = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    holder.execute("begin immediate")
    try:
        with ThreadPoolExecutor(1) as executor, pytest.raises(CourseError, match="locked the gradebook"):
            list(made.go(executor))
    finally:
        holder.close()
