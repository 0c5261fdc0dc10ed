"""What the chapters claim about the layer, and the answers to their questions, computed."""

from __future__ import annotations

import math
import re

import pytest
import torch

from mha_lessons import MultiHeadAttention
from mha_lessons.compute import compute
from mha_lessons.gates import head_sum
from mha_lessons.params import Params
from mha_lessons.widgets.self_check import questions
from tests.book_claims import BOOK, cells, right

SENTENCE = "The doctor thanked Mary because she helped him"
GRAMMAR, WHO_DID_WHAT, NAMES = "next noun", "verb → object", "pronoun → name"


def looks_at(text: str, role: str, word: str) -> str:
    """Where a designed head of eight looks most from this word."""
    tokens, roles, trace = compute(Params(text, num_heads=8, source="designed"))
    assert roles is not None
    return tokens[trace.attn[0, roles.index(role), tokens.index(word)].argmax()]


@pytest.mark.parametrize("chapter", [path.stem for path in BOOK.glob("*.md")])
def test_a_cell_has_fewer_than_twelve_lines(chapter: str) -> None:
    assert [cell for cell in cells(chapter) if len(cell.strip().splitlines()) >= 12] == []


def test_every_question_is_asked_in_its_chapter_and_no_other_is() -> None:
    asked = {
        name
        for chapter in BOOK.glob("*.md")
        for name in re.findall(r'SelfCheck\.ask\("([^"]+)"\)', chapter.read_text())
        if name.startswith(f"{chapter.stem}.")
    }
    everywhere = re.findall(
        r'SelfCheck\.ask\("([^"]+)"\)', "".join(path.read_text() for path in BOOK.glob("*.md"))
    )
    assert asked == {f"{page}.{name}" for page, own in questions().items() for name in own}
    assert sorted(everywhere) == sorted(asked)


# A team of experts


def test_the_predictions_about_the_experts_are_where_the_heads_look() -> None:
    assert looks_at(SENTENCE, NAMES, "she") == right("experts.she")
    assert looks_at(SENTENCE, NAMES, "him") == right("experts.him")
    assert looks_at(SENTENCE, WHO_DID_WHAT, "because") == "The"
    assert right("experts.idle") == "at the first word"
    assert looks_at(SENTENCE, "previous word", "she") == "because"


def test_only_the_named_rows_of_an_expert_leave_the_first_word() -> None:
    busy = {
        role: [word for word in SENTENCE.split() if looks_at(SENTENCE, role, word) != "The"]
        for role in (GRAMMAR, WHO_DID_WHAT, NAMES)
    }
    assert busy == {GRAMMAR: ["The"], WHO_DID_WHAT: ["thanked", "helped"], NAMES: ["she", "him"]}


def test_the_who_did_what_expert_takes_house_for_the_object_of_are() -> None:
    assert looks_at("The keys to the old house are lost", WHO_DID_WHAT, "are") == "house"


def test_the_names_expert_divides_its_attention_between_two_names() -> None:
    tokens, _, trace = compute(Params("Anna told Mary that she was late", num_heads=8, source="designed"))
    row = dict(zip(tokens, trace.attn[0, 2, tokens.index("she")].tolist(), strict=True))
    assert row["Anna"] + row["Mary"] > 0.99
    assert 0.2 < row["Mary"] < row["Anna"] < 0.8


def test_behind_a_causal_mask_thanked_can_only_find_the_doctor() -> None:
    found = {}
    for causal in (False, True):
        tokens, roles, trace = compute(Params(SENTENCE, num_heads=4, causal=causal, source="designed"))
        assert roles is not None
        found[causal] = tokens[trace.attn[0, roles.index(WHO_DID_WHAT), tokens.index("thanked")].argmax()]
    assert found == {False: "Mary", True: "doctor"}
    assert right("how-it-works.mask") == f"at *{found[True]}*"


def test_three_experts_meet_at_robot() -> None:
    text = "We saw the robot before it fell"
    pairs = {GRAMMAR: "the", WHO_DID_WHAT: "saw", NAMES: "it"}
    assert {looks_at(text, role, word) for role, word in pairs.items()} == {"robot"}


@pytest.mark.parametrize("num_heads", [8, 4, 2, 1])
def test_fewer_heads_lose_first_the_object_of_helped_and_keep_the_word_before_it(num_heads: int) -> None:
    tokens, _, trace = compute(Params(SENTENCE, num_heads=num_heads, source="designed"))
    found = {tokens[row.argmax()] for row in trace.attn[0, :, tokens.index("helped")]}
    assert "she" in found
    assert ("him" in found) == (num_heads >= 4)


# How it works


@pytest.fixture(scope="module")
def by_hand() -> dict[str, torch.Tensor]:
    """What the cells of the first section compute, run as they stand in the chapter."""
    names: dict[str, torch.Tensor] = {}
    wanted = ("x = ", "w_q = ", "scores = q", "parts = ", "z = attn")
    lines = [cell for cell in cells("how-it-works") if any(mark in cell for mark in wanted)][:5]
    shown = r"^(rows = |table\(|by_word\().*\n"
    exec("import torch\n" + "\n".join(re.sub(shown, "", cell, flags=re.MULTILINE) for cell in lines), names)
    return names


