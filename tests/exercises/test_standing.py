"""How far a reader is, counted, and the widget that shows it in a kernel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from mha_lessons.exercises import NAMES, check, find_exercise, hint, progress, solution
from mha_lessons.exercises.progress_file import Kept, entries
from mha_lessons.exercises.standing import catalogue, standing
from mha_lessons.widgets import ExerciseProgress
from mha_lessons.widgets.lesson_widget import PAGE_MIME
from tests.book_claims import BOOK


def softmax(scores: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores, -1)


@pytest.fixture
def widget() -> Iterator[ExerciseProgress]:
    made = ExerciseProgress()
    yield made
    made.close()


def shown(widget: ExerciseProgress, name: str) -> dict[str, Any]:
    """What the front end was last sent of an exercise."""
    answer, i = widget._answer, NAMES.index(name)
    flat = memoryview(answer["data"]).cast("f")
    own = {field: int(flat[k * len(NAMES) + i]) for k, (field, _) in enumerate(answer["fields"])}
    return own | {field: answer[field][i] for field in ("states", "shown", "solution")}


def test_the_catalogue_says_of_every_exercise_what_its_source_and_its_check_say() -> None:
    assert [each["name"] for each in catalogue()] == list(NAMES)
    for each in catalogue():
        exercise = find_exercise(each["name"])
        assert (each["out_of"], each["title"]) == (exercise.out_of, exercise.source.title)
        assert (BOOK / f"{each['chapter']}.md").is_file()
    from mha_lessons.notebooks.lessons import notebooks

    assert [each["notebook"] for each in catalogue()] == list(notebooks())


def test_what_is_begun_comes_next_and_then_what_is_first_in_the_book() -> None:
    one, two, three = NAMES[:3]
    assert standing(catalogue(), {})["next"] == one
    assert standing(catalogue(), {one: Kept("right")})["next"] == two
    assert standing(catalogue(), {one: Kept("right"), three: Kept("wrong")})["next"] == three
    assert standing(catalogue(), {three: Kept("right")}, ticked=[one])["next"] == two
    assert standing(catalogue(), {}, ticked=NAMES)["next"] == ""


def test_the_minutes_left_are_those_of_whatever_is_not_done() -> None:
    every = sum(each["minutes"] for each in catalogue())
    own = {each["name"]: each["minutes"] for each in catalogue()}
    kept = {"softmax": Kept("right"), "attention": Kept("partial"), "kv_cache": Kept("wrong")}
    found = standing(catalogue(), kept, ticked=["split_merge"])
    assert found["minutes_left"] == every - own["softmax"] - own["split_merge"]
    assert (found["done"], found["total"]) == (2, len(NAMES))


def test_a_check_says_more_than_a_tick() -> None:
    found = standing(catalogue(), {"softmax": Kept("wrong")}, ticked=["softmax"])
    assert found["states"][NAMES.index("softmax")] == "wrong"


@pytest.mark.parametrize(
    ("status", "chapter", "names"),
    [
        ("right", "all", ["softmax"]),
        ("ticked", "all", ["kv_cache"]),
        ("left", "how-many-heads", ["head_importance", "prune_heads"]),
        ("left", "capacity", []),
        ("all", "capacity", ["kv_cache"]),
    ],
)
def test_status_and_chapter_say_which_exercises_are_shown(
    status: str, chapter: str, names: list[str]
) -> None:
    found = standing(catalogue(), {"softmax": Kept("right")}, ["kv_cache"], status, chapter)
    assert [name for name, on in zip(NAMES, found["shown"], strict=True) if on] == names


def test_a_check_in_the_same_kernel_moves_the_widget(widget: ExerciseProgress) -> None:
    assert shown(widget, "softmax")["states"] == "not attempted"
    check("softmax", softmax)
    assert shown(widget, "softmax") == {
        "states": "right",
        "shown": True,
        "points": 10,
        "out_of": 10,
        "checks": 1,
        "hints": 0,
        "solution": False,
    }
    assert widget._answer["done"] == 1
    hint("attention")
    solution("attention")
    assert shown(widget, "attention")["hints"] == 1
    assert shown(widget, "attention")["solution"] is True


def test_a_closed_widget_follows_no_longer(widget: ExerciseProgress) -> None:
    last = widget._answer
    widget.close()
    check("softmax", softmax)
    assert widget._answer == last


def test_refresh_reads_what_another_kernel_has_written(
    widget: ExerciseProgress, progress_of_the_test: Path
) -> None:
    own = {"softmax": {"status": "partial", "points": 8, "out_of": 10, "checks": 4}}
    progress_of_the_test.write_text(json.dumps({"exercises": own}))
    assert shown(widget, "softmax")["points"] == 0
    widget.set_state({"status": "all", "_request": 1})
    assert shown(widget, "softmax")["points"] == 8
    assert str(progress_of_the_test) in widget._answer["made"]


def test_a_file_that_cannot_be_read_is_told_in_a_sentence_and_stays_where_it_is(
    widget: ExerciseProgress, progress_of_the_test: Path
) -> None:
    progress_of_the_test.write_text("{")
    widget.refresh()
    assert re.fullmatch(
        r".*progress\.json cannot be read \(.+\): the next check sets it aside\.", widget._answer["error"]
    )
    assert progress_of_the_test.read_text() == "{"
    progress_of_the_test.unlink()
    widget.refresh()
    assert "error" not in widget._answer


def test_a_page_gets_nobodys_progress(widget: ExerciseProgress) -> None:
    check("softmax", softmax)
    data, _ = widget._repr_mimebundle_() or ({}, {})
    assert data[PAGE_MIME]["state"]["opened"] == {}
    assert "0 of 12 done" in data["text/html"]
    assert "✓" not in data["text/html"]
    assert data["text/plain"].startswith("ExerciseProgress: 1 of 12 done, ")


def test_an_opened_file_stands_in_place_of_ones_own() -> None:
    check("softmax", softmax)
    opened = {"name": "hers.json", "exercises": {"attention": {"status": "wrong", "points": 3, "checks": 1}}}
    made = ExerciseProgress(opened=opened)
    assert shown(made, "softmax")["states"] == "not attempted"
    assert shown(made, "attention")["states"] == "wrong"
    assert "hers.json" in made._answer["made"]
    assert "✗ wrong" in made.still()
    made.close()


@pytest.mark.parametrize(
    ("traits", "sentence"),
    [
        ({"chapter": "how"}, "chapter should be all or one of how-it-works, experts, "),
        ({"opened": {"name": "a.json"}}, "a.json is no progress: it should be what check() writes"),
    ],
)
def test_a_wrong_start_is_refused_with_a_sentence(traits: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        ExerciseProgress(**traits)


def test_the_file_that_checks_write_is_one_that_can_be_opened(progress_of_the_test: Path) -> None:
    check("softmax", softmax)
    hint("softmax")
    said = json.loads(progress_of_the_test.read_text())
    assert entries(said) == {"softmax": Kept("right", 10, 10, 1, 1)}
    assert {row[0]: row[1] for row in progress().rows}["softmax"] == "right"
