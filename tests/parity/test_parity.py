"""The page (widgets/core) and torch give the same numbers, words and sentences."""

import hashlib
import json
import random
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons import MultiHeadAttention
from mha_lessons.compute import compute
from mha_lessons.designed import designed_vectors, designed_weights
from mha_lessons.embed import embed, embed_tokens, position_code
from mha_lessons.lexicon import WORD_CLASSES, classify
from mha_lessons.params import MAX_D_MODEL, MAX_TOKENS, MIN_D_MODEL, Params, check
from mha_lessons.tokens import tokenize
from mha_lessons.weights import random_weights
from tests.parity import cases
from tests.parity.page import ask_page

TRACES, LAYERS, FAULTS, TEXTS = 360, 120, 900, 900
TOLERANCE = 2e-5
"""Of the largest absolute value of each tensor."""
STEPS = ("q", "k", "v", "scores", "attn", "z", "contributions", "output")
WIDTHS = list(range(MIN_D_MODEL, MAX_D_MODEL + 1))
SPECIAL_FAULTS: list[Any] = [
    {"text": "a " * 256, "num_heads": 256, "d_model": 256},
    {"text": "a " * 257},
    {"text": "é!" * 2000},
    {"text": "😀" * 10_001},
    {"text": "x" * 3_000_000},
    {"text": "a " * 200, "num_heads": 1024, "d_head": 1},
    {"text": "\u200b \ufeff"},
    {"num_heads": 12, "d_head": 100},
    {"num_heads": 1024, "d_head": 1},
]


@dataclass(repr=False)
class Page:
    """What the page answered, by kind of question, beside the questions."""

    answers: dict[str, list[tuple[Any, Any]]]

    def __getitem__(self, kind: str) -> list[tuple[Any, Any]]:
        return self.answers[kind]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    rng = random.Random(2017)
    base = vars(Params("She left him"))
    questions: list[tuple[str, Any]] = [
        *(("compute", vars(cases.params(rng, i))) for i in range(TRACES)),
        *(("attention", cases.layer(rng, i)) for i in range(LAYERS)),
        *(("check", base | fault) for fault in SPECIAL_FAULTS),
        *(("check", cases.faulty(rng)) for _ in range(FAULTS)),
        *(("tokenize", cases.letters(rng)) for _ in range(TEXTS)),
        *(("tokenize", text) for text in ("a\ud800", "\udc00\ud800b", "\ud800\ud800\udc00")),
        ("classify", cases.word_forms(rng)),
        ("characters", cases.code_points()),
        ("positions", {"seq": MAX_TOKENS, "widths": WIDTHS}),
        *(("vectors", {"tokens": cases.WORDS, "d_model": d_model, "seed": 7}) for d_model in WIDTHS[::9]),
    ]
    asked = [(kind, json.loads(json.dumps(question))) for kind, question in questions]
    answers: dict[str, list[tuple[Any, Any]]] = {}
    for (kind, question), answer in zip(asked, ask_page(asked, tmp_path_factory.mktemp("page")), strict=True):
        answers.setdefault(kind, []).append((question, answer))
    return Page(answers)


def assert_near(name: str, page: np.ndarray, kernel: torch.Tensor, case: object) -> None:
    wanted = kernel.detach().numpy()
    got = page.reshape(wanted.shape)
    finite = np.isfinite(wanted)
    assert np.array_equal(finite, np.isfinite(got)), f"{name}: other entries are masked, {case}"
    assert np.array_equal(got[~finite], wanted[~finite]), f"{name}: -inf was wanted, {case}"
    size = np.abs(wanted[finite]).max(initial=0)
    apart = np.abs(got[finite] - wanted[finite]).max(initial=0)
    assert apart <= TOLERANCE * size, f"{name} differs by {apart} of {size}, {case}"


def assert_same_bits(name: str, page: np.ndarray, kernel: np.ndarray, case: object) -> None:
    assert page.tobytes() == np.ascontiguousarray(kernel).tobytes(), f"{name} differs, {case}"


def test_every_step_of_the_layer_agrees_with_torch(page: Page) -> None:
    for question, answer in page["compute"]:
        tokens, roles, trace = compute(Params(**question))
        assert (answer["tokens"], answer["roles"]) == (tokens, roles), question
        for name in STEPS:
            assert_near(name, answer["arrays"][name], getattr(trace, name)[0], question)