def test_the_head_worked_by_hand_is_what_the_layer_computes(by_hand: dict[str, torch.Tensor]) -> None:
    weights = (by_hand["w_q"], by_hand["w_k"], by_hand["w_v"], torch.eye(4))
    trace = MultiHeadAttention.from_weights(*weights, num_heads=1).trace(by_hand["x"][None])
    for name in ("scores", "attn", "z"):
        torch.testing.assert_close(by_hand[name], getattr(trace, name)[0, 0])


def test_the_scores_worked_by_hand_are_whole_numbers_and_the_questions_about_them_are_right(
    by_hand: dict[str, torch.Tensor],
) -> None:
    assert by_hand["scores"].tolist() == [[0, 2, 0], [2, 1, 2], [2, 1, 0]]
    assert float(by_hand["q"][2] @ by_hand["k"][0]) == float(right("how-it-works.dot"))
    assert float(by_hand["attn"][2, 0]) == pytest.approx(2 / 3, abs=0.01)
    assert right("how-it-works.softmax") == "two thirds"


def test_a_query_for_verbs_gives_herself_the_scores_of_anna(by_hand: dict[str, torch.Tensor]) -> None:
    w_q = by_hand["w_q"].clone()
    w_q[2] = torch.tensor([0.0, 2, 0, 0])
    changed = by_hand["x"] @ w_q @ by_hand["k"].T / 2
    assert changed[2].tolist() == by_hand["scores"][0].tolist()


def test_the_variance_of_a_dot_product_grows_like_the_width_of_the_head() -> None:
    torch.manual_seed(1)
    variance = {}
    for d_head in (4, 16, 64):
        q, k = torch.randn(2, 40_000, d_head)
        variance[d_head] = float((q * k).sum(-1).var())
        assert variance[d_head] == pytest.approx(d_head, rel=0.05)
    spread = math.sqrt(variance[64] / variance[4])
    assert spread == pytest.approx(float(right("how-it-works.spread").split()[0]), rel=0.05)


def test_without_the_root_a_wide_random_head_looks_at_one_word_alone() -> None:
    top = {}
    for temperature in (1.0, 1 / 8):  # 1/8 undoes the root of 64
        trace = compute(Params(SENTENCE, num_heads=1, temperature=temperature)).trace
        top[temperature] = trace.attn.amax(-1).mean().item()
    assert top[1.0] < 0.4
    assert top[1 / 8] > 0.75


def test_every_head_sees_every_number_of_a_word() -> None:
    torch.manual_seed(2)
    mha = MultiHeadAttention(d_model=12, num_heads=3)
    x = torch.randn(1, 2, 12)
    for number in range(12):
        changed = x.clone()
        changed[..., number] += 1
        moved = (mha.trace(changed).q - mha.trace(x).q).abs().amax((0, 2, 3))  # [head]
        assert (moved > 1e-4).all(), number
    assert right("how-it-works.split") == "all 64"


def test_without_w_o_each_number_of_the_result_depends_on_one_head_and_with_it_on_all() -> None:
    torch.manual_seed(3)
    mha = MultiHeadAttention(d_model=12, num_heads=3)
    x, other = torch.randn(2, 1, 5, 12)
    before, after = mha.trace(x), mha.trace(x)
    after.z = before.z.clone()
    after.z[:, 1] = mha.trace(other).z[:, 1]  # another finding of one head
    assert ((after.concat - before.concat).abs().amax((0, 1)) > 0).nonzero().flatten().tolist() == [
        4,
        5,
        6,
        7,
    ]
    assert ((after.output - before.output).abs().amax((0, 1)) > 1e-5).all()


def test_a_head_switched_off_leaves_the_parts_of_the_others_as_they_are() -> None:
    of_all, without = (head_sum(Params(SENTENCE, num_heads=4, source="designed"), g) for g in ((), (1, 1, 0)))
    parts = [found.gates[:, None, None] * found.contributions for found in (of_all, without)]
    assert [head for head in range(4) if not parts[0][head].equal(parts[1][head])] == [2]
    assert right("how-it-works.gate") == "they stay exactly as they are"


def test_a_parked_head_adds_the_same_vector_to_all_words_it_parks() -> None:
    found = head_sum(Params(SENTENCE, num_heads=4, source="designed"), gates=[1, 1, 0])
    assert found.roles is not None
    part = found.contributions[found.roles.index(NAMES)]  # [query, d_model]
    away = (part - part[0]).norm(dim=-1) / part[0].norm()
    assert [word for word, far in zip(found.tokens, away.tolist(), strict=True) if far > 1e-3] == [
        "she",
        "him",
    ]
    assert (found.movement.relative > 0.1).all()


def test_a_query_of_one_of_eight_heads_has_the_width_the_question_wants() -> None:
    assert MultiHeadAttention(64, 8).trace(torch.zeros(1, 2, 64)).q.shape[-1] == int(
        right("how-it-works.width")
    )


def test_heads_of_width_one_rank_the_keys_alike_for_every_query_up_or_down() -> None:
    torch.manual_seed(4)
    scores = MultiHeadAttention(d_model=6, num_heads=6).trace(torch.randn(1, 5, 6)).scores[0]
    for head in scores:
        ranks = {tuple(row.argsort().tolist()) for row in head}
        up = min(ranks)
        assert ranks <= {up, up[::-1]}
