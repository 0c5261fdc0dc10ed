"""Cases and outcomes travel as plain arrays and words; what comes back is checked, and nothing is pickled."""

from __future__ import annotations

import ast
import importlib
import io
import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons.exercises import NAMES, case, find_exercise, look, run
from mha_lessons.exercises.case import Case, Outcome, pack, unpack
from tests.exercises.answers import answers_to


def same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    return bool(one == other)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_generator_draws_the_same_cases_and_another_draws_others(name: str) -> None:
    exercise = find_exercise(name)
    first, again, other = (exercise.cases(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert all(same(vars(a), vars(b)) for a, b in zip(first, again, strict=True))
    if name != "predict_pattern":  # a prediction has no arguments
        assert not all(same(vars(a), vars(b)) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_cases_and_outcomes_that_travelled_get_the_same_report(name: str) -> None:
    exercise, wrong = find_exercise(name), answers_to(name).wrong[-1]
    answers = dict.fromkeys(exercise.answers, wrong.answer)
    cases = exercise.cases(np.random.default_rng(5))
    travelled = unpack(pack(cases))
    assert all(each.hidden == {} for each in travelled)
    outcomes = unpack(pack(run.run(answers, travelled)))
    assert str(exercise.judge(cases, outcomes)) == str(exercise.judge(cases, run.run(answers, cases)))


def test_an_outcome_for_every_case_is_wanted() -> None:
    exercise = find_exercise("softmax")
    cases = exercise.cases(np.random.default_rng(0))
    with pytest.raises(ValueError, match=f"for each of {len(cases)} cases, got 0"):
        exercise.judge(cases, [])


def strange(rng: np.random.Generator, given: Case, usual: Outcome) -> Outcome:
    """What may come back from somebody who means no good, or knows no better."""
    kinds: list[Any] = ["ok", "ok", "ok", "ok", "missing", "not attempted", "raised", "unusable"]

    def array(like: np.ndarray) -> np.ndarray:
        shape = like.shape if rng.random() < 0.6 else tuple(rng.integers(0, 5, rng.integers(0, 5)))
        with np.errstate(all="ignore"):
            made = rng.choice([0.0, 1.0, -1.0, np.nan, np.inf, 1e38], shape)
            return made.astype(rng.choice(["f4", "f8", "i8", "b1", "u1", "f2"]))

    arrays = {name: array(each) for name, each in usual.arrays.items() if rng.random() < 0.95}
    if rng.random() < 0.1:
        arrays["z"] = np.zeros(3)
    changed = ("q", "no such name") if rng.random() < 0.2 else ()
    parameters = [None, (), ("a", "b="), ("*args", "**kwargs"), ("mask (by name)",), usual.parameters]
    return Outcome(
        kinds[rng.integers(len(kinds))] if given.stage != "shape" else "ok",
        arrays,
        "odd % {error} <b>",
        None if rng.random() < 0.5 else -1,
        usual.what if rng.random() < 0.9 else "",
        parameters[rng.integers(len(parameters))] if rng.random() < 0.1 else usual.parameters,
        changed,
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_judge_gives_a_report_whatever_comes_back(name: str) -> None:
    exercise, rng = find_exercise(name), np.random.default_rng(0)
    right = {each: answer for answer, of in answers_to(name).right for each in [of or exercise.answers[0]]}
    cases = exercise.cases(rng)
    usual = run.run(right, cases)
    for _ in range(12):
        until = rng.integers(len(cases))  # right up to here, so that every stage is reached
        odd = [
            strange(rng, *pair) if place >= until else pair[1]
            for place, pair in enumerate(zip(cases, usual, strict=True))
        ]
        report = exercise.judge(cases, odd)
        assert report.status in ("not attempted", "wrong", "partial", "right")
        assert str(report)
        assert report._repr_html_()


def packed(*outcome: Any) -> bytes:
    text = np.frombuffer(json.dumps([["Outcome", dict(outcome)]]).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, json=text)
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    np.savez(file, json=np.array([{"a": 1}], dtype=object))
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as folded:
        for name, content in files.items():
            folded.writestr(f"{name}.npy", content)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK nothing of the kind",
        pickled(),
        zipped(json=b"not an array"),
        zipped(other=b""),
        packed(("kind", "glorious")),
        packed(("kind", "ok"), ("arrays", {"items": [["0", 7]]})),
        packed(("kind", "ok"), ("arrays", {"items": [["0", {"array": "missing"}]]})),
        packed(("kind", "ok"), ("error", ["a", "list"])),
        packed(("kind", "ok"), ("line", "7")),
        packed(("kind", "ok"), ("parameters", [1, 2])),
        packed(("kind", "ok"), ("changed", "q")),
        packed(("kind", "ok"), ("points", 10)),
        packed(("error", "no kind")),
        pack([Outcome("ok")])[:-20],
    ],
)
def test_what_no_outcome_can_be_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(ValueError, match="the results "):
        unpack(data)


def test_a_bomb_is_refused_before_it_is_unfolded() -> None:
    file = io.BytesIO()
    np.savez_compressed(file, json=np.zeros(50_000_000, np.uint8))
    assert len(file.getvalue()) < 100_000
    with pytest.raises(ValueError, match="at most 1000000 bytes, got 50000"):
        unpack(file.getvalue(), most=1_000_000)


def test_running_needs_torch_numpy_and_the_cases_alone() -> None:
    for module, wanted in (
        (case, {"numpy"}),
        (look, {"torch", "case"}),
        (run, {"numpy", "torch", "case", "look"}),
    ):
        tree = ast.parse(Path(module.__file__).read_text())
        names = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            if isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
        outside = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
        assert outside == wanted


def test_the_three_files_work_as_a_package_of_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "answers_inside"
    inside.mkdir()
    (inside / "__init__.py").write_text("")
    for module in (case, look, run):
        shutil.copy(module.__file__, inside)
    monkeypatch.syspath_prepend(str(tmp_path))
    copied = importlib.import_module("answers_inside.run")
    theirs = importlib.import_module("answers_inside.case")
    exercise = find_exercise("softmax")
    cases = exercise.cases(np.random.default_rng(0))
    outcomes = copied.run({"softmax": lambda scores: scores.softmax(-1)}, theirs.unpack(pack(cases)))
    assert exercise.judge(cases, unpack(theirs.pack(outcomes))).status == "right"


def one(answer: Any, given: Case) -> Outcome:
    (outcome,) = run.run({given.answer: answer}, [given])
    return outcome


X = np.arange(6, dtype=np.float32).reshape(2, 3)
PLAIN = Case("values", "f", args={"x": X})


def test_every_call_gets_fresh_copies() -> None:
    first, second = run.run({"f": lambda x: x.add_(1)}, [PLAIN, PLAIN])
    assert first.arrays["0"].tolist() == second.arrays["0"].tolist() == (X + 1).tolist()
    assert first.changed == ("x",)
    assert X[0, 0] == 0


def test_a_strided_case_hands_over_the_same_numbers_laid_out_otherwise() -> None:
    seen = []
    one(
        lambda x: seen.append((x.is_contiguous(), x.tolist())) or x,
        Case("v", "f", args={"x": X}, strided=True),
    )
    one(lambda x: seen.append((x.is_contiguous(), x.tolist())) or x, PLAIN)
    assert seen == [(False, X.tolist()), (True, X.tolist())]


@pytest.mark.parametrize(
    ("result", "names"),
    [
        (torch.ones(2), ["0"]),
        ((torch.ones(2), np.ones(3)), ["0", "1"]),
        ({"z": torch.ones(2), "cache": [1, 2]}, ["z", "cache"]),
        (1.5, ["0"]),
        ([[1, 2], [3, 4]], ["0"]),
        (torch.ones(2, dtype=torch.bfloat16), ["0"]),
        (torch.eye(2).to_sparse(), ["0"]),
    ],
)
def test_results_of_every_usual_kind_become_arrays(result: Any, names: list[str]) -> None:
    outcome = one(lambda x: result, PLAIN)
    assert outcome.kind == "ok"
    assert list(outcome.arrays) == names


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "None"),
        ("z", "a str"),
        ([torch.ones(2)], "a list of tensors"),
        ([[1], [2, 3]], "a list of rows of different lengths"),
        (torch.ones(2, dtype=torch.complex64), "a tensor of complex numbers"),
        ({1, 2}, "a set"),
    ],
)
def test_results_that_hold_no_arrays_are_named(result: Any, words: str) -> None:
    outcome = one(lambda x: result, PLAIN)
    assert (outcome.kind, outcome.error) == ("unusable", words)


def test_a_long_error_is_cut_and_stays_in_one_line() -> None:
    def fails(x: torch.Tensor) -> None:
        raise ValueError("long\n" * 400)

    outcome = one(fails, PLAIN)
    assert len(outcome.error) == case.LONGEST
    assert "\n" not in outcome.error


def test_gradients_come_back_by_name_and_only_where_there_are_any() -> None:
    given = Case("gradients", "f", args={"x": X, "y": X}, gradient_of=("x", "y"), probe=np.ones_like(X))
    assert one(lambda x, y: x * 3 + y.detach(), given).arrays.keys() == {"0", "gradient of x"}
    assert one(lambda x, y: x * 3, given).arrays["gradient of x"].tolist() == (np.ones_like(X) * 3).tolist()
