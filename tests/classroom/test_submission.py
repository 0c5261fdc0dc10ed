"""What is found in a file that was handed in, before anything of it runs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mha_lessons.classroom.plain_files import UnreadableError, read_plain
from mha_lessons.classroom.submission import MOST_BYTES, Cell, Looked, is_student, left_aside, look, restore

MARKS = {"grade": False, "solution": True, "locked": False, "grade_id": "answer", "schema_version": 3}
CHECK_MARKS = {
    "grade": True,
    "solution": False,
    "locked": True,
    "grade_id": "check",
    "points": 5.0,
    "schema_version": 3,
}
ANSWER = Cell("s0", "code", "raise NotImplementedError()", MARKS)
CHECK = Cell("s1", "code", "check(answer)", CHECK_MARKS)
RELEASED = [ANSWER, CHECK]
PARTS = ("ada", "heads", "attention.ipynb")


def cell(source: object, marks: object = None, kind: object = "code", **more: Any) -> dict[str, Any]:
    return {
        "cell_type": kind,
        "source": source,
        "metadata": {} if marks is None else {"nbgrader": marks},
        **more,
    }


def found(root: Path, content: object) -> Looked:
    path = root.joinpath(*PARTS)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return look(root, PARTS, RELEASED)


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}


def test_an_honest_notebook_keeps_its_cells_in_order_and_nothing_else(tmp_path: Path) -> None:
    picture = {"attachments": {"a.png": {}}, "outputs": [{"data": {"text/html": "<script>"}}], "id": "theirs"}
    looked = found(
        tmp_path,
        notebook(
            cell(["# my\n", "words"], kind="markdown", **picture),
            cell("answer = 1", MARKS),
            cell("check(answer)", CHECK_MARKS),
        ),
    )
    assert (looked.status, looked.notes) == ("fine", ())
    assert looked.cells == (
        Cell("c0", "markdown", "# my\nwords"),
        Cell("c1", "code", "answer = 1", MARKS),
        Cell("c2", "code", "check(answer)", CHECK_MARKS),
    )


def test_a_check_that_was_edited_is_put_right_and_an_answer_is_left_as_it_is() -> None:
    changed = [Cell("c0", "code", "answer = 1", MARKS), Cell("c1", "code", "pass", CHECK_MARKS)]
    cells, notes = restore(changed, RELEASED)
    assert [each.source for each in cells] == ["answer = 1", "check(answer)"]
    assert notes == ["The cell check had been changed (its text), and was put right."]


@pytest.mark.parametrize("change", [{"points": 500}, {"grade": False}, {"solution": True}, {"locked": None}])
def test_marks_that_were_edited_are_put_right(change: dict[str, object]) -> None:
    handed_in = [ANSWER, Cell("c1", "code", CHECK.source, {**CHECK_MARKS, **change})]
    cells, (note,) = restore(handed_in, RELEASED)
    assert cells[1].marks == CHECK_MARKS
    assert "its marks" in note


def test_a_check_that_was_deleted_comes_back_after_everything() -> None:
    cells, (note,) = restore([Cell("c0", "code", "answer = 1", MARKS), Cell("c1", "code", "more")], RELEASED)
    assert [each.source for each in cells] == ["answer = 1", "more", "check(answer)"]
    assert "check had been deleted" in note


def test_of_two_cells_with_one_mark_the_last_counts_as_in_nbgrader() -> None:
    first, last = (Cell(f"c{n}", "code", f"answer = {n}", MARKS) for n in range(2))
    cells, (note,) = restore([first, last, CHECK], RELEASED)
    assert [each.marks for each in cells] == [None, MARKS, CHECK_MARKS]
    assert "more than once" in note


def test_a_check_of_the_student_s_own_making_is_a_plain_cell() -> None:
    own = Cell("c0", "code", "10", {"grade": True, "grade_id": "bonus", "points": 10})
    cells, (note,) = restore([own, *RELEASED], RELEASED)
    assert cells[0].marks is None
    assert "'bonus'" in note


def test_marks_of_any_shape_break_nothing(tmp_path: Path) -> None:
    strange: list[Any] = [[], 5, {"grade_id": []}, {"grade_id": {"a": 1}}, {"grade_id": None, "grade": True}]
    looked = found(tmp_path, notebook(*(cell("x", each) for each in strange)))
    assert [each.source for each in looked.cells] == ["x"] * 5 + [
        "raise NotImplementedError()",
        "check(answer)",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is not JSON"),
        (b'{"nbformat": 4, "cells": [', "it is not JSON, or only the start of it"),
        (bytes(range(256)), "it is not JSON"),
        (b"[" * 200_000, "it is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it is not JSON"),
        ([], "it should be JSON of nbformat 4"),
        ({"nbformat": 3, "worksheets": []}, "it should be JSON of nbformat 4"),
        ({"nbformat": 4}, "it should have a list of at most 2000 cells"),
        (notebook(*[cell("")] * 2001), "it should have a list of at most 2000 cells"),
        (notebook(cell("x", kind="evil")), "cell 1 should be one of code, markdown, raw"),
        (notebook(cell(""), cell(7)), "cell 2 should have a text"),
        (notebook(cell(["a", 7])), "cell 1 should have a text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_notebook_is_invalid_with_a_reason(tmp_path: Path, content: object, sentence: str) -> None:
    looked = found(tmp_path, content)
    assert (looked.status, looked.cells) == ("invalid", ())
    assert looked.notes[0].startswith("attention.ipynb is not a notebook: " + sentence)


def test_half_a_character_can_be_written_again(tmp_path: Path) -> None:
    looked = found(tmp_path, notebook(cell("a = '\ud800'")))
    assert looked.cells[0].source.encode()


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    assert look(tmp_path, PARTS, RELEASED).status == "missing"


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_no_link_is_followed_wherever_it_is(tmp_path: Path, depth: int) -> None:
    other = tmp_path / "other" / "heads" / "attention.ipynb"
    other.parent.mkdir(parents=True)
    other.write_text(json.dumps(notebook()))
    link = tmp_path.joinpath(*PARTS[:depth])
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path.joinpath("other", *PARTS[1:depth]))
    assert tmp_path.joinpath(*PARTS).exists()
    looked = look(tmp_path, PARTS, RELEASED)
    assert looked.status == "invalid"
    assert "is a link" in looked.notes[0]


def test_pipes_and_folders_are_no_files_and_nobody_waits_for_them(tmp_path: Path) -> None:
    path = tmp_path.joinpath(*PARTS)
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert look(tmp_path, PARTS, RELEASED).notes == ("attention.ipynb is not a plain file.",)
    path.unlink()
    path.mkdir()
    assert look(tmp_path, PARTS, RELEASED).notes == ("attention.ipynb is not a plain file.",)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path.joinpath(*PARTS)
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    assert "has 20,971,521 bytes, and may have 20,971,520" in look(tmp_path, PARTS, RELEASED).notes[0]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_name_that_leads_elsewhere_is_no_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnreadableError, match="has a name that no file has"):
        read_plain(tmp_path, (name, "x"), 10)


def test_ids_are_names_that_every_tool_takes_as_they_are() -> None:
    for good in ("a", "ada", "ada lovelace", "ada.l+x@y-z_1", "Åsa", "小明"):
        assert is_student(good), good
    for bad in ("", " a", "a ", "-a", ".a", "a/b", "a\nb", "[a]", "a*", "$(a)", "a" * 101, "..", "a\u202eb"):
        assert not is_student(bad), bad


def test_other_files_are_named_and_no_link_is_listed(tmp_path: Path) -> None:
    folder = tmp_path / "ada" / "heads"
    folder.mkdir(parents=True)
    for name in ("attention.ipynb", "timestamp.txt", "torch.py", "a\nb"):
        (folder / name).touch()
    wanted = ["attention.ipynb", "timestamp.txt"]
    assert left_aside(tmp_path, ("ada", "heads"), wanted) == ["Left aside: a\\nb, torch.py."]
    (tmp_path / "eve").symlink_to("ada")
    assert left_aside(tmp_path, ("eve", "heads"), wanted) == []
