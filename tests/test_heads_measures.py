"""What a head's attention looks like, on attention made by hand where the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mha_lessons.heads.measures import (
    entropy,
    far_masses,
    induction_score,
    mean_distance,
    offset_share,
    share_on,
)
from mha_lessons.heads.similarity import js_distance, nearest_head, num_groups
from mha_lessons.heads.survey import MEASURES, farthest, induction, look, pool
from mha_lessons.heads.treebank import Sentence
from tests.tiny_models import tiny

EVEN = torch.full((4, 4), 0.25)
PREVIOUS = torch.eye(4)[[0, 0, 1, 2]]  # the first token has none and looks at itself
NEXT = torch.eye(4)[[1, 2, 3, 3]]
SINK = torch.eye(4)[[0, 0, 0, 0]]
HEADS = torch.stack([EVEN, PREVIOUS, NEXT, SINK])


def test_entropy_is_zero_on_one_key_and_log_n_on_n_keys() -> None:
    found = entropy(HEADS)
    assert found.shape == (4, 4)
    assert found[0].tolist() == [2.0] * 4
    assert found[1:].abs().max() == 0


def test_entropy_in_bits_of_unequal_weights_is_as_worked_by_hand() -> None:
    assert entropy(torch.tensor([[0.5, 0.25, 0.25]])).item() == 1.5


def test_distance_is_the_mean_number_of_steps() -> None:
    found = mean_distance(HEADS)
    assert found[0].tolist() == [1.5, 1.0, 1.0, 1.5]
    assert found[1].tolist() == [0, 1, 1, 1]
    assert found[3].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(("head", "offset"), [(1, -1), (2, 1)])
def test_a_head_that_looks_one_place_on_has_all_its_share_there(head: int, offset: int) -> None:
    found = offset_share(HEADS[head], offset)
    assert found.nansum() == 3
    assert found.isnan().sum() == 1, "one token has no such neighbour, and does not count as a miss"
    assert offset_share(HEADS[head], -offset).nansum() == 0


def test_what_goes_to_the_first_token_is_the_sinks_share() -> None:
    assert share_on(HEADS, [0]).mean(-1).tolist() == [0.25, 0.5, 0.0, 1.0]
    assert share_on(EVEN, [0, 3]).tolist() == [0.5] * 4


def test_far_attention_is_held_against_what_goes_to_other_words_and_against_chance() -> None:
    attn = torch.tensor([[0.1, 0.1, 0.2, 0.4], [0.5, 0.2, 0.1, 0.1], [0, 0, 0, 0], [0.2, 0.3, 0.2, 0.1]])
    far, other, chance = far_masses(attn, 2)
    torch.testing.assert_close(far, torch.tensor([0.6, 0.1, 0.0, 0.5]))
    torch.testing.assert_close(other, torch.tensor([0.7, 0.7, 0.0, 0.7]))
    torch.testing.assert_close(chance, torch.tensor([2 / 3, 1 / 3, 1 / 3, 2 / 3]))


def test_far_words_of_a_model_that_looks_back_are_those_behind() -> None:
    far, other, chance = far_masses(torch.full((4, 4), 0.25).tril(), 2, causal=True)
    assert far.isnan().tolist() == [True, True, False, False]
    assert far[2:].tolist() == [0.25, 0.5]
    assert other[2:].tolist() == [0.5, 0.75]
    torch.testing.assert_close(chance[2:], torch.tensor([1 / 2, 2 / 3]))


def test_a_head_that_looks_after_the_same_token_scores_one_in_induction() -> None:
    # A start token, then a b c twice. The second a looks at b, the second b at c, the second c at an a.
    attn = torch.eye(7)[[0, 0, 0, 0, 2, 3, 4]]
    assert induction_score(attn, 3, first=1).item() == 1
    same_token = torch.eye(7)[[0, 0, 0, 0, 1, 2, 3]]
    assert induction_score(same_token, 3, first=1).item() == 0
    assert induction_score(torch.full((2, 7, 7), 1 / 7), 3, 1).tolist() == pytest.approx([1 / 7] * 2)


def test_the_random_text_for_induction_says_every_token_twice_and_has_no_special_one_inside() -> None:
    for kind in ("llama", "bert"):
        model = tiny(kind)
        seen: list[list[int]] = []
        object.__setattr__(model, "visit", lambda encoded, visit, seen=seen: seen.append(encoded.ids))
        induction(model, seed=3, period=6, rounds=2)
        assert len(seen) == 2
        assert seen[0] != seen[1]
        for ids in seen:
            inner = ids[1:13]
            assert inner[:6] == inner[6:]
            assert len(set(inner)) == 6
            assert not set(inner) & set(model.tokenizer.all_special_ids)
            assert ids[0] == 2
            assert ids[13:] == ([3] if kind == "bert" else [])


def test_heads_that_look_alike_are_at_distance_zero_and_those_that_share_no_key_at_one() -> None:
    found = js_distance(torch.stack([PREVIOUS, PREVIOUS, torch.eye(4)[[1, 1, 2, 3]], EVEN]))
    assert torch.equal(found.diag(), torch.zeros(4))
    assert found[0, 1] == 0
    assert found[0, 2] == 1
    torch.testing.assert_close(found, found.T)


def test_the_distance_is_that_of_scipy() -> None:
    from scipy.spatial.distance import jensenshannon

    attn = torch.softmax(torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(1)), -1)
    wanted = np.mean([jensenshannon(attn[0, q], attn[1, q], base=2) for q in range(3)])
    assert js_distance(attn)[0, 1].item() == pytest.approx(wanted, abs=1e-6)


def test_groups_are_heads_closer_than_the_cut() -> None:
    distance = np.ones((5, 5)) - np.eye(5)
    distance[0, 1] = distance[1, 0] = 0.1
    distance[3, 4] = distance[4, 3] = 0.35
    assert num_groups(distance, (0.05, 0.2, 0.4, 2.0)) == {"0.05": 5, "0.2": 4, "0.4": 3, "2.0": 1}
    near, which = nearest_head(distance)
    assert near.tolist() == [0.1, 0.1, 1.0, 0.35, 0.35]
    assert which[[0, 1, 3, 4]].tolist() == [1, 0, 4, 3]


def test_over_several_sentences_every_query_counts_once_and_special_tokens_do_not_ask() -> None:
    model = tiny("bert")
    texts = ["the dog chased a cat", "she see", "a bird barked and the dogs chased her and him"]
    whole = [Sentence(t, t, [(0, len(t))], []) for t in texts]
    measures, _ = pool([look(model, each) for each in whole])
    attn = [model.attentions(text).attn[:, :, 1:-1] for text in texts]
    queries = sum(each.shape[2] for each in attn)
    first = sum(each[..., 0].sum(-1) for each in attn) / queries
    np.testing.assert_allclose(measures["first"], first.numpy(), rtol=1e-5)
    last = sum(each[..., -1].sum(-1) for each in attn) / queries
    np.testing.assert_allclose(measures["last"], last.numpy(), rtol=1e-5)
    bits = sum(torch.special.entr(each).sum((-1, -2)) for each in attn) / queries / math.log(2)
    np.testing.assert_allclose(measures["entropy"], bits.numpy(), rtol=1e-5)
    before = sum(each.diagonal(0, -2, -1).sum(-1) for each in attn) / queries  # rows start at token 1
    np.testing.assert_allclose(measures["previous"], before.numpy(), rtol=1e-5)


def test_a_sentence_that_the_model_cannot_read_is_left_out_and_counts_nowhere() -> None:
    model = tiny("bert")
    short = Sentence("s", "the dog", [(0, 3), (4, 7)], [])
    assert look(model, Sentence("l", "dog " * 99, [(0, 3)], [])) == {}
    one, _ = pool([look(model, short)])
    both, _ = pool([look(model, short), {}])
    assert all(np.array_equal(one[name], both[name]) for name in one)


def test_a_measure_that_no_head_has_any_of_is_left_out() -> None:
    sentence = Sentence("s", "the dog chased a cat", [(0, 3), (4, 7), (8, 14), (15, 16), (17, 20)], [])
    assert "next" not in pool([look(tiny("llama"), sentence)])[0]
    assert "last" not in pool([look(tiny("llama"), sentence)])[0]
    assert {"next", "last"} <= set(pool([look(tiny("bert"), sentence)])[0])


def test_the_head_that_looks_farthest_is_found_among_those_that_look_at_words_at_all() -> None:
    # Of 10 queries head 0 sends 9 to words and 8 of those far, head 1 less far; head 2 hardly looks at words.
    far, other = np.zeros((2, len(MEASURES), 1, 3))
    far[-1, 0], other[-1, 0] = [8, 4, 0.1], [9, 9, 0.1]
    looks = [{"sums": far, "counts": other, "chance": np.array([6.0, 10.0])} for _ in range(6)]
    found = farthest(looks, seed=1)
    assert found is not None
    assert (found["head"], found["queries"]) == ((0, 0), 30)
    assert found["share"] == found["interval"][0] == found["interval"][1] == pytest.approx(8 / 9)
    assert (found["of_all_attention"], found["by_chance"]) == (0.9, 0.6)
    assert farthest([each | {"chance": np.zeros(2)} for each in looks], seed=1) is None
    assert farthest([each | {"counts": other / 100} for each in looks], seed=1) is None
