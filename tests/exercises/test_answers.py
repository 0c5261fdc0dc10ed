"""Every likely cause is named for at least two wrong answers written apart, and for no right one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from mha_lessons.exercises import NAMES, Report, find_exercise
from mha_lessons.exercises.causes import GENERAL
from mha_lessons.exercises.run import run
from tests.exercises.answers import Wrong, answers_to

SEEDS = (0, 1, 2)


def rights(name: str) -> list[dict[str, Any]]:
    """Whole right answers: a name and what it stands for."""
    exercise, right = find_exercise(name), answers_to(name).right
    if len(exercise.answers) == 1:
        return [{exercise.answers[0]: answer} for answer, _ in right]
    by_name = {each: [answer for answer, of in right if of == each] for each in exercise.answers}
    assert len({len(own) for own in by_name.values()}) == 1
    return [dict(zip(by_name, row, strict=True)) for row in zip(*by_name.values(), strict=True)]


def report(name: str, answers: dict[str, Any], seed: int) -> Report:
    exercise = find_exercise(name)
    cases = exercise.cases(np.random.default_rng(seed))
    return exercise.judge(cases, run(answers, cases))


def called(answer: object) -> str:
    return getattr(answer, "__name__", type(answer).__name__)


WRONG = [(name, wrong) for name in NAMES for wrong in answers_to(name).wrong]


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_of_every_style_pass_every_stage_and_name_no_cause(name: str) -> None:
    assert len(rights(name)) >= 4
    for answers in rights(name):
        for seed in SEEDS:
            found = report(name, answers, seed)
            assert found.status == "right", (
                f"{[called(each) for each in answers.values()]}, seed {seed}\n{found}"
            )
            assert found.points == found.out_of == find_exercise(name).out_of


@pytest.mark.parametrize(
    ("name", "wrong"), WRONG, ids=[f"{name}-{called(w.answer)}-{w.key}" for name, w in WRONG]
)
def test_a_wrong_answer_fails_at_its_stage_with_its_likely_cause(name: str, wrong: Wrong) -> None:
    answers = rights(name)[0] | {wrong.of or find_exercise(name).answers[0]: wrong.answer}
    for seed in SEEDS[:2]:
        found = report(name, answers, seed)
        failed = next(stage for stage in found.stages if not stage.passed)
        assert (failed.stage, failed.key) == (wrong.stage, wrong.key), f"seed {seed}\n{found}"
        assert failed.message
        assert bool(failed.cause) == bool(wrong.key and wrong.key != "unusable")
        assert found.status == ("partial" if wrong.stage in ("edge cases", "gradients") else "wrong")
        assert 0 <= found.points < found.out_of


@pytest.mark.parametrize("name", NAMES)
def test_every_cause_of_an_exercise_has_two_wrong_answers(name: str) -> None:
    exercise = find_exercise(name)
    keys = {(cause.key, cause.answer) for cause in exercise.causes} | {
        (key, "") for key in exercise.fault_keys
    }
    named = Counter((wrong.key, wrong.of) for wrong in answers_to(name).wrong)
    assert {key: named[key] for key in keys if named[key] < 2} == {}
    strangers = {key for key, _ in named} - {key for key, _ in keys} - GENERAL - {"", "unusable"}
    assert strangers == set()


def test_every_cause_that_needs_no_exercise_has_two_wrong_answers() -> None:
    named = Counter(wrong.key for _, wrong in WRONG)
    assert {key: named[key] for key in GENERAL | {"unusable"} if named[key] < 2} == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_of_an_exercise_is_failed_by_two_wrong_answers(name: str) -> None:
    failed = Counter(wrong.stage for wrong in answers_to(name).wrong)
    stages = set(find_exercise(name).stages) - {"exists", "signature"}  # in test_check.py, for all exercises
    assert {stage: failed[stage] for stage in stages if failed[stage] < 2} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_message_never_holds_a_line_of_the_solution(name: str) -> None:
    exercise = find_exercise(name)
    told = {cause.says for cause in exercise.causes}
    code = exercise.source.solution.split("\n")
    lines = {line.strip() for line in code if len(line.strip()) > 12} - set(
        exercise.source.starter.split("\n")
    )
    for sentence in told:
        assert not any(line in sentence for line in lines), sentence
