"""Makes the folder of a course: what nbgrader needs, exercises as assignments, a page for the teacher."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from mha_lessons.classroom.problem import CourseError
from mha_lessons.exercises import NAMES, find_exercise
from mha_lessons.exercises.sources import solved
from mha_lessons.files import write_whole

HERE = Path(__file__).parent
COURSE_ID = "many-heads"
CONFIG = '''\
"""The course, as nbgrader sees it. `mha-lessons classroom init` wrote this; it is yours to change."""

from pathlib import Path

from mha_lessons.classroom.feedback import TEMPLATES

COURSE = Path(__file__).resolve().parent
c = get_config()  # what reads this file puts it there

c.CourseDirectory.course_id = "{course_id}"
c.CourseDirectory.root = str(COURSE)
c.Exchange.root = str(COURSE / "exchange")  # students fetch and submit there, so they must be able to write
c.ExchangeFactory.collect = "mha_lessons.classroom.collecting.Collect"  # which follows no link

# Zip files of a learning platform go to downloaded/ASSIGNMENT/archive/, named STUDENT_NOTEBOOK.ipynb inside.
c.FileNameCollectorPlugin.named_regexp = r".*/(?P<student_id>[^/_]+)_(?P<file_id>\\w+)\\.ipynb$"

# Pages load nothing from the net, and nothing that a student wrote runs in them.
c.HTMLExporter.sanitize_html = c.SanitizeHTML.enabled = True
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.sanitize.SanitizeHTML",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.GenerateFeedback.HTMLExporter.template_name = "lesson_feedback"
c.GenerateFeedback.HTMLExporter.template_file = "page.html.j2"
c.GenerateFeedback.HTMLExporter.extra_template_basedirs = TEMPLATES
'''
STUDENT_CONFIG = '''\
"""What a student's server may know: which course it is, and where to fetch and submit."""

import os

c = get_config()  # what reads this file puts it there
c.CourseDirectory.course_id = {course_id!r}
c.Exchange.root = {exchange!r}
# On the hub a submission is the hub's user's; elsewhere nbgrader takes the name of the account.
c.CourseDirectory.student_id = os.environ.get("JUPYTERHUB_USER", "*")
'''
STUDENTS = "id,first_name,last_name,email\nada,Ada,Lovelace,\nemmy,Emmy,Noether,\n"


def make_course(root: Path) -> dict[str, tuple[str, ...]]:
    """Make a course; gives the exercises of each assignment.

    Raises:
        CourseError: the folder holds something already.
        LessonError: it cannot be written, or solutions are not in this installation; the folder is as it was.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise CourseError(
            f"{root} holds something already, and stays as it is: name a new or an empty folder."
        )
    was_there = root.exists()
    try:
        return _write_course(root)
    except BaseException:
        for path in root.iterdir() if root.exists() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if root.exists() and not was_there:
            root.rmdir()
        raise


def _write_course(root: Path) -> dict[str, tuple[str, ...]]:
    made = assignments()
    for assignment, names in made.items():
        for name in names:
            text = json.dumps(notebook(name), indent=1, ensure_ascii=False) + "\n"
            write_whole(root / "source" / assignment / f"{name}.ipynb", text)
    write_whole(root / "nbgrader_config.py", CONFIG.format(course_id=COURSE_ID))
    exchange = root.resolve() / "exchange"
    student = STUDENT_CONFIG.format(course_id=COURSE_ID, exchange=str(exchange))
    write_whole(root / "student" / "nbgrader_config.py", student)
    write_whole(root / "students.csv", STUDENTS)
    hub = HERE / "hub" / "jupyterhub_config.py"
    write_whole(root / hub.name, hub.read_bytes())
    exchange.mkdir()
    exchange.chmod(0o777)  # nbgrader wants it: every student puts folders of their own there
    write_whole(root / "README.md", readme(made))
    return made


def assignments() -> dict[str, tuple[str, ...]]:
    """The exercises of each assignment, which goes with a chapter of the book and has its name."""
    made: dict[str, tuple[str, ...]] = {}
    for name in NAMES:
        chapter = find_exercise(name).source.chapter
        made[chapter] = (*made.get(chapter, ()), name)
    return made


def notebook(name: str) -> dict[str, Any]:
    """An exercise as nbgrader's source, with its solution.

    Its check has the exercise's own name, by which the grading knows it, and ends in its points: so plain
    nbgrader, too, gives partial credit.

    Raises:
        LessonError: the solution is not in this installation.
    """
    exercise = find_exercise(name)
    made = solved(name).notebook("nbgrader", exercise.out_of)
    (check,) = (cell for cell in made["cells"] if cell["metadata"].get("nbgrader", {}).get("grade"))
    check["metadata"]["nbgrader"]["grade_id"] = name
    text = re.sub(r"^check\(", "report = check(", check["source"], flags=re.MULTILINE)
    check["source"] = f"{text}\ndisplay(report)\nreport.points"
    return made


def readme(made: dict[str, tuple[str, ...]]) -> str:
    """The teacher's page."""
    first = next(iter(made))
    rows = []
    for assignment, names in made.items():
        minutes = sum(find_exercise(name).source.minutes for name in names)
        points = sum(find_exercise(name).out_of for name in names)
        rows.append(f"| `{assignment}` | {', '.join(f'`{name}`' for name in names)} | {minutes} | {points} |")
    text = (HERE / "teacher.md").read_text(encoding="utf-8")
    return text.replace("{{first}}", first).replace("{{assignments}}", "\n".join(rows))
