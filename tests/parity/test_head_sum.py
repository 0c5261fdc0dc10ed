"""HeadSum's page and torch agree: contributions, outputs, movements, sentences, code for the reader."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons.gates import head_sum
from mha_lessons.params import check_gates
from tests.parity import cases
from tests.parity.heads import params, printed, tensor
from tests.parity.page import ask_page

Asked = dict[str, list[tuple[Any, Any]]]
JUNK: list[Any] = [
    None,
    "1 2",
    {},
    True,
    3,
    ["1"],
    [True],
    [1, None],
    [0, 0, 10.5],
    [-11],
    [1e300],
    [10**400],
]


def gated(rng: random.Random, index: int) -> dict[str, Any]:
    layer = vars(cases.params(rng, index))
    count = rng.choice([0, 1, layer["num_heads"], layer["num_heads"] + 2])
    gates = [rng.choice([0, 0.5, 1, 2, -3, 0.1]) for _ in range(count)]
    return layer | {"gates": [0] * 9 if index % 7 == 0 else gates, "query": 0}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    rng = random.Random(3)
    questions = [("head_sum", gated(rng, i)) for i in range(80)]
    questions += [("check_gates", {"gates": gates}) for gates in [*JUNK, [], [0, -10, 10]]]
    asked = [(kind, json.loads(json.dumps(question))) for kind, question in questions]
    answers: Asked = {}
    found = ask_page(asked, tmp_path_factory.mktemp("sum"), "run_heads.ts")
    for (kind, question), answer in zip(asked, found, strict=True):
        answers.setdefault(kind, []).append((question, answer))
    return answers


def test_contributions_and_outputs_of_the_page_are_those_of_the_module(page: Asked) -> None:
    for question, answer in page["head_sum"]:
        wanted = head_sum(params(question), question["gates"])
        assert answer["tokens"] == wanted.tokens
        assert answer["roles"] == wanted.roles
        torch.testing.assert_close(tensor(answer, "gates", wanted.gates), wanted.gates)
        for name in ("contributions", "output", "reference"):
            tensors = getattr(wanted, name)
            size = float(tensors.abs().max())
            torch.testing.assert_close(
                tensor(answer, name, tensors),
                tensors,
                atol=2e-5 * size + 1e-7,
                rtol=0,
                msg=f"{name} {question}",
            )


def test_movements_agree_and_a_vector_of_length_zero_has_no_direction(page: Asked) -> None:
    without = 0
    for question, answer in page["head_sum"]:
        wanted = head_sum(params(question), question["gates"])
        length = wanted.reference.norm(dim=-1)
        for name, scale in {"change": length, "relative": 1, "angle": 1}.items():
            values = getattr(wanted.movement, name)
            got = tensor(answer, name, values)
            assert torch.equal(got.isnan(), values.isnan()), (name, question)
            # A cut in the direction of a short vector is worth many degrees in float32: hence by its length.
            apart = ((got - values) / scale).nan_to_num().abs().max()
            assert apart < (0.02 if name == "angle" else 1e-4), (name, question)
        without += int(wanted.movement.angle.isnan().any())
    assert without >= 5, "closed layers are among the cases"


def test_the_sum_is_the_output_to_rounding_on_both_sides(page: Asked) -> None:
    for question, answer in page["head_sum"]:
        wanted = head_sum(params(question), question["gates"])
        size = max(1.0, float((wanted.contributions.abs().sum(0)).max()) * 10)
        for gap in (answer["gap"], answer["change_gap"], wanted.gap, wanted.change_gap):
            assert 0 <= float(gap) < 2e-6 * size, question


def test_both_sides_refuse_gates_with_the_same_sentence(page: Asked) -> None:
    for question, answer in page["check_gates"]:
        assert answer == check_gates(question["gates"]), question
    assert len({answer for _, answer in page["check_gates"]}) >= 8


def test_the_code_handed_to_the_reader_prints_the_numbers_of_the_tables(page: Asked) -> None:
    few = [(q, a) for q, a in page["head_sum"] if len(a["tokens"]) <= 6 and q["d_model"] <= 24]
    designed = [pair for pair in few if pair[0]["source"] == "designed"]
    causal = [pair for pair in few if pair[0]["causal"] and pair[0]["source"] == "random"]
    for question, answer in [designed[0], causal[0], causal[1]]:
        moved, _lengths, vectors = answer["tables"]
        rows = [[float(v) for v in row["values"]] for row in vectors["rows"]]
        found = printed(answer["code"])
        heads = question["num_heads"]
        wanted = {
            "change, relative, angle in degrees, a row a word": [
                [float(value) for value in row["values"]] for row in moved["rows"]
            ],
            "what each head adds at word 0": rows[:heads],
            "output at word 0": rows[heads],
            "output at word 0, all gates 1": rows[heads + 1],
        }
        assert found.keys() == wanted.keys()
        for name, numbers in wanted.items():
            atol = 0.02 if "angle" in name else 6e-4
            np.testing.assert_allclose(found[name], numbers, atol=atol, err_msg=f"{name} {question}")
