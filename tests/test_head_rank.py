"""Ranks of a head's tables, and RankMeter's Python side."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from mha_lessons.compute import layer
from mha_lessons.head_rank import head_ranks, spectrum
from mha_lessons.params import Params
from mha_lessons.tokens import tokenize
from mha_lessons.widgets import RankMeter
from mha_lessons.widgets.rank_meter import TEXT


def test_the_default_sentence_has_as_many_words_as_the_facts_ask_for() -> None:
    assert len(tokenize(TEXT)) == 32


@pytest.mark.parametrize(
    ("num_heads", "rank"), [(1, 32), (2, 32), (4, 16), (8, 8), (16, 4), (32, 2), (64, 1)]
)
def test_the_rank_of_a_heads_scores_is_d_head_where_that_is_below_the_length(
    num_heads: int, rank: int
) -> None:
    assert set(RankMeter(num_heads=num_heads, engine="page").ranks["scores"]) == {rank}


def test_the_softmax_undoes_the_bound_and_the_sum_of_all_heads_has_none() -> None:
    one = RankMeter(num_heads=64, engine="page").ranks
    assert min(one["attn"]) > 8 > max(one["scores"])
    two = RankMeter(num_heads=32, engine="page").ranks
    assert set(two["attn"]) == {32}
    assert one["sum"] == two["sum"] == 32


def test_the_sum_of_all_heads_scores_is_one_matrix_up_to_the_scale() -> None:
    def total(num_heads: int) -> torch.Tensor:
        *_, x, mha, _ = layer(Params(TEXT, num_heads=num_heads, d_model=64))
        return head_ranks(mha, x).total.values * mha.d_head**0.5

    torch.testing.assert_close(total(1), total(16), rtol=1e-9, atol=1e-9)


def test_the_rank_is_that_of_matrix_rank_in_float64() -> None:
    generator = torch.Generator().manual_seed(2)
    low = torch.randn(7, 3, generator=generator) @ torch.randn(3, 7, generator=generator)
    assert spectrum(low.double()).rank == 7, "the product of float32 numbers is rounded: not of rank 3"
    exact = torch.randn(7, 3, generator=generator).double() @ torch.randn(3, 7, generator=generator).double()
    assert spectrum(exact).rank == 3


@pytest.mark.parametrize(
    ("traits", "says"),
    [
        ({"num_heads": 5}, r"d_model = 64 cannot be split into 5 equal heads\. Try 4 or 8\."),
        ({"text": "a " * 65}, r"The sentence has 65 words and punctuation marks\. At most 64 fit"),
        ({"text": "\u200b"}, "The sentence is empty"),
        ({"d_model": 2}, "d_model should be a whole number from 4"),
    ],
)
def test_bad_input_gets_one_sentence(traits: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        RankMeter(**traits)


def test_the_answer_holds_ranks_of_all_heads_and_a_head_that_is_there() -> None:
    meter = RankMeter(num_heads=4, head=9)
    assert meter._answer["head"] == 3
    assert meter._answer["scores_ranks"] == [16] * 4
    assert dict(map(tuple, meter._answer["fields"])) == {
        "scores_values": 4 * 32,
        "attn_values": 4 * 32,
        "sum_values": 32,
    }


def test_where_the_page_computes_no_torch_is_loaded() -> None:
    check = (
        "import sys; from mha_lessons.widgets import RankMeter; RankMeter(engine='page'); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
