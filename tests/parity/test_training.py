"""HeadTrainer's page and torch start from the same bits, see the same sequences and learn the same way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons.experiments.evaluation import as_tensors
from mha_lessons.experiments.model import Reader
from mha_lessons.experiments.problem import DivergenceError
from mha_lessons.experiments.reader import initial_weights
from mha_lessons.experiments.task import FRESH
from mha_lessons.experiments.training import train
from mha_lessons.widgets.trainer_settings import TrainerSettings, check_trainer
from mha_lessons.widgets.trainer_words import symbol_words
from tests.parity.page import ask_page

STEPS = 50
TOLERANCE = 1e-4
"""Of a loss in nats, over 50 steps. Both sides round to 32 bits, in another order: 4e-6 was seen."""
BATCH = 32

TASKS = [("juggling", 4), ("juggling", 1), ("juggling", 11), ("binding", 4), ("near_far", 4)]
RUNS = [
    {"task": "juggling", "k": 4, "num_heads": 8, "mlp": False, "seed": 0, "learning_rate": 3e-3},
    {"task": "juggling", "k": 4, "num_heads": 1, "mlp": False, "seed": 7, "learning_rate": 3e-3},
    {"task": "juggling", "k": 3, "num_heads": 4, "mlp": True, "seed": 1, "learning_rate": 1e-3},
    {"task": "binding", "k": 4, "num_heads": 2, "mlp": False, "seed": 2, "learning_rate": 3e-3},
    {"task": "near_far", "k": 4, "num_heads": 2, "mlp": False, "seed": 3, "learning_rate": 3e-3},
]
WILD = RUNS[0] | {"learning_rate": 1000.0, "steps": 20, "batch": BATCH}
GOOD = {"steps": 300, **RUNS[0]}
BAD: list[dict[str, Any]] = [
    {"task": "induction"},
    {"task": "<b>"},
    {"k": 12},
    {"k": 0},
    {"k": 2.5},
    {"num_heads": 0},
    {"num_heads": 3},
    {"num_heads": 128},
    {"task": "binding", "num_heads": 32},
    {"mlp": "yes"},
    {"seed": -1},
    {"seed": 2**32},
    {"learning_rate": 0},
    {"learning_rate": math.nan},
    {"learning_rate": math.inf},
    {"learning_rate": None},
    {"learning_rate": 1001},
    {"steps": 0},
    {"steps": 2001},
]
FINE = [{}, {"k": 11}, {"num_heads": 1}, {"task": "binding", "num_heads": 3}, {"steps": 2000}]

Asked = dict[str, list[tuple[Any, Any]]]


def as_json(settings: dict[str, Any]) -> dict[str, Any]:
    """With a word for what JSON does not have."""
    special = {math.inf: "#inf"}
    return {
        name: "#nan" if isinstance(value, float) and math.isnan(value) else special.get(value, value)
        for name, value in settings.items()
    }


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    questions: list[tuple[str, Any]] = []
    for task, k in TASKS:
        for seed, first, count in [(0, 0, 40), (2**32 - 1, FRESH, 20), (5, 2**32 - 3, 6)]:
            asked = {"task": task, "k": k, "seed": seed, "first": first, "count": count}
            questions.append(("sequences", asked))
    for run in RUNS:
        questions.append(("weights", run))
        questions.append(("reading", run | {"first": FRESH}))
        questions.append(("losses", run | {"steps": STEPS, "batch": BATCH}))
    questions.append(("losses", WILD))
    questions += [("words", {"task": task}) for task in ("juggling", "binding", "near_far")]
    questions += [("check", GOOD | change) for change in BAD + FINE]
    sent = [(kind, as_json(question)) for kind, question in questions]
    answers: Asked = {}
    found = ask_page(sent, tmp_path_factory.mktemp("training"), "run_training.ts")
    for (kind, question), answer in zip(questions, found, strict=True):
        answers.setdefault(kind, []).append((question, answer))
    return answers


def settings(question: dict[str, Any]) -> TrainerSettings:
    names = TrainerSettings.__dataclass_fields__
    return TrainerSettings(**{name: value for name, value in question.items() if name in names})


def test_sequences_and_their_answers_are_the_same_numbers(page: Asked) -> None:
    for question, answer in page["sequences"]:
        task = settings(question).made()
        wanted = task.sequences(question["seed"], question["first"], question["count"])
        assert answer["tokens"] == wanted.tokens.ravel().tolist(), question
        assert answer["targets"] == wanted.targets.ravel().tolist(), question


def test_the_page_knows_where_each_answer_stands(page: Asked) -> None:
    for question, answer in page["sequences"]:
        task = settings(question).made()
        wanted = task.sequences(question["seed"], question["first"], question["count"]).sources
        assert [-1 if place is None else place for place in answer["sources"]] == wanted.ravel().tolist()


def test_initial_weights_are_the_same_bits_in_the_same_order(page: Asked) -> None:
    for question, answer in page["weights"]:
        task = settings(question).made()
        wanted = initial_weights(task, task.d_model, question["seed"], mlp=question["mlp"])
        assert list(answer["arrays"]) == list(wanted)
        for name, weights in wanted.items():
            np.testing.assert_array_equal(answer["arrays"][name], weights.ravel(), err_msg=name)


def test_the_untrained_model_reads_a_sequence_as_torch_does(page: Asked) -> None:
    for question, answer in page["reading"]:
        task = settings(question).made()
        tokens, _ = as_tensors(task.sequences(question["seed"], FRESH, 1))
        model = Reader(task, question["num_heads"], mlp=question["mlp"], seed=question["seed"])
        with torch.no_grad():
            trace = model.trace(tokens)
            wanted = {
                name: getattr(trace, name)[0] for name in ("q", "k", "v", "scores", "attn", "z", "output")
            }
            wanted["logits"] = model(tokens)[0]
        for name, tensor in wanted.items():
            np.testing.assert_allclose(
                answer["arrays"][name],
                tensor.ravel().numpy(),
                atol=3e-5,
                rtol=3e-5,
                err_msg=f"{name} {question}",
            )


def test_fifty_steps_of_jax_js_follow_the_loss_curve_of_torch(page: Asked) -> None:
    for question, answer in page["losses"][:-1]:
        task = settings(question).made()
        model = Reader(task, question["num_heads"], mlp=question["mlp"], seed=question["seed"])
        rate = question["learning_rate"]
        steps = train(model, task, seed=question["seed"], steps=STEPS, batch=BATCH, learning_rate=rate)
        wanted = [step.loss for step in steps]
        assert len(answer["losses"]) == answer["steps"] == STEPS
        np.testing.assert_allclose(answer["losses"], wanted, atol=TOLERANCE, rtol=0, err_msg=str(question))
        assert wanted[-1] < wanted[0] - 0.3, "something was learned"


def test_a_loss_out_of_bounds_leaves_both_sides_at_the_same_good_step(page: Asked) -> None:
    question, answer = page["losses"][-1]
    task = settings(question).made()
    model = Reader(task, question["num_heads"], seed=question["seed"])
    with pytest.raises(DivergenceError) as stopped:
        list(train(model, task, seed=question["seed"], steps=20, batch=BATCH, learning_rate=1000.0))
    assert answer["diverged"]
    assert answer["steps"] == stopped.value.step
    assert all(np.isfinite(weights).all() for weights in answer["arrays"].values())


def test_both_sides_have_the_same_words(page: Asked) -> None:
    for question, answer in page["words"]:
        assert answer == symbol_words(question["task"])


def test_both_sides_refuse_settings_with_the_same_sentence_and_take_the_same_ones(page: Asked) -> None:
    for question, answer in page["check"]:
        assert answer == check_trainer(settings(question)), question
    refused = [answer for _, answer in page["check"] if answer]
    assert len(refused) == len(BAD)
