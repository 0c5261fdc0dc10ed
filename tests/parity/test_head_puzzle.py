"""The page's puzzles and torch's agree: numbers, verdicts, reasons, and the code handed to the reader."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from mha_lessons.head_puzzle import attempt
from mha_lessons.puzzles import LIMIT, PUZZLES, check_attempt, why_not
from tests.parity.heads import printed, tensor
from tests.parity.page import ask_page

ARRAYS = ("q", "k", "scores", "attn", "report", "distance")
EACH = 12
SOLUTIONS = json.loads((Path(__file__).parents[1] / "puzzle_solutions.json").read_text())
JUNK: list[Any] = [
    None,
    True,
    "",
    "noun",
    -1,
    0,
    1,
    2,
    3,
    1.5,
    [],
    {},
    [3],
    [0, 0],
    [1, 0.5],
    [1, True],
    "ab",
    [None],
]
COUNTS = [(name, heads) for name, puzzle in PUZZLES.items() for heads in puzzle.heads]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, Any]]]:
    rng = random.Random(11)
    steps = range(-LIMIT, LIMIT + 1)
    questions: list[tuple[str, Any]] = []
    for name, heads in COUNTS:
        asked = {"puzzle": name, "num_heads": heads}
        questions += [("why", asked), ("goals", asked), ("attempt", asked | {"w_q": [], "w_k": []})]
        for _ in range(EACH):
            w_q, w_k = (rng.choices(steps, k=PUZZLES[name].entries) for _ in "qk")
            questions.append(("attempt", asked | {"w_q": w_q, "w_k": w_k}))
    questions += [("attempt", {"puzzle": name} | solution) for name, solution in SOLUTIONS.items()]
    right = {"puzzle": "noun", "num_heads": 1, "w_q": [1, 0], "w_k": []}
    questions += [("check", right | {name: junk}) for name in right for junk in JUNK]
    questions += [("check", right | {"puzzle": "circle", "num_heads": heads}) for heads in (1, 2, 3)]
    answers: dict[str, list[tuple[Any, Any]]] = {}
    found = ask_page(questions, tmp_path_factory.mktemp("puzzles"), "run_puzzles.ts")
    for (kind, question), answer in zip(questions, found, strict=True):
        answers.setdefault(kind, []).append((question, answer))
    return answers


def test_every_number_of_an_attempt_agrees_with_torch(page: dict[str, list[tuple[Any, Any]]]) -> None:
    solved = 0
    for question, answer in page["attempt"]:
        wanted = attempt(**question)
        for name in ARRAYS:
            like = getattr(wanted, name)
            torch.testing.assert_close(tensor(answer, name, like), like, atol=1e-5, rtol=1e-5)
        assert answer["solved"] == wanted.solved
        solved += wanted.solved
    assert solved >= len(PUZZLES)


def test_both_sides_give_the_same_reasons_and_goals(page: dict[str, list[tuple[Any, Any]]]) -> None:
    reasons = 0
    for question, answer in page["why"]:
        wanted = why_not(PUZZLES[question["puzzle"]], question["num_heads"])
        assert answer == (wanted and wanted._asdict()), question
        reasons += wanted is not None
    assert reasons == 5
    for question, answer in page["goals"]:
        assert answer == PUZZLES[question["puzzle"]].goals.flatten().tolist()


def test_both_sides_refuse_an_attempt_with_the_same_sentence(page: dict[str, list[tuple[Any, Any]]]) -> None:
    for question, answer in page["check"]:
        assert answer == check_attempt(**question), question
    assert len({answer for _, answer in page["check"]}) >= 8


def test_the_code_handed_to_the_reader_prints_the_numbers_of_the_page(
    page: dict[str, list[tuple[Any, Any]]],
) -> None:
    for question, answer in page["attempt"][::5]:
        found = printed(answer["code"])
        assert list(found) == list(ARRAYS)
        wanted = attempt(**question)
        for name, values in found.items():
            like = getattr(wanted, name)
            torch.testing.assert_close(torch.tensor(values, dtype=torch.float32), like, atol=6e-4, rtol=1e-4)
