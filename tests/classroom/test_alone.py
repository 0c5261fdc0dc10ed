"""Two graders of one course: the second is told who the first is, and a dead one holds nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mha_lessons.classroom.alone import alone
from mha_lessons.classroom.course import make_course
from mha_lessons.classroom.problem import CourseError
from tests.classroom.commands import ENVIRONMENT, grade

HOLDS = """
import sys, time
from pathlib import Path
from mha_lessons.classroom.alone import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make_course(tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture
def other(course: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that grades the course."""
    words = [sys.executable, "-c", HOLDS, str(course)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_grader_is_told_which_process_grades_already(
    course: Path, other: subprocess.Popen[str]
) -> None:
    (course / "source").rename(course / "none")
    output = " ".join(grade(course, "--unsafe", "--assignment", "capacity", code=1).split())
    assert f"{course} is being graded already, by process {other.pid} on " in output
    assert "wait until that is done, or end it" in output


def test_a_grader_that_was_killed_holds_nothing(course: Path, other: subprocess.Popen[str]) -> None:
    with pytest.raises(CourseError, match=f"process {other.pid}"), alone(course):
        pass
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert str(other.pid) in (course / "grading" / "process.txt").read_text()
    with alone(course), pytest.raises(CourseError, match="is being graded already"), alone(course):
        pass


def test_a_grading_that_ends_in_an_error_lets_go(course: Path) -> None:
    with pytest.raises(ZeroDivisionError), alone(course):
        raise ZeroDivisionError
    with alone(course):
        assert (course / "grading" / "process.txt").exists()
    assert not (course / "grading" / "process.txt").exists()
