"""SplitOrProject's page and torch agree: every matrix, every difference, and the code for the reader."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons.params import Params
from mha_lessons.splitting import readings
from tests.parity import cases
from tests.parity.heads import params, printed, tensor
from tests.parity.page import ask_page

OWN = ("x", "w", "w_o", "projected", "sliced", "cut_first", "cut_output")
STEPS = ("q", "k", "v", "scores", "attn", "z", "concat", "output")


def layer(rng: random.Random, index: int) -> dict[str, Any]:
    d_model, heads = rng.choice([(4, 2), (6, 3), (8, 2), (8, 8), (12, 4), (7, 1)])
    asked = Params(cases.sentence(rng, 7), heads, d_model, causal=index % 3 == 0, seed=rng.randrange(2**32))
    return vars(asked) | {"matrix": rng.choice("qkv")}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, Any]]:
    rng = random.Random(8)
    questions = [json.loads(json.dumps(layer(rng, i))) for i in range(60)]
    asked = [("readings", question) for question in questions]
    return list(
        zip(questions, ask_page(asked, tmp_path_factory.mktemp("split"), "run_heads.ts"), strict=True)
    )


def test_every_matrix_of_the_steps_is_that_of_the_module(page: list[tuple[Any, Any]]) -> None:
    for question, answer in page:
        wanted = readings(params(question), question["matrix"])
        assert answer["tokens"] == wanted.tokens
        tensors = {name: getattr(wanted, name) for name in OWN}
        tensors |= {name: getattr(wanted.trace, name)[0] for name in STEPS}
        for name, values in tensors.items():
            got = tensor(answer, name, values)
            torch.testing.assert_close(got, values, atol=2e-5, rtol=2e-5, msg=f"{name} {question}")


def test_slicing_w_changes_nothing_and_cutting_x_first_changes_much_on_both_sides(
    page: list[tuple[Any, Any]],
) -> None:
    for question, answer in page:
        wanted = readings(params(question), question["matrix"])
        assert answer["sliced_gap"] == 0, "each column is summed alone, in the same order"
        assert wanted.sliced_gap < 1e-5, "rounding at most"
        for name in ("cut_gap", "output_gap"):
            assert answer[name] == pytest.approx(getattr(wanted, name), abs=3e-5), (name, question)
        if question["num_heads"] == 1:
            assert answer["cut_gap"] == wanted.cut_gap == 0
        else:
            assert answer["cut_gap"] > 0.1, question


def test_the_code_handed_to_the_reader_prints_the_matrices_shown(page: list[tuple[Any, Any]]) -> None:
    for question, answer in page[:3]:
        found = printed(answer["code"])
        for name in ("projected", "sliced", "cut_first", "attn", "concat", "output"):
            np.testing.assert_allclose(
                found[name].reshape(-1), answer[name], atol=6e-4, err_msg=str(question)
            )
        assert float(found["largest difference, x cut first"]) == pytest.approx(answer["cut_gap"], abs=6e-4)
