"""The page's cost model and Python's give the same numbers, words and sentences; its torch code does, too."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from dataclasses import asdict
from typing import Any

import pytest
import torch

from mha_lessons.cost import Heads, flops, head_counts, kv_cache_bytes, mla_cache_bytes, parameters
from mha_lessons.meter import meter
from mha_lessons.stack import BITS, MOST, Stack, check, models, of_model
from mha_lessons.units import bytes_text, count_text, flops_text, ratio_text
from tests.parity.page import ask_page

STACKS, FAULTS, LAYERS, TEXTS, CODES = 400, 600, 200, 600, 14
JUNK: list[Any] = [
    None,
    True,
    False,
    "",
    "a",
    "4",
    [],
    {},
    0,
    -1,
    1,
    2,
    3,
    7,
    8,
    64,
    1.5,
    7.0,  # whole numbers, too: JSON does not tell them from 7 and 8
    8.0,
    1e300,
    2**16 + 1,
    2**53,
]


def heads(rng: random.Random) -> Heads:
    groups = rng.randint(1, 6)
    return Heads(rng.randint(1, 9000), groups * rng.randint(1, 12), groups, rng.randint(1, 300))


def stack(rng: random.Random) -> Stack:
    sizes = heads(rng)
    free = rng.random() < 0.5
    return Stack(
        d_model=sizes.d_model if free else sizes.num_heads * sizes.d_head,
        num_heads=sizes.num_heads,
        num_kv_heads=rng.choice([None, sizes.num_kv_heads, 1]),
        d_head=sizes.d_head if free else None,
        latent=rng.random() < 0.25,
        layers=rng.randint(1, MOST["layers"]),
        context=rng.choice([1, 16, 1000, 4096, MOST["context"]]),
        bits=rng.choice(BITS),
        bias=rng.random() < 0.5,
    )


def faulty(rng: random.Random) -> dict[str, Any]:
    fields = asdict(stack(rng))
    name = rng.choice(list(fields))
    near = [*range(1, 70), *(most + step for most in MOST.values() for step in (0, 1)), 2**17]
    return {**fields, name: rng.choice([*JUNK, *rng.sample(near, 12)])}


def layer(rng: random.Random) -> dict[str, Any]:
    return {
        "heads": asdict(heads(rng)),
        "seq": rng.randint(1, 500),
        "keys": rng.choice([None, 1, 77]),
        "batch": rng.randint(1, 5),
        "bias": rng.random() < 0.5,
    }


def caching(rng: random.Random) -> dict[str, Any]:
    sizes = {name: rng.randint(1, 50) for name in ("seq", "batch", "layers")}
    return {
        "heads": asdict(heads(rng)),
        "sizes": rng.choice([{}, {**sizes, "itemsize": rng.randint(1, 8)}]),
        "latent": [rng.randint(0, 600), rng.randint(0, 90)],
    }


def sizes(rng: random.Random) -> tuple[float, float]:
    size = rng.choice(
        [rng.random() * 10 ** rng.randint(0, 17), float(rng.randint(0, 2000)), rng.randint(1, 9999) / 8]
    )
    return size, rng.choice([size, 0.0, 50 + rng.random() * 10 ** rng.randint(0, 9)])


Answers = dict[str, list[tuple[Any, Any]]]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    rng = random.Random(2017)
    edges = [999.4, 999.5, 1023.9, 1024.0, 1e6 - 1, 1e6, 9.994, 9.995, 99.95, 2.125, 0.5, 2.0**52]
    coded = [of_model(name, context=4096, bits=rng.choice(BITS)) for name in ("Falcon 7B", "DeepSeek-V2")]
    coded += [stack(rng) for _ in range(CODES - len(coded))]
    asked: list[tuple[str, Any]] = [
        *(("meter", asdict(stack(rng))) for _ in range(STACKS)),
        *(("meter", asdict(of_model(name))) for name in models()),
        *(("check", faulty(rng)) for _ in range(FAULTS)),
        ("check", {**asdict(Stack()), "num_heads": 1000, "d_head": 132}),
        *(("code", asdict(each)) for each in coded),
        *(("layer", layer(rng)) for _ in range(LAYERS)),
        *(("cache", caching(rng)) for _ in range(LAYERS)),
        *(("counts", [d_model, groups]) for d_model in range(1, 60) for groups in (1, 2, 3)),
        *(("text", sizes(rng)) for _ in range(TEXTS)),
        *(("text", [edge, 8.0]) for edge in edges),
        ("models", None),
    ]
    asked = [(kind, json.loads(json.dumps(question))) for kind, question in asked]
    answers: Answers = {}
    for (kind, question), answer in zip(
        asked, ask_page(asked, tmp_path_factory.mktemp("cost"), "run_cost.ts"), strict=True
    ):
        answers.setdefault(kind, []).append((question, answer))
    return answers


def test_parameters_flops_and_cache_are_equal_to_the_last_digit(page: Answers) -> None:
    for q, answer in page["layer"]:
        sizes = Heads(**q["heads"])
        wanted = flops(sizes, seq=q["seq"], num_keys=q["keys"], batch=q["batch"])
        assert answer == [parameters(sizes, bias=q["bias"]), wanted], q
    for q, answer in page["cache"]:
        latent = dict(zip(("d_latent", "d_rotary"), q["latent"], strict=True))
        assert answer == [
            kv_cache_bytes(Heads(**q["heads"]), **q["sizes"]),
            mla_cache_bytes(**latent, **q["sizes"]),
        ], q


def test_every_number_of_the_picture_is_equal_to_the_last_digit(page: Answers) -> None:
    seen = set()
    for question, answer in page["meter"]:
        assert answer == meter(Stack(**question)), question
        seen.add((answer["own"], len(answer["variants"]), answer["bias"]))
    assert {own for own, *_ in seen} == {"MHA", "GQA", "MQA", "MLA"}
    assert {count for _, count, _ in seen} == {3, 4}


def test_both_sides_refuse_the_same_with_the_same_sentence(page: Answers) -> None:
    sentences = set()
    for question, answer in page["check"]:
        assert answer == check(Stack(**question)), question
        sentences.add(answer)
    assert None in sentences
    for part in ("cannot be split", "cannot share", "side by side", "bits should", "true or false"):
        assert any(part in (sentence or "") for sentence in sentences), part


def test_both_sides_write_sizes_in_the_same_words(page: Answers) -> None:
    for (size, other), answer in page["text"]:
        assert answer == [bytes_text(size), flops_text(size), count_text(size), ratio_text(size, other)], (
            size,
            other,
        )
    for (d_model, groups), answer in page["counts"]:
        assert answer == head_counts(d_model, num_kv_heads=groups)


def test_choosing_a_model_sets_the_same_sizes_on_both_sides(page: Answers) -> None:
    ((_, answer),) = page["models"]
    assert [name for name, _ in answer] == list(models())
    for name, sizes in answer:
        assert asdict(of_model(name)) == asdict(Stack()) | sizes, name


def test_the_torch_code_counts_what_the_picture_shows_on_real_tensors(page: Answers) -> None:
    line = re.compile(
        r"(M.A|GQA) (\d+) parameters, (\d+) FLOPs a token, ([\d.]+) bytes a token, (\d+) bytes for"
    )
    for question, code in page["code"]:
        assert "mha_lessons" not in code
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(code, "copied", "exec"), {})
        finally:
            torch.set_default_device(None)
        wanted = meter(Stack(**question))
        got = [(name, *map(float, rest)) for name, *rest in line.findall(printed.getvalue())]
        assert got == [
            (v["name"], v["parameters"], v["flops"], v["cache"], round(v["cache"] * question["context"]))
            for v in wanted["variants"]
        ], question
        stored = re.search(r"attn of one layer, stored: (\d+) bytes", printed.getvalue())
        assert stored
        assert float(stored[1]) == round(wanted["parts"]["attn"][0])
