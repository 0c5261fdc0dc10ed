"""The cost model against counting the real module, torch's counter, and the book's table."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from mha_lessons import MultiHeadAttention
from mha_lessons.cost import Heads, flops, head_counts, kv_cache_bytes, mla_cache_bytes, parameters


@st.composite
def heads(draw: st.DrawFn) -> Heads:
    kv = draw(st.integers(1, 4))
    return Heads(draw(st.integers(1, 9)), kv * draw(st.integers(1, 3)), kv, draw(st.integers(1, 5)))


def build(sizes: Heads, bias: bool) -> MultiHeadAttention:
    return MultiHeadAttention(
        sizes.d_model,
        sizes.num_heads,
        d_head=sizes.d_head,
        num_kv_heads=sizes.num_kv_heads,
        bias=bias,
        device="meta",
    )


@given(heads(), st.booleans())
def test_parameters_are_those_of_the_real_module(sizes: Heads, bias: bool) -> None:
    assert parameters(sizes, bias=bias) == sum(weight.numel() for weight in build(sizes, bias).parameters())


@given(heads(), st.integers(1, 6), st.integers(1, 6), st.integers(1, 3), st.booleans())
def test_flops_are_those_that_torch_counts(
    sizes: Heads, seq: int, keys: int, batch: int, cross: bool
) -> None:
    x = torch.empty(batch, seq, sizes.d_model, device="meta")
    context = torch.empty(batch, keys, sizes.d_model, device="meta") if cross else None
    with FlopCounterMode(display=False) as counter:
        build(sizes, bias=False).trace(x, context).output  # noqa: B018 - read for its flops
    assert flops(sizes, seq=seq, num_keys=keys if cross else None, batch=batch) == counter.get_total_flops()


def test_at_fixed_d_model_the_head_count_changes_nothing_that_is_counted() -> None:
    every = [Heads(64, h) for h in head_counts(64)]
    assert {parameters(each) for each in every} == {16_640}
    assert len({flops(each, seq=7) for each in every}) == 1
    assert len({kv_cache_bytes(each) for each in every}) == 1


KIB = 1024


@pytest.mark.parametrize(
    ("model", "layers", "sizes", "kib"),
    [
        ("Llama-2-7B", 32, Heads(4096, 32), 512),
        ("Llama-3-8B", 32, Heads(4096, 32, 8), 128),
        ("Mistral-7B", 32, Heads(4096, 32, 8), 128),
        ("Qwen3-8B", 36, Heads(4096, 32, 8, 128), 144),
        ("Gemma-7B", 28, Heads(3072, 16, 16, 256), 448),
        ("Falcon-7B", 32, Heads(4544, 71, 1), 8),
    ],
)
def test_the_cache_per_token_is_that_of_the_books_table(
    model: str, layers: int, sizes: Heads, kib: float
) -> None:
    assert kv_cache_bytes(sizes, layers=layers) == kib * KIB, model


def test_latent_attention_caches_what_deepseek_v2_says() -> None:
    assert mla_cache_bytes(d_latent=512, d_rotary=64, layers=60) == 67.5 * KIB
    # their table 9, elements a token of the 250B model and its MHA twin: 34.6K, against 860.2K
    assert mla_cache_bytes(d_latent=512, d_rotary=64, layers=60, itemsize=1) == pytest.approx(
        34_600, rel=0.002
    )
    with pytest.raises(ValueError, match=r"^d_latent and d_rotary should be at least 0, got -1 and 64$"):
        mla_cache_bytes(d_latent=-1, d_rotary=64)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(1, 8))
def test_cache_bytes_grow_in_proportion_to_everything(
    seq: int, batch: int, layers: int, itemsize: int
) -> None:
    each = seq * batch * layers * itemsize
    assert kv_cache_bytes(Heads(8, 4, 2), seq=seq, batch=batch, layers=layers, itemsize=itemsize) == 8 * each
    sizes = {"seq": seq, "batch": batch, "layers": layers, "itemsize": itemsize}
    assert mla_cache_bytes(d_latent=5, d_rotary=2, **sizes) == 7 * each


def test_defaults_are_one_key_head_a_query_head_and_equal_shares() -> None:
    assert Heads(12, 4) == Heads(12, 4, 4, 3)
    with pytest.raises(
        ValueError, match=r"^d_model=12 does not divide into num_heads=5: take 1, 2, 3, 4, 6 or 12"
    ):
        Heads(12, 5)


def test_head_counts_divide_the_width_and_are_divided_by_the_groups() -> None:
    for groups in (1, 2, 3):
        want = [h for h in range(1, 25) if 24 % h == 0 and h % groups == 0]
        assert head_counts(24, num_kv_heads=groups) == want
