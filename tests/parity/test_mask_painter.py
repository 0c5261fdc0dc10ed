"""MaskPainter's page and torch agree: masks, sentences, tables, and the code that is handed to the reader."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it

from mha_lessons.compute import layer
from mha_lessons.masked_head import masked_head
from mha_lessons.painted_mask import PRESETS, check_choice, chosen_mask, write_mask
from mha_lessons.params import Params
from tests.parity.page import ask_page

TABLES = ("scores", "before", "after", "wrong", "plain", "z", "plain_z")
JUNK: list[Any] = [
    None,
    True,
    "",
    "a",
    "01",
    "10 11",
    "1 11",
    "10 1",
    " ",
    "1" * 5000,
    "1 " * 65,
    "２２",
    [],
    {},
]
NUMBERS: list[Any] = [None, "1", -1, 0, 1, 64, 65, 1.5, 10**9, [], True]


def painted(rng: random.Random, words: int) -> str:
    mask = np.array([[rng.random() < 0.6 for _ in range(words)] for _ in range(words)], dtype=bool)
    if words:
        mask[rng.randrange(words)] = False
    return write_mask(mask.reshape(words, words))


def choice(rng: random.Random, preset: str) -> dict[str, Any]:
    size = rng.randint(preset == "block", 6)
    return {"preset": preset, "size": size, "mask": painted(rng, rng.randint(0, 7))}


def sentence(rng: random.Random) -> dict[str, Any]:
    return {
        "text": " ".join(rng.choices(["one", "two", "she", "Bob", "saw"], k=rng.randint(1, 8))),
        "num_heads": rng.choice([1, 2, 4]),
        "d_model": rng.choice([16, 20]),
        "seed": rng.randrange(2**32),
        "source": rng.choice(["random", "designed"]),
        "head": rng.choice([0, 1, 3, 900]),
    }


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, Any]]]:
    rng = random.Random(5)
    questions: list[tuple[str, Any]] = []
    for preset in PRESETS * 6:
        one = choice(rng, preset)
        questions += [("mask", one | {"seq": seq}) for seq in (1, 2, 5, 9)]
        questions += [("convention", one | {"seq": seq}) for seq in (1, 7)]
        questions.append(("head", one | sentence(rng)))
    checks = [(p, s, m) for p in (*PRESETS, *JUNK[:4]) for s in NUMBERS for m in ("", "10 11")]
    checks += [("painted", 1, mask) for mask in JUNK]
    questions += [("check", {"preset": p, "size": s, "mask": m}) for p, s, m in checks]
    asked = [(kind, json.loads(json.dumps(question))) for kind, question in questions]
    answers: dict[str, list[tuple[Any, Any]]] = {}
    found = ask_page(asked, tmp_path_factory.mktemp("masks"), "run_masks.ts")
    for (kind, question), answer in zip(asked, found, strict=True):
        answers.setdefault(kind, []).append((question, answer))
    return answers


def test_both_sides_make_and_fit_the_same_masks(page: dict[str, list[tuple[Any, Any]]]) -> None:
    for question, answer in page["mask"]:
        assert answer == write_mask(chosen_mask(**question)), question


def test_both_sides_refuse_a_choice_with_the_same_sentence(page: dict[str, list[tuple[Any, Any]]]) -> None:
    for question, answer in page["check"]:
        assert answer == check_choice(**question), question
    assert len({answer for _, answer in page["check"]}) >= 7


def test_every_table_of_the_picture_agrees_with_the_module(page: dict[str, list[tuple[Any, Any]]]) -> None:
    empty = 0
    for question, answer in page["head"]:
        names = ("text", "num_heads", "d_model", "seed", "source")
        tokens, _, x, mha, _ = layer(Params(**{name: question[name] for name in names}))
        mask = torch.from_numpy(
            chosen_mask(question["preset"], question["size"], question["mask"], len(tokens))
        )
        head = min(question["head"], question["num_heads"] - 1)
        found = masked_head(mha, x, mask, head)
        assert answer["tokens"] == tokens
        assert answer["head"] == head
        for name in TABLES:
            wanted = getattr(found, name)
            got = torch.tensor([float(value) for value in answer[name]]).view(wanted.shape)
            torch.testing.assert_close(got, wanted, atol=1e-5, rtol=2e-5, equal_nan=True)
        empty += int(found.plain.isnan().any())
    assert empty >= 5, "rows that may look at nothing are among the cases"


def test_the_code_of_each_convention_makes_the_very_mask_and_both_calls_agree(
    page: dict[str, list[tuple[Any, Any]]],
) -> None:
    for question, code in page["convention"]:
        seq = question["seq"]
        q = k = v = torch.randn(1, 2, seq, 4)
        names = {"torch": torch, "F": F, "nn": torch.nn, "q": q, "k": k, "v": v}
        names |= {"d_model": 8, "num_heads": 2, "x": torch.randn(1, seq, 8)}
        exec(code, names)
        mask = chosen_mask(**question)
        assert torch.equal(names["mask"], torch.from_numpy(mask)), question
        assert "attn_mask=mask)" in code
        assert "attn_mask=~mask)" in code


def test_the_code_handed_to_the_reader_prints_the_numbers_of_the_page(
    page: dict[str, list[tuple[Any, Any]]],
) -> None:
    for question, answer in page["head"][::3]:
        assert "mha_lessons" not in answer["code"]
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(answer["code"], {})
        printed = re.findall(r"^(\w+)\n(tensor\(.*?\))$", said.getvalue(), re.MULTILINE | re.DOTALL)
        assert [name for name, _ in printed] == ["scores", "before", "after", "plain", "wrong", "z"]
        for name, text in printed:
            got = eval(text, {"tensor": torch.tensor, "nan": float("nan"), "inf": float("inf")})
            wanted = torch.tensor([float(value) for value in answer[name]]).view(got.shape)
            torch.testing.assert_close(got, wanted, atol=6e-4, rtol=1e-4, equal_nan=True), question
        torch.set_printoptions(profile="default")
