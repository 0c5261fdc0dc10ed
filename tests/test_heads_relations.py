"""Does a head follow grammar? On attention made by hand, where it is known which does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mha_lessons.heads.relation_scores import best_direction, held_out_scores, score_relations
from mha_lessons.heads.relations import DIRECTIONS, Questions, answers, ask_all
from mha_lessons.heads.resampling import halves
from mha_lessons.heads.treebank import Arc, Sentence

TO_HEAD, TO_DEPENDENT = DIRECTIONS


def pointing(targets: list[list[int]]) -> torch.Tensor:
    """Attention [1 layer, head, word, word] where each head looks at given words, most at least."""
    words = len(targets[0])
    attn = torch.full((1, len(targets), words, words), 0.1 / words)
    for head, row in enumerate(targets):
        attn[0, head, torch.arange(words), torch.tensor(row)] += 0.9
    return attn


def made(number: int, seed: int, *, words: int = 9) -> tuple[list[Sentence], list[np.ndarray]]:
    """Sentences with one arc each, at a random place and distance, and three heads: one right, two not."""
    draw = np.random.default_rng(seed)
    sentences, found = [], []
    for each in range(number):
        dependent, head = (int(place) for place in draw.choice(words, 2, replace=False))
        right = [1 if place != 1 else 0 for place in range(words)]
        right[dependent] = head
        next_word = [min(place + 1, words - 1) if place < words - 1 else 0 for place in range(words)]
        random = [int(draw.choice([p for p in range(words) if p != place])) for place in range(words)]
        sentences.append(Sentence(str(each), "", [(0, 1)] * words, [Arc(dependent, head, "obj")]))
        found.append(answers(pointing([next_word, right, random]), [True] * words, causal=False))
    return sentences, found


def test_an_answer_is_the_other_word_with_most_attention() -> None:
    attn = torch.tensor([[[0.8, 0.1, 0.05], [0.3, 0.1, 0.2], [0.0, 0.0, 0.9]]])
    assert answers(attn, [True] * 3, causal=False).tolist() == [[1, 0, 0]]


def test_in_a_model_that_looks_back_the_first_word_has_no_answer() -> None:
    attn = torch.tensor([[0.9, 0.0, 0.0], [0.1, 0.9, 0.0], [0.1, 0.3, 0.6]])
    assert answers(attn, [True] * 3, causal=True).tolist() == [-1, 0, 1]


def test_a_word_without_a_token_is_neither_asked_nor_answered_with() -> None:
    attn = torch.tensor([[0.0, 0.9, 0.1], [0.9, 0.0, 0.1], [0.1, 0.9, 0.0]])
    assert answers(attn, [True, False, True], causal=False).tolist() == [2, -2, 0]


def test_each_arc_is_asked_both_ways_and_head_and_dependent_are_not_mixed_up() -> None:
    sentence = Sentence("s", "", [(0, 1)] * 3, [Arc(2, 0, "obj")])
    best = answers(pointing([[1, 2, 0], [2, 0, 1]]), [True] * 3, causal=False)
    asked = ask_all([sentence], [best], [best], causal=False)
    assert asked["obj", TO_HEAD].right.tolist() == [[True, False]]
    assert asked["obj", TO_HEAD].distance.tolist() == [-2]
    assert asked["obj", TO_DEPENDENT].right.tolist() == [[False, True]]
    assert asked["obj", TO_DEPENDENT].distance.tolist() == [2]


def test_a_model_that_looks_back_is_asked_each_arc_once_towards_the_left() -> None:
    sentence = Sentence("s", "", [(0, 1)] * 3, [Arc(2, 0, "obj"), Arc(0, 1, "nsubj")])
    best = answers(pointing([[0, 0, 0]]).tril(), [True] * 3, causal=True)
    asked = ask_all([sentence], [best], [best], causal=True)
    assert set(asked) == {
        *(("obj", TO_HEAD), ("nsubj", TO_DEPENDENT)),
        *(("any", TO_HEAD), ("any", TO_DEPENDENT)),
    }
    assert all((questions.distance < 0).all() for questions in asked.values())


def test_an_arc_to_a_word_without_a_token_is_not_asked() -> None:
    sentence = Sentence("s", "", [(0, 1)] * 3, [Arc(2, 0, "obj"), Arc(1, 0, "det")])
    best = answers(pointing([[1, 0, 0]]), [True, False, True], causal=False)
    assert {name for name, _ in ask_all([sentence], [best], [best], causal=False)} == {"obj", "any"}


def test_sums_leave_punctuation_out_and_far_begins_at_five_words() -> None:
    arcs = [Arc(0, 5, "obl"), Arc(1, 5, "det"), Arc(2, 8, "punct")]
    sentence = Sentence("s", "", [(0, 1)] * 9, arcs)
    best = answers(pointing([[1] + [0] * 8]), [True] * 9, causal=False)
    asked = ask_all([sentence], [best], [best], causal=False)
    counts = {name: len(questions) for (name, way), questions in asked.items() if way == TO_HEAD}
    assert counts == {"obl": 1, "det": 1, "punct": 1, "any": 2, "far": 1, "far of far": 1}


def test_a_head_that_is_told_the_word_is_far_answers_with_a_far_one() -> None:
    attn = torch.full((1, 1, 7, 7), 0.05)
    attn[0, 0, 0, 1], attn[0, 0, 0, 6] = 0.5, 0.2
    near, far = (answers(attn, [True] * 7, causal=False, at_least=steps) for steps in (1, 5))
    assert (near[0, 0, 0], far[0, 0, 0]) == (1, 6)
    assert far[0, 0, 3] == -1, "no word is five places from the one in the middle"
    asked = ask_all([Sentence("s", "", [(0, 1)] * 7, [Arc(0, 6, "obl")])], [near], [far], causal=False)
    assert asked["far", TO_HEAD].right.tolist() == [[False]]
    assert asked["far of far", TO_HEAD].right.tolist() == [[True]]


def test_the_head_that_follows_a_relation_is_found_and_beats_the_best_offset() -> None:
    sentences, found = made(120, seed=0)
    scores = score_relations(ask_all(sentences, found, found, causal=False), 3, 120, seed=1)
    score = next(each for each in scores if (each.relation, each.direction) == ("obj", TO_HEAD))
    assert score.head == (0, 1)
    assert score.score == score.chosen_score == 1.0
    assert score.interval == (1.0, 1.0)
    assert score.baseline < 0.35
    assert score.gain == pytest.approx(score.score - score.baseline)
    assert score.gain_interval[0] > 0.5
    assert score.p_holm < 0.01
    assert score.n + score.chosen_on == 120
    assert best_direction(scores, "obj") == score


def test_among_heads_that_know_nothing_none_beats_the_offset() -> None:
    draw = np.random.default_rng(5)
    sentences, _ = made(200, seed=3)
    noise = [draw.integers(0, 9, (10, 12, 9)).astype(np.int16) for _ in sentences]
    scores = score_relations(ask_all(sentences, noise, noise, causal=False), 12, 200, seed=1)
    score = next(each for each in scores if each.relation == "obj")
    assert score.chosen_score > score.score, "the best of 120 on one half owes it to luck"
    assert score.p_holm > 0.05
    assert score.interval[0] <= 1 / 9 <= score.interval[1]


def test_neither_head_nor_offset_is_chosen_on_what_is_reported() -> None:
    # Head 0 and offset +1 are right on the half that chooses, head 1 and offset +2 on the other, always.
    choose = halves(range(80), seed=4)
    distance = np.where(choose, 1, 2)
    right = np.stack([choose, ~choose], axis=1)
    asked = {("obj", TO_HEAD): Questions(right, distance, np.arange(80))}
    (score,) = score_relations(asked, 2, 80, seed=4)
    assert (score.head, score.offset) == ((0, 0), 1)
    assert (score.chosen_score, score.chosen_baseline) == (1.0, 1.0)
    assert (score.score, score.baseline, score.gain) == (0.0, 0.0, 0.0)
    assert held_out_scores(asked, score, 2, 80, seed=4).tolist() == [[0.0, 1.0]]


def test_the_direction_is_chosen_on_the_choosing_half_too() -> None:
    choose = halves(range(80), seed=4)
    good_then_bad = Questions(choose[:, None], np.full(80, 9), np.arange(80))
    bad_then_good = Questions(~choose[:, None], np.full(80, 9), np.arange(80))
    asked = {("obj", TO_HEAD): good_then_bad, ("obj", TO_DEPENDENT): bad_then_good}
    score = best_direction(score_relations(asked, 1, 80, seed=4), "obj")
    assert score is not None
    assert score.direction == TO_HEAD


def test_a_direction_with_more_questions_goes_before_one_with_more_gain() -> None:
    few = Questions(np.ones((60, 1), dtype=bool), np.full(60, 9), np.arange(60))
    many = Questions(np.zeros((80, 1), dtype=bool), np.full(80, 9), np.arange(80))
    score = best_direction(
        score_relations({("obj", TO_HEAD): few, ("obj", TO_DEPENDENT): many}, 1, 80, 4), "obj"
    )
    assert score is not None
    assert score.direction == TO_DEPENDENT


def test_a_relation_too_rare_for_either_half_is_not_reported() -> None:
    rare = Questions(np.ones((48, 2), dtype=bool), np.ones(48, dtype=int), np.arange(48))
    assert score_relations({("obj", TO_HEAD): rare}, 2, 48, seed=1) == []
    assert best_direction([], "obj") is None


def test_the_correction_counts_every_relation_and_direction() -> None:
    one = Questions(np.ones((90, 1), dtype=bool), np.arange(90), np.arange(90))
    alone = score_relations({("a", TO_HEAD): one}, 1, 90, seed=1)[0]
    many = score_relations({(name, TO_HEAD): one for name in "abcde"}, 1, 90, seed=1)
    assert alone.p_holm == alone.p
    assert all(score.p_holm == pytest.approx(5 * alone.p) for score in many)
