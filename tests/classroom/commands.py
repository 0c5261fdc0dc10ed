"""Courses and commands, for tests."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from mha_lessons.classroom.course import make_course, notebook
from mha_lessons.cli import app
from tests.classroom.pupils import ASSIGNMENT, NOTEBOOK

ENVIRONMENT = {
    **os.environ,
    "PATH": os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ["PATH"]]
    ),  # nbgrader starts alembic
    "OMP_NUM_THREADS": "1",
}


def start(folder: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def run(folder: Path, *words: str, code: int | None = 0, **environment: str) -> str:
    """The output of a module's command, which ends with this exit code; None for any."""
    process = start(folder, *words, **environment)
    output, _ = process.communicate(timeout=300)
    assert code in (None, process.returncode), f"{words}: {process.returncode}\n{output[-3000:]}"
    return output


def grade(folder: Path, *words: str, code: int = 0) -> str:
    """What `mha-lessons classroom grade` prints, called in this process."""
    done = CliRunner().invoke(app, ["classroom", "grade", str(folder), *words])
    assert done.exit_code == code, done.output
    return done.output


def need_sandbox() -> None:
    """Fail, not skip: without a sandbox nothing here is tested."""
    if shutil.which("bwrap") is None:
        pytest.fail(
            "these tests need bubblewrap: run `make programs`, or install it (apt-get install bubblewrap)"
        )


def course_of_one(root: Path) -> Path:
    """A course whose only assignment is one exercise, made for release."""
    make_course(root)
    shutil.rmtree(root / "source")
    source = root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(notebook(NOTEBOOK)))
    run(root, "nbgrader", "generate_assignment", ASSIGNMENT)
    return root


def scores(root: Path) -> dict[str, float]:
    """Points by student, as nbgrader's gradebook adds them up."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        return {each.student_id: float(each.score) for each in book.assignment_submissions(ASSIGNMENT)}


def to_look_at(root: Path) -> set[str]:
    """Students with a grade that a person should look at."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        found = book.assignment_submissions(ASSIGNMENT)
        return {each.student_id for each in found if each.needs_manual_grade}


def statuses(root: Path, assignment: str = ASSIGNMENT) -> dict[str, dict[str, str]]:
    """The rows of our own table, by student."""
    with (root / "grading" / f"{assignment}.csv").open(newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}
