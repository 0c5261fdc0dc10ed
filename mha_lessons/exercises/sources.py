"""The one source of each exercise, and what is made of it: student version, solution, nbgrader source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from mha_lessons.exercises.cut import BEGIN, EXPLANATION, only_solution, without_solution
from mha_lessons.problem import LessonError

Version = Literal["student", "solution", "nbgrader"]
ANSWERS = "mha_lessons_answers"
"""The package that carries full sources where this one carries those of students."""
CODE = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Cell:
    """A cell of the source; "solution" is code that the student writes."""

    kind: Literal["text", "code", "solution", "check", "explanation"]
    text: str


@dataclass(frozen=True)
class Source:
    """An exercise's text.

    Attributes:
        name: such as "attention".
        title: for readers.
        goal: what to do, in a sentence or two.
        chapter: the page of the book that it goes with.
        difficulty: 1 (warm-up) to 3 (hard).
        minutes: what it takes somebody who has read the chapter.
        hints: from a nudge to nearly there.
        cells: in order.
    """

    name: str
    title: str
    goal: str
    chapter: str
    difficulty: int
    minutes: int
    hints: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def solved(self) -> bool:
        """Whether the solution is in it: in a student's installation it is not."""
        return any(cell.kind == "solution" and BEGIN in cell.text for cell in self.cells)

    @property
    def starter(self) -> str:
        """The code that a student starts from."""
        return "\n\n".join(without_solution(cell.text) for cell in self.cells if cell.kind == "solution")

    @property
    def solution(self) -> str:
        """The code that solves it."""
        return "\n\n".join(only_solution(cell.text) for cell in self.cells if cell.kind == "solution")

    @property
    def explanation(self) -> str:
        """Why the solution is one."""
        return "\n\n".join(cell.text for cell in self.cells if cell.kind == "explanation")

    @property
    def rank(self) -> str:
        """The difficulty in a word."""
        return {1: "warm-up", 2: "medium", 3: "hard"}[self.difficulty]

    @property
    def goal_html(self) -> str:
        """The goal with its code set as code."""
        return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(self.goal))

    @property
    def chapter_title(self) -> str:
        """What the chapter is called, as the text refers to it."""
        found = re.search(r"chapter \*([^*]+)\*", "\n".join(cell.text for cell in self.cells))
        return found[1] if found else self.chapter

    @property
    def heading(self) -> str:
        """The first cell of a notebook."""
        effort = f"*Difficulty: {self.rank}. About {self.minutes} minutes.*"
        return f"# {self.title}\n\n**Goal.** {self.goal}\n\n{effort}"

    def notebook(self, version: Version, points: int = 0) -> dict[str, Any]:
        """The exercise as a notebook (nbformat 4.5).

        Args:
            version: "student" has the starter; "solution" is solved and explained; "nbgrader" is solved and
                carries nbgrader's marks, from which its `generate_assignment` makes the student version.
            points: of the check, for nbgrader.
        """
        cells = [_cell("markdown", self.heading, f"{self.name}-goal")]
        for number, cell in enumerate(self.cells):
            if cell.kind == "explanation" and version != "solution":
                continue
            text = cell.text
            if cell.kind == "solution" and version != "nbgrader":
                text = without_solution(text) if version == "student" else only_solution(text)
            code = cell.kind in ("code", "solution", "check")
            made = _cell("code" if code else "markdown", text, f"{self.name}-{number}")
            if version == "nbgrader" and cell.kind in ("solution", "check"):
                made["metadata"]["nbgrader"] = _grading(made["id"], cell.kind == "check", points)
            cells.append(made)
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _cell(kind: str, text: str, name: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": name, "metadata": {}, "source": text}
    return cell | {"outputs": [], "execution_count": None} if kind == "code" else cell


def _grading(name: str, check: bool, points: int) -> dict[str, Any]:
    """nbgrader's metadata of a solution cell or a check."""
    common = {"grade_id": name, "schema_version": 3, "task": False}
    if check:
        return {**common, "grade": True, "solution": False, "locked": True, "points": points}
    return {**common, "grade": False, "solution": True, "locked": False}


@cache
def read(name: str) -> Source:
    """The source of an exercise as it is installed."""
    return parse(name, (files(__package__) / "sources" / f"{name}.md").read_text(encoding="utf-8"))


def solved(name: str) -> Source:
    """The source with its solution.

    Raises:
        LessonError: this installation has none; the sentence says where answers come from.
    """
    source = read(name)
    if source.solved:
        return source
    full = _answers()
    if full is None or not (full / f"{name}.md").is_file():
        raise LessonError(
            f"The solution of {name} is not in this installation, which is one for students: your teacher "
            "has "
            f"it in the package {ANSWERS}, installed beside this one."
        )
    return parse(name, (full / f"{name}.md").read_text(encoding="utf-8"))


def _answers() -> Traversable | None:
    try:
        return files(ANSWERS)
    except ModuleNotFoundError:
        return None


def parse(name: str, text: str) -> Source:
    """The source in a text.

    >>> text = read("attention")
    >>> text.title, len(text.hints) >= 3
    ('Scaled dot-product attention', True)
    """
    import yaml  # comes with JupyterLab

    _, front, body = text.split("---\n", 2)
    said = yaml.safe_load(front)
    cells: list[Cell] = []
    start = 0
    for found in CODE.finditer(body):
        cells += _texts(body[start : found.start()])
        code = re.sub(r"\A(:[^\n]*\n)+\n?", "", found[1]).strip("\n")
        kind: Literal["solution", "check", "code"]
        kind = "check" if re.search(r"^check\(", code, re.MULTILINE) else "code"
        if BEGIN in code or "# YOUR CODE HERE" in code:
            kind = "solution"
        cells.append(Cell(kind, code))
        start = found.end()
    cells += _texts(body[start:])
    named = {key: said[key] for key in ("title", "goal", "chapter", "difficulty", "minutes")}
    return Source(name, **named, hints=tuple(said["hints"]), cells=tuple(cells))


def _texts(body: str) -> Sequence[Cell]:
    """The text cells of a stretch without code; `+++` divides them."""
    cells = []
    for part in re.split(r"^(?=\+\+\+)", body, flags=re.MULTILINE):
        told = part.startswith(EXPLANATION)
        text = re.sub(r"\A\+\+\+[^\n]*\n", "", part).strip()
        if text:
            cells.append(Cell("explanation" if told else "text", text))
    return cells