def test_vectors_and_weights_agree_bit_for_bit(page: Page) -> None:
    for question, answer in page["compute"]:
        p = Params(**question)
        tokens = tokenize(p.text)
        if p.source == "designed":
            x = designed_vectors(tokens, p.d_model, p.seed)
            weights = designed_weights(p.d_model, p.num_heads, p.head_width, p.seed)
        else:
            x = embed(p.text, p.d_model, p.seed)
            weights = random_weights(p.d_model, p.num_heads * p.head_width, p.seed)
        assert_same_bits("x", answer["arrays"]["x"], x, question)
        for name, matrix in weights._asdict().items():
            assert_same_bits(name, answer["arrays"][name], matrix, question)


def test_any_mask_and_any_gates_agree_with_torch(page: Page) -> None:
    empty_rows = 0
    for question, answer in page["attention"]:
        x = embed(question["text"], question["d_model"], question["seed"])
        width = question["num_heads"] * question["d_head"]
        weights = random_weights(question["d_model"], width, question["seed"])
        mha = MultiHeadAttention.from_weights(
            *map(torch.from_numpy, weights),
            num_heads=question["num_heads"],
            temperature=float(question["temperature"]),
        )
        mask = question["mask"] and torch.tensor(question["mask"]).bool().view(len(x), len(x))
        gates = question["gates"] and torch.tensor(question["gates"], dtype=torch.float32)
        trace = mha.trace(torch.from_numpy(x)[None], mask=mask, gates=gates)
        for name in (*STEPS, "concat"):
            assert_near(name, answer["arrays"][name], getattr(trace, name)[0], question)
        empty_rows += int((trace.attn.sum(-1) == 0).sum())
    assert empty_rows > LAYERS


def test_both_sides_refuse_the_same_with_the_same_sentence(page: Page) -> None:
    sentences = set()
    for question, answer in page["check"]:
        assert answer == check(Params(**question)), str(question)[:300]
        sentences.add(answer)
    assert None in sentences
    assert len(sentences) > 150


def test_both_sides_cut_text_into_the_same_tokens(page: Page) -> None:
    lengths = set()
    for text, tokens in page["tokenize"]:
        assert tokens == tokenize(text), ascii(text)
        lengths.add(len(tokens))
    assert {0, 1, 2, 3} <= lengths


def test_both_sides_give_words_the_same_classes(page: Page) -> None:
    ((tokens, classes),) = page["classify"]
    for token, got, wanted in zip(tokens, classes, classify(tokens), strict=True):
        assert got == wanted, token
    assert set(classes) == set(WORD_CLASSES)


def test_both_sides_agree_on_every_character_that_both_know(page: Page) -> None:
    ((codes, answers),) = page["characters"]
    agreed = 0
    for code, answer in zip(codes, answers, strict=True):
        character = chr(code)
        if answer["known"] and unicodedata.category(character) != "Cn":
            assert answer["cut"] == tokenize(f"a{character}b {character}{character}"), hex(code)
            agreed += 1
    assert agreed > 30_000


def test_position_codes_agree_bit_for_bit_at_every_place_and_width(page: Page) -> None:
    ((_, fingerprints),) = page["positions"]
    for d_model, fingerprint in zip(WIDTHS, fingerprints, strict=True):
        code = position_code(MAX_TOKENS, d_model)
        assert fingerprint == hashlib.sha256(code.tobytes()).hexdigest(), d_model


def test_word_vectors_agree_bit_for_bit_in_any_script(page: Page) -> None:
    for question, answer in page["vectors"]:
        x = embed_tokens(question["tokens"], question["d_model"], question["seed"])
        assert_same_bits("x", answer["arrays"]["x"], x, question["d_model"])


def test_the_cases_reach_the_corners(page: Page) -> None:
    asked = [Params(**question) for question, _ in page["compute"]]
    for corner in (
        lambda p: len(tokenize(p.text)) == 1,
        lambda p: p.num_heads == 1,
        lambda p: p.head_width == 1,
        lambda p: p.d_head is not None and p.num_heads * p.d_head > p.d_model,
        lambda p: p.temperature == 0.05 and p.source == "designed",
        lambda p: p.temperature == 20,
        lambda p: p.causal,
        lambda p: p.num_heads > 8 and p.source == "designed",
        lambda p: not p.text.isascii(),
    ):
        assert sum(map(corner, asked)) >= 5
