"""What the chapter on capacity claims, and the answers to its questions, computed."""

from __future__ import annotations

import pytest
import torch

from mha_lessons import MultiHeadAttention
from mha_lessons.meter import meter
from mha_lessons.stack import Stack, models, of_model
from mha_lessons.units import bytes_text
from mha_lessons.widgets import CostMeter, RankMeter
from tests.book_claims import right


def own(stack: Stack) -> dict:
    found = meter(stack)
    return next(variant for variant in found["variants"] if variant["name"] == found["own"])


def test_sixteen_heads_have_the_parameters_of_one_and_sixteen_times_its_attention() -> None:
    x = torch.zeros(1, 5, 64)
    one, many = MultiHeadAttention(64, 1), MultiHeadAttention(64, 16)
    counts = [sum(weight.numel() for weight in layer.parameters()) for layer in (one, many)]
    assert counts == [16_640, 16_640]
    assert right("capacity.parameters") == "exactly the same"
    traces = [layer.trace(x) for layer in (one, many)]
    sizes = [
        {name: getattr(trace, name).numel() for name in ("q", "k", "v", "z", "attn")} for trace in traces
    ]
    grown = {name for name in sizes[0] if sizes[1][name] > sizes[0][name]}
    assert grown == {"attn"}
    assert traces[1].attn.numel() == 16 * traces[0].attn.numel()
    assert right("capacity.grows") == "the table of attention weights"


def test_at_fixed_d_head_hardly_a_part_stays_the_same() -> None:
    parts = meter(Stack(d_model=64, num_heads=16, d_head=16))["parts"]
    same = {name for name, (value, one) in parts.items() if value == one and value}
    assert same == set()
    parts = meter(Stack(d_model=64, num_heads=2, d_head=16))["parts"]
    assert {name for name, (value, one) in parts.items() if value == one and value} == set()


def test_only_scores_z_and_attn_of_one_layer_know_how_long_the_text_is() -> None:
    short, long = (meter(Stack(num_heads=4, context=context))["parts"] for context in (32, 64))
    assert {name for name in short if short[name] != long[name]} == {"scores", "z", "attn"}


@pytest.mark.parametrize(
    ("h", "scores", "attn"), [(1, 32, 32), (2, 32, 32), (4, 16, 32), (16, 4, 30), (64, 1, 6)]
)
def test_the_rank_of_thin_scores_is_bounded_and_the_softmax_lifts_the_bound(
    h: int, scores: int, attn: int
) -> None:
    torch.manual_seed(0)
    trace = MultiHeadAttention(64, h).double().trace(torch.randn(1, 32, 64).double())
    rank = torch.linalg.matrix_rank
    assert int(rank(trace.scores[0, 0])) == scores == min(32, 64 // h)
    assert int(rank(trace.attn[0, 0])) >= attn


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_attention_of_heads_of_width_one_has_more_than_a_quarter_and_less_than_a_half_of_the_rank(
    seed: int,
) -> None:
    one = RankMeter(num_heads=64, seed=seed, engine="page").ranks
    assert set(one["scores"]) == {1}
    assert 32 / 4 < min(one["attn"]) <= max(one["attn"]) < 32 / 2
    two = RankMeter(num_heads=32, seed=seed, engine="page").ranks
    assert (set(two["scores"]), set(two["attn"])) == ({2}, {32})
    assert one["sum"] == two["sum"] == 32


def test_no_head_of_the_table_is_thinner_than_that_of_the_first_transformer() -> None:
    widths = [model["d_head"] for model in models().values()]
    first = models()["Transformer base, one stack"]["d_head"]
    assert min(widths) == first
    assert sum(width >= 2 * first for width in widths) > len(widths) / 2


def test_the_cache_of_llama_3_is_a_quarter_of_that_of_llama_2() -> None:
    old, new = own(of_model("Llama-2 7B")), own(of_model("Llama-3 8B"))
    assert old["cache"] / new["cache"] == float(right("capacity.cache"))
    assert [bytes_text(each["cache"]) for each in (new, old)] == ["128 KiB", "512 KiB"]
    a, b = models()["Llama-2 7B"], models()["Llama-3 8B"]
    assert all(a[name] == b[name] for name in ("d_model", "num_heads", "d_head", "layers"))


def test_the_figure_of_the_cache_shows_where_it_outgrows_the_parameters() -> None:
    found = own(CostMeter.of("Llama-2 7B", context=4096).stack)
    even = found["parameters"] * 2 / found["cache"]  # 2 bytes a number
    assert 16 < even < 2**20


def test_gemma_with_one_key_head_keeps_a_sixteenth_of_the_cache_and_half_of_the_parameters() -> None:
    full, one = own(of_model("Gemma 7B")), own(of_model("Gemma 7B", num_kv_heads=1))
    assert one["cache"] * models()["Gemma 7B"]["num_heads"] == full["cache"]
    assert 0.5 < one["parameters"] / full["parameters"] < 0.55


def test_latent_attention_pays_for_its_small_cache_with_operations() -> None:
    variants = {v["name"]: v for v in CostMeter.of("Llama-2 7B", context=4096).meter["variants"]}
    assert variants["MLA"]["cache"] < variants["GQA"]["cache"] < variants["MHA"]["cache"]
    assert variants["MLA"]["flops"] > variants["MHA"]["flops"]
