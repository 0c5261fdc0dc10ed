"""The example of a class on one server: two students of students.csv, a real JupyterHub and its proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from mha_lessons.cli import app
from tests.classroom.commands import run
from tests.classroom.hub_server import Hub

STUDENTS = ("ada", "emmy")
SLOW = 60_000  # ms: a server of one's own starts, then a kernel


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new course with its first assignment released, and a class list of two."""
    folder = tmp_path_factory.mktemp("hub") / "course"
    made = CliRunner().invoke(app, ["classroom", "init", str(folder)])
    assert made.exit_code == 0, made.output
    (folder / "students.csv").write_text("id,first_name,last_name,email\nada,,,\nemmy,,,\n")
    run(folder, "nbgrader", "generate_assignment", assignment(folder))
    run(folder, "nbgrader", "release_assignment", assignment(folder))
    return folder


def assignment(course: Path) -> str:
    return min(path.name for path in (course / "source").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def hub(course: Path) -> Iterator[Hub]:
    running = Hub(course)
    yield running
    running.stop()


@pytest.fixture(scope="module", params=STUDENTS)
def student(request: pytest.FixtureRequest, hub: Hub, course: Path, browser: Browser) -> Iterator[Page]:
    """The page of a student who has logged in; the server opens the first lesson."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(SLOW)
    page.goto(hub.address)
    page.get_by_label("Username").fill(request.param)
    page.get_by_label("Password").fill((course / "hub" / "password").read_text())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/user/{request.param}/lab/**")
    page.locator('.jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    yield page
    context.close()


def name_of(page: Page) -> str:
    return page.url.split("/user/")[1].split("/")[0]


def test_a_student_logs_in_and_the_lessons_are_in_the_home(student: Page, course: Path) -> None:
    lessons = course / "homes" / name_of(student) / "lessons"
    assert (lessons / "index.ipynb").is_file()
    expect(student.locator(".jp-NotebookPanel h1").first).to_contain_text("Why many heads?")


def test_a_widget_of_the_lesson_runs_in_the_students_server(student: Page) -> None:
    student.get_by_role("menuitem", name="Run", exact=True).click()
    student.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    explorer = student.locator('[data-widget="head_explorer"]').first
    expect(explorer).to_have_attribute("data-state", "ready", timeout=SLOW)
    heads = explorer.locator('[name="num_heads"]')
    pictures = explorer.locator("canvas:visible")
    before = pictures.count()
    heads.focus()
    heads.press("ArrowUp")
    expect(pictures).not_to_have_count(before)


def test_a_student_fetches_and_submits_and_the_teacher_collects_it(student: Page, course: Path) -> None:
    name, task = name_of(student), assignment(course)
    student.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    student.get_by_role("menuitem", name="Assignment List", exact=True).click()
    student.get_by_role("button", name="Fetch").click()
    student.get_by_role("button", name="Submit").click()
    expect(student.locator("#submitted_assignments_list")).to_contain_text(task)
    assert list((course / "homes" / name / task).glob("*.ipynb"))
    run(course, "nbgrader", "collect", task)
    assert list((course / "submitted" / name / task).glob("*.ipynb"))


def test_who_is_not_in_the_list_is_not_let_in(hub: Hub, course: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(hub.address)
    page.get_by_label("Username").fill("mallory")
    page.get_by_label("Password").fill((course / "hub" / "password").read_text())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Invalid username or password")).to_be_visible()
    page.close()


def test_the_password_is_the_teachers_alone(hub: Hub, course: Path) -> None:
    assert (course / "hub" / "password").stat().st_mode & 0o077 == 0
