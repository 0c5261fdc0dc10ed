"""A teacher in plain JupyterLab with nbgrader's extension: from an assignment to feedback, by its buttons."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, expect

from mha_lessons.classroom.course import COURSE_ID, make_course
from mha_lessons.exercises import find_exercise
from tests.classroom.commands import ENVIRONMENT, grade, need_sandbox, run
from tests.lab.server import LabServer

ASSIGNMENT, NAME = "capacity", "kv_cache"
SLOW = 60_000  # ms: nbgrader starts, and makes its gradebook


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[LabServer]:
    """`jupyter lab` in the folder of a new course, with the environment's programs on the path."""
    need_sandbox()
    make_course(tmp_path / "lessons")
    server = LabServer(tmp_path, environment={"PATH": ENVIRONMENT["PATH"]})
    yield server
    server.stop()


@pytest.fixture
def formgrader(lab: LabServer, browser: Browser) -> Iterator[FrameLocator]:
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.set_default_timeout(SLOW)
    page.goto(lab.address("README.md"))
    page.locator(".jp-FileEditor").wait_for()
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    yield page.frame_locator("iframe")
    page.close()


def press(formgrader: FrameLocator, button: str, says: str) -> Locator:
    """Press a button of the assignment's row, and take the answer; gives the row."""
    row = formgrader.get_by_role("row").filter(has_text=ASSIGNMENT)
    row.locator(f".{button} a").click()
    answer = formgrader.locator(".modal-content").filter(has_text=says)
    expect(answer).to_be_visible(timeout=SLOW)
    answer.get_by_role("button").last.click()
    expect(answer).to_have_count(0)
    return row


def hand_in(course: Path, home: Path) -> None:
    """Ada solves the assignment and submits it."""
    shutil.copytree(course / "exchange" / COURSE_ID / "outbound" / ASSIGNMENT, home / ASSIGNMENT)
    shutil.copy(course / "student" / "nbgrader_config.py", home)
    path = home / ASSIGNMENT / f"{NAME}.ipynb"
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = find_exercise(NAME).source.solution
    path.write_text(json.dumps(content))
    run(home, "nbgrader", "submit", ASSIGNMENT, JUPYTERHUB_USER="ada", HOME=str(home))


def test_a_teacher_gives_out_takes_in_sees_the_grades_and_gives_back_in_jupyterlab(
    lab: LabServer, formgrader: FrameLocator, tmp_path: Path
) -> None:
    course = lab.folder
    row = press(formgrader, "assign", "Successfully created the student version")
    assert "BEGIN SOLUTION" not in (course / "release" / ASSIGNMENT / f"{NAME}.ipynb").read_text()
    press(formgrader, "release", "Successfully released")
    expect(row.locator(".status")).to_have_text("released")
    hand_in(course, tmp_path / "ada")
    press(formgrader, "collect", "Successfully collected")
    expect(row.locator(".num-submissions")).to_have_text("1")
    grade(course, "--assignment", ASSIGNMENT)
    row.locator(".num-submissions a").click()
    student = formgrader.get_by_role("row").filter(has_text="ada")
    expect(student.locator(".status")).to_have_text("graded", timeout=SLOW)
    expect(student.locator(".score")).to_have_text("8 / 8")
    formgrader.get_by_role("link", name="Assignments", exact=True).first.click()
    press(formgrader, "generate-feedback", "Successfully generated feedback")
    press(formgrader, "release-feedback", "Successfully released feedback")
    (page,) = (course / "feedback" / "ada" / ASSIGNMENT).glob("*.html")
    assert any((course / "exchange").glob("*/feedback/*"))
    assert "(Score: 8.0 / 8.0)" in page.read_text()
