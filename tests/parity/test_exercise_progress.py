"""The page and the kernel count a reader's progress alike, and refuse the same files with the same words."""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any, get_args

import pytest

from mha_lessons.exercises.progress_file import Kept, entries
from mha_lessons.exercises.report import Status
from mha_lessons.exercises.standing import catalogue, standing
from mha_lessons.widgets.exercise_progress import SHOWN
from tests.parity.page import ask_page

EACH = 60
JUNK: list[Any] = [None, True, False, "", "many", "ü", "x" * 90, -1, 0, 7, 1.5, [], [1], {}, {"a": 1}]
FIELDS = [*asdict(Kept()), "else", "", "__proto__"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, Any]]]:
    rng = random.Random(5)
    exercises = catalogue()
    names = [each["name"] for each in exercises]
    chapters = ["all", "nowhere", *{each["chapter"]: None for each in exercises}]
    questions: list[tuple[str, Any]] = []
    for _ in range(EACH):
        kept = {
            name: {
                **{field: rng.randrange(11) for field in ("points", "out_of", "checks", "hints")},
                "status": rng.choice(get_args(Status)),
                "solution": rng.random() < 0.3,
            }
            for name in rng.sample([*names, "of_next_year"], rng.randrange(10))
        }
        asked = {"exercises": exercises, "kept": kept, "ticked": rng.sample(names, rng.randrange(4))}
        questions.append(("standing", asked | {"status": rng.choice(SHOWN), "chapter": rng.choice(chapters)}))
    questions += [("entries", said) for said in JUNK]
    questions += [("entries", {"version": 1, "exercises": said}) for said in JUNK]
    questions += [("entries", {"exercises": {"softmax": said}}) for said in JUNK]
    questions += [("entries", {"exercises": {"softmax": {field: junk}}}) for field in FIELDS for junk in JUNK]
    questions += [("entries", {"exercises": {"softmax": {"status": state}}}) for state in get_args(Status)]
    answers: dict[str, list[tuple[Any, Any]]] = {}
    found = ask_page(questions, tmp_path_factory.mktemp("progress"), "run_exercise_progress.ts")
    for (kind, question), answer in zip(questions, found, strict=True):
        answers.setdefault(kind, []).append((question, answer))
    return answers


def test_both_sides_count_the_same(page: dict[str, list[tuple[Any, Any]]]) -> None:
    refused = 0
    for question, answer in page["standing"]:
        kept = {name: Kept(**own) for name, own in question["kept"].items()}
        try:
            wanted: dict[str, Any] = standing(**question | {"kept": kept})
        except ValueError as error:
            wanted = {"error": str(error)}
            refused += 1
        assert answer == wanted
    assert 0 < refused < EACH / 2


def test_both_sides_take_the_same_files_and_refuse_the_others_with_the_same_sentence(
    page: dict[str, list[tuple[Any, Any]]],
) -> None:
    taken = 0
    for question, answer in page["entries"]:
        try:
            wanted: dict[str, Any] = {"kept": {name: asdict(own) for name, own in entries(question).items()}}
            taken += 1
        except ValueError as error:
            wanted = {"error": str(error)}
        assert answer == wanted, question
    assert taken > len(get_args(Status))
