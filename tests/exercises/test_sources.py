"""One source an exercise: from it the student version, the solution and nbgrader's source."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearSolutions

from mha_lessons.exercises import NAMES, check, find_exercise
from mha_lessons.exercises.cut import BEGIN, END, for_students, without_solution
from mha_lessons.exercises.sources import parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "mha_lessons" / "exercises" / "sources"
EVERY = pytest.mark.parametrize("name", NAMES)


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def notebook(name: str, version: Any) -> nbformat.NotebookNode:
    exercise = find_exercise(name)
    made = nbformat.from_dict(exercise.source.notebook(version, points=exercise.out_of))
    nbformat.validate(made)
    return made


def solution_lines(name: str) -> set[str]:
    regions = re.findall(rf"{BEGIN}\n(.*?)\n *### {END}", text_of(name), re.DOTALL)
    lines = {line.strip() for region in regions for line in region.split("\n")}
    starter = {line.strip() for line in find_exercise(name).source.starter.split("\n")}
    return {line for line in lines if len(line) > 3} - starter


def defined(name: str, code: str) -> list[Any]:
    names: dict[str, Any] = {}
    with suppress(NotImplementedError):  # the starter of a value
        exec(code, names)
    return [names[each] for each in find_exercise(name).answers]


def test_every_source_belongs_to_an_exercise() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(NAMES)


@EVERY
def test_a_source_says_all_that_a_reader_wants_to_know(name: str) -> None:
    source = find_exercise(name).source
    assert len(source.hints) >= 3
    assert all(len(each) > 60 for each in source.hints)
    assert source.difficulty in (1, 2, 3)
    assert 5 <= source.minutes <= 60
    assert len(source.explanation) > 200
    page = (ROOT / "book" / f"{source.chapter}.md").read_text()
    title = re.search(r'^title: "?(.*?)"?$', page, re.MULTILINE)[1]
    texts = " ".join(cell.text for cell in source.cells if cell.kind == "text")
    assert "**Why it matters.**" in texts
    assert f"chapter *{title}*" in texts
    assert source.chapter_title == title
    call = find_exercise(name).wanted[0].call
    assert call.partition("(")[0] in source.goal + source.starter


@EVERY
def test_the_solution_of_a_source_passes_its_own_check(name: str) -> None:
    answers = defined(name, find_exercise(name).source.solution)
    for seed in range(3):
        assert check(name, *answers, seed=seed).status == "right"


@EVERY
def test_the_starter_of_a_source_is_not_attempted(name: str) -> None:
    assert check(name, *defined(name, find_exercise(name).source.starter)).status == "not attempted"


@EVERY
def test_the_student_version_holds_no_line_of_the_solution_and_no_explanation(name: str) -> None:
    source = find_exercise(name).source
    lines = solution_lines(name)
    assert lines != set()
    student = [line for cell in notebook(name, "student").cells for line in cell.source.split("\n")]
    wheel = for_students(text_of(name)).split("\n")
    for version in (student, wheel):
        assert lines & {line.strip() for line in version} == set()
        assert not set(filter(None, source.explanation.split("\n"))) & set(version)
        assert not any(BEGIN in line or END in line for line in version)


@EVERY
def test_the_student_wheels_source_makes_the_same_student_version(name: str) -> None:
    cut = parse(name, for_students(text_of(name)))
    assert not cut.solved
    ours = [cell.source for cell in notebook(name, "student").cells]
    assert [cell["source"] for cell in cut.notebook("student")["cells"]] == ours
    assert cut.hints == find_exercise(name).source.hints
    assert for_students(for_students(text_of(name))) == for_students(text_of(name))


@EVERY
def test_nbgrader_clears_its_source_to_our_student_version(name: str) -> None:
    graded = notebook(name, "nbgrader")
    MetadataValidator().validate_nb(graded)
    cleared, _ = ClearSolutions().preprocess(graded, {})
    student = notebook(name, "student")
    assert [cell.source for cell in cleared.cells] == [cell.source for cell in student.cells]
    assert [cell.cell_type for cell in cleared.cells] == [cell.cell_type for cell in student.cells]


@EVERY
def test_nbgraders_source_has_a_locked_check_worth_the_points_and_open_solutions(name: str) -> None:
    marked = [cell for cell in notebook(name, "nbgrader").cells if "nbgrader" in cell.metadata]
    checks = [cell for cell in marked if cell.metadata.nbgrader.grade]
    (own,) = checks
    assert (own.metadata.nbgrader.locked, own.metadata.nbgrader.points) == (True, find_exercise(name).out_of)
    assert f'check("{name}", {", ".join(find_exercise(name).answers)})' in own.source
    written = [cell for cell in marked if cell.metadata.nbgrader.solution]
    assert written
    assert all(BEGIN in cell.source and not cell.metadata.nbgrader.locked for cell in written)
    ids = [cell.metadata.nbgrader.grade_id for cell in marked]
    assert len(set(ids)) == len(ids)


@EVERY
def test_the_solution_notebook_is_solved_and_explained_without_marks(name: str) -> None:
    text = "\n".join(cell.source for cell in notebook(name, "solution").cells)
    assert solution_lines(name) <= {line.strip() for line in text.split("\n")}
    assert find_exercise(name).source.explanation in text
    assert BEGIN not in text
    assert "YOUR CODE HERE" not in text


@EVERY
def test_jupytext_reads_the_same_cells_out_of_a_source(name: str) -> None:
    theirs = jupytext.reads(text_of(name), fmt="md:myst").cells
    ours = find_exercise(name).source.cells
    assert [cell.source for cell in theirs if cell.cell_type == "code"] == [
        cell.text for cell in ours if cell.kind in ("code", "solution", "check")
    ]
    told = [cell.source for cell in theirs if "explanation" in cell.metadata.get("tags", [])]
    assert told == [cell.text for cell in ours if cell.kind == "explanation"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("### BEGIN SOLUTION\n1", "begins and does not end"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "begins within another"),
    ],
)
def test_marks_that_do_not_match_are_refused(code: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        without_solution(code)


def test_the_cutter_needs_nothing_that_a_build_does_not_have() -> None:
    code = (ROOT / "mha_lessons" / "exercises" / "cut.py").read_text()
    assert re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE) == ["re"]
