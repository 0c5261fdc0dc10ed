"""HeadSum's page and torch agree: contributions, outputs, movements, sentences, code for the reader."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons import MultiHeadAttention
from mha_lessons.gates import given_sum, head_sum
from mha_lessons.params import check_gates
from mha_lessons.widgets.given import given_attentions, given_trace, sum_fault, summands
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


def handed_in(rng: random.Random, index: int) -> dict[str, Any]:
    """A trace of a module of any shape, packed, and gates for it."""
    torch.manual_seed(index)
    num_heads, seq = rng.choice([1, 2, 4, 6]), rng.randrange(1, 9)
    mha = MultiHeadAttention(12, num_heads, d_head=rng.choice([2, 3, 5]), bias=index % 3 > 0)
    with torch.no_grad():
        for parameter in mha.parameters():
            parameter.normal_()
        trace = mha.trace(torch.randn(1, seq, 12))
    gates = [rng.choice([0, 0.5, 1, 2, -3, 0.1]) for _ in range(rng.randrange(num_heads + 2))]
    packed = given_trace(trace, [f"w{i}" for i in range(seq)], contributions=True)
    return {"given": packed, "gates": [0] * 9 if index % 7 == 0 else gates, "query": seq - 1}


def refused() -> list[dict[str, Any]]:
    """Tensors that cannot be summed."""
    good = handed_in(random.Random(1), 1)["given"]
    packed = [
        given_attentions(torch.full((2, 3, 3), 1 / 3), list("abc"), 0),
        {"a": 1},
        *(good | change for change in ({"data": ""}, {"d_model": 13}, {"tokens": []}, {"num_heads": 99})),
        good | {"fields": good["fields"][-1:]},
        good | {"fields": [["contributions", 3]]},
    ]
    return [{"given": given, "gates": [], "query": 0} for given in packed]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    rng = random.Random(3)
    questions = [("head_sum", gated(rng, i)) for i in range(80)]
    questions += [("given_sum", handed_in(rng, i)) for i in range(24)]
    questions += [("given_sum", question) for question in refused()]
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


def test_tensors_handed_in_are_summed_alike_on_both_sides(page: Asked) -> None:
    summed = [(q, a) for q, a in page["given_sum"] if sum_fault(q["given"]) is None]
    assert len(summed) == 24
    assert {"bias" in answer for _, answer in summed} == {True, False}
    for question, answer in summed:
        wanted = given_sum(**summands(question["given"]), gates=question["gates"])
        assert (answer["tokens"], answer["roles"]) == (wanted.tokens, None)
        assert answer["made"] == "tensors handed in"
        for name in ("gates", "contributions", "bias", "output", "reference"):
            values = getattr(wanted, name)
            if values is not None:
                torch.testing.assert_close(tensor(answer, name, values), values, atol=1e-5, rtol=1e-6)
        for name, values in wanted.movement._asdict().items():
            got = tensor(answer, name, values)
            torch.testing.assert_close(got, values, atol=1e-3, rtol=1e-4, equal_nan=True, msg=name)
        for name in ("gap", "change_gap"):
            assert float(answer[name]) == pytest.approx(getattr(wanted, name), abs=2e-5)
        _moved, heads, vectors = answer["tables"]
        rows = np.array([[float(value) for value in row["values"]] for row in vectors["rows"]])
        parts = len(wanted.gates) + (wanted.bias is not None)
        np.testing.assert_allclose(rows[:parts].sum(0), rows[parts], atol=1e-4)
        if np.abs(rows[parts]).max() > 0:
            assert sum(float(row["values"][2]) for row in heads["rows"]) == pytest.approx(1, abs=1e-3)


def test_both_sides_refuse_what_cannot_be_summed_with_the_same_sentence(page: Asked) -> None:
    faults = [(sum_fault(q["given"]), answer) for q, answer in page["given_sum"]]
    bad = [(fault, answer) for fault, answer in faults if fault is not None]
    assert len(bad) == len(refused())
    assert [answer["error"] for _, answer in bad] == [fault for fault, _ in bad]
    assert len({fault for fault, _ in bad}) == 2


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
