"""From a new course to grades, by commands alone: nbgrader's own, and `mha-lessons classroom`."""

from __future__ import annotations

import ast
import csv
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from typer.testing import CliRunner

from mha_lessons.classroom.course import assignments, make_course, notebook
from mha_lessons.classroom.problem import CourseError
from mha_lessons.cli import app
from mha_lessons.exercises import NAMES, find_exercise
from tests.classroom.commands import need_sandbox, run, statuses

ASSIGNMENT, NAME = "capacity", "kv_cache"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_sandbox()
    root = tmp_path_factory.mktemp("course") / "my course"
    done = CliRunner().invoke(app, ["classroom", "init", str(root)])
    assert done.exit_code == 0, done.output
    assert f"{ASSIGNMENT}  {NAME}" in done.output
    return root


def solve(path: Path, answer: str | None = None) -> None:
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = find_exercise(NAME).source.solution if answer is None else answer
    path.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def graded(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One student submits through the exchange, one by a zip file, and one not at all."""
    (course / "students.csv").write_text("id,first_name,last_name,email\nada,Ada,,\nemmy,Emmy,,\nzoe,,,\n")
    run(course, "nbgrader", "db", "student", "import", "students.csv")
    run(course, "nbgrader", "generate_assignment", ASSIGNMENT)
    run(course, "nbgrader", "release_assignment", ASSIGNMENT)
    home = tmp_path_factory.mktemp("ada")
    shutil.copy(course / "student" / "nbgrader_config.py", home)
    run(home, "nbgrader", "fetch_assignment", ASSIGNMENT)
    assert "BEGIN SOLUTION" not in (home / ASSIGNMENT / f"{NAME}.ipynb").read_text()
    solve(home / ASSIGNMENT / f"{NAME}.ipynb")
    run(home, "nbgrader", "submit", ASSIGNMENT, "--student", "ada", HOME=str(home))
    run(course, "nbgrader", "collect", ASSIGNMENT)
    archive = course / "downloaded" / ASSIGNMENT / "archive"
    archive.mkdir(parents=True)
    own = tmp_path_factory.mktemp("emmy") / f"{NAME}.ipynb"
    shutil.copy(course / "release" / ASSIGNMENT / f"{NAME}.ipynb", own)
    solve(own, "def step(*anything):\n    return None\n")
    with zipfile.ZipFile(archive / "class.zip", "w") as file:
        file.write(own, f"emmy_{NAME}.ipynb")
    run(course, "nbgrader", "zip_collect", ASSIGNMENT)
    words = ("classroom", "grade", ".", "--assignment", ASSIGNMENT, "--workers", "2")
    output = run(course, "mha_lessons.cli", *words)
    assert re.search(rf"{ASSIGNMENT}\s+ada\s+8 of 8\s+graded", output), output
    run(course, "nbgrader", "generate_feedback", ASSIGNMENT)
    run(course, "nbgrader", "release_feedback", ASSIGNMENT)
    run(home, "nbgrader", "fetch_feedback", ASSIGNMENT, "--student", "ada", HOME=str(home))
    run(course, "nbgrader", "export", "--to", "grades.csv")
    shutil.copytree(home, course / "home of ada")
    return course


def test_every_exercise_is_in_one_assignment_which_has_the_name_of_its_chapter() -> None:
    made = assignments()
    assert [name for names in made.values() for name in names] != []
    assert sorted(name for names in made.values() for name in names) == sorted(NAMES)
    chapters = {path.stem for path in (Path(__file__).parents[2] / "book").glob("*.md")}
    assert set(made) <= chapters


@pytest.mark.parametrize("name", NAMES)
def test_a_source_has_one_check_of_the_exercise_s_name_which_ends_in_its_points(name: str) -> None:
    (check,) = (c for c in notebook(name)["cells"] if c["metadata"].get("nbgrader", {}).get("grade"))
    assert check["metadata"]["nbgrader"]["grade_id"] == name
    assert check["metadata"]["nbgrader"]["points"] == find_exercise(name).out_of
    last = ast.parse(check["source"]).body[-1]
    assert ast.unparse(last) == "report.points"
    assert "report = check(" in check["source"]


def test_a_new_course_has_all_that_its_page_speaks_of(course: Path) -> None:
    page = (course / "README.md").read_text()
    assert "{{" not in page
    for name in ("nbgrader_config.py", "students.csv", "student/nbgrader_config.py", "jupyterhub_config.py"):
        assert (course / name).is_file()
        assert name in page
    for assignment, names in assignments().items():
        assert f"| `{assignment}` |" in page
        for each in names:
            assert f"`{each}`" in page
            assert (course / "source" / assignment / f"{each}.ipynb").is_file()
    assert (course / "exchange").stat().st_mode & 0o777 == 0o777
    commands = re.findall(r"^    (nbgrader|mha-lessons) (\S+)", page, re.MULTILINE)
    assert ("mha-lessons", "classroom") in commands
    assert {word for tool, word in commands if tool == "nbgrader"} == {
        "generate_assignment",
        "release_assignment",
        "collect",
        "fetch_assignment",
        "submit",
        "fetch_feedback",
        "generate_feedback",
        "release_feedback",
        "export",
    }


def test_a_student_s_configuration_says_who_hands_in_and_where_and_nothing_else(course: Path) -> None:
    text = (course / "student" / "nbgrader_config.py").read_text()
    assert str(course / "exchange") in text
    said = re.findall(r"^c\.(\w+\.\w+)", text, re.MULTILINE)
    assert said == ["CourseDirectory.course_id", "Exchange.root", "CourseDirectory.student_id"]


def test_a_folder_that_holds_something_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(CourseError, match="holds something already, and stays as it is"):
        make_course(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_answers_from_the_exchange_and_from_a_zip_are_graded_and_who_is_missing_is_said(graded: Path) -> None:
    rows = statuses(graded, ASSIGNMENT)
    assert {student: row["status"] for student, row in rows.items()} == {
        "ada": "graded",
        "emmy": "graded",
        "zoe": "missing",
    }
    assert (rows["ada"]["points"], rows["ada"]["out_of"]) == ("8", "8")
    assert float(rows["emmy"]["points"]) < 4
    assert rows["zoe"]["notes"] == "Nothing is handed in."


def test_nbgrader_exports_what_was_graded(graded: Path) -> None:
    with (graded / "grades.csv").open(newline="") as file:
        exported = {row["student_id"]: row for row in csv.DictReader(file)}
    rows = statuses(graded, ASSIGNMENT)
    assert set(exported) == {"ada", "emmy", "zoe"}
    for student, row in exported.items():
        assert float(row["score"]) == float(rows[student]["points"])
        assert row["max_score"] == "8.0"
    assert exported["ada"]["timestamp"]


def test_feedback_says_what_was_found_and_loads_and_runs_nothing(graded: Path) -> None:
    page = (graded / "feedback" / "emmy" / ASSIGNMENT / f"{NAME}.html").read_text()
    assert '<html lang="en">' in page
    assert "@font-face" not in page
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert f'content="{policy}"' in page
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=\"?(?:https?:)?//", page)
    assert "signature" in page
    (fetched,) = (graded / "home of ada").glob(f"{ASSIGNMENT}/feedback/*/{NAME}.html")
    assert fetched.read_bytes() == (graded / "feedback" / "ada" / ASSIGNMENT / fetched.name).read_bytes()


def test_feedback_can_be_read_on_a_phone_and_asks_for_nothing(graded: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    path = graded / "feedback" / "emmy" / ASSIGNMENT / f"{NAME}.html"
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "[...document.querySelectorAll('pre')].filter(e => e.clientWidth && e.scrollWidth > e.clientWidth)"
    assert page.evaluate(f"{wide}.map(each => each.textContent.slice(0, 60))") == []
    assert min(page.evaluate("[...document.querySelectorAll('.output pre')].map(e => e.clientWidth)")) > 250
    assert ([url for url in asked if not url.startswith("file:")], said) == ([], [])
    page.close()


def test_html_that_a_student_wrote_is_not_obeyed(graded: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(graded, tmp_path / "course")
    path = folder / "submitted" / "emmy" / ASSIGNMENT / f"{NAME}.ipynb"
    content = json.loads(path.read_text())
    bad = "<script>alert(1)</script> <img src=https://example.com/a.png onerror=alert(2)> $x$"
    content["cells"].insert(0, {"cell_type": "markdown", "id": "a", "metadata": {}, "source": bad})
    path.write_text(json.dumps(content))
    done = CliRunner().invoke(app, ["classroom", "grade", str(folder), "--assignment", ASSIGNMENT])
    assert done.exit_code == 0, done.output
    run(folder, "nbgrader", "generate_feedback", ASSIGNMENT, "--force")
    page = (folder / "feedback" / "emmy" / ASSIGNMENT / f"{NAME}.html").read_text()
    assert "$x$" in page
    assert "<script" not in page
    assert not re.findall(r"<[a-z][^<>]*onerror", page)


def test_what_a_teacher_gave_by_hand_stays_when_it_is_graded_again(graded: Path, tmp_path: Path) -> None:
    from nbgrader.api import Gradebook

    folder = shutil.copytree(graded, tmp_path / "course")
    url = f"sqlite:///{folder / 'gradebook.db'}"
    with Gradebook(url) as book:
        grade = book.find_grade(NAME, NAME, ASSIGNMENT, "emmy")
        grade.manual_score = 6.5
        book.db.commit()
    shutil.rmtree(folder / "grading")
    done = CliRunner().invoke(app, ["classroom", "grade", str(folder), "--assignment", ASSIGNMENT])
    assert done.exit_code == 0, done.output
    with Gradebook(url) as book:
        again = book.find_grade(NAME, NAME, ASSIGNMENT, "emmy")
        assert (again.score, again.manual_score) == (6.5, 6.5)


def test_checks_that_a_teacher_wrote_run_with_the_notebook_and_count(tmp_path: Path) -> None:
    need_sandbox()
    root = tmp_path / "course"
    make_course(root)
    shutil.rmtree(root / "source")
    path = root / "source" / "own" / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    content = notebook(NAME)
    for name, points, text in (
        ("fine", 2, "assert 1 + 1 == 2"),
        ("bad", 3, "assert False"),
        ("half", 4, "1.5"),
    ):
        own = {"grade": True, "solution": False, "locked": True, "grade_id": name, "points": points}
        cell = {"cell_type": "code", "id": name, "source": text, "outputs": [], "execution_count": None}
        content["cells"].append(
            {**cell, "metadata": {"nbgrader": {**own, "schema_version": 3, "task": False}}}
        )
    path.write_text(json.dumps(content))
    run(root, "nbgrader", "generate_assignment", "own")
    shutil.copytree(root / "release" / "own", root / "submitted" / "ada" / "own")
    solve(root / "submitted" / "ada" / "own" / f"{NAME}.ipynb")
    done = CliRunner().invoke(app, ["classroom", "grade", str(root)])
    assert done.exit_code == 0, done.output
    row = statuses(root, "own")["ada"]
    assert (float(row["points"]), float(row["out_of"])) == (8 + 2 + 0 + 1.5, 8 + 2 + 3 + 4)
