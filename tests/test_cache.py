import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mha_lessons import MultiHeadAttention, causal_mask
from mha_lessons.cache import KVCache
from mha_lessons.cost import Heads, kv_cache_bytes
from mha_lessons.rotary import Rotary

NEAR = {"rtol": 0.0, "atol": 1e-12}


def taken(**options) -> tuple[MultiHeadAttention, torch.Tensor]:
    torch.manual_seed(0)
    layer = MultiHeadAttention(
        12, 6, d_head=4, num_kv_heads=2, temperature=1.5, dtype=torch.float64, **options
    )
    return layer, torch.randn(3, 9, 12, dtype=torch.float64)


@given(st.lists(st.integers(1, 4), min_size=1, max_size=9), st.booleans())
def test_decoding_in_steps_of_any_length_gives_the_numbers_of_the_whole(
    steps: list[int], rotary: bool
) -> None:
    layer, x = taken(rotary=Rotary(4) if rotary else None)
    steps = [n for i, n in enumerate(steps) if sum(steps[: i + 1]) <= 9] or [9]
    cache, gates = KVCache(layer), torch.rand(6, dtype=torch.float64)
    pieces = x[:, : sum(steps)].split(steps, dim=1)
    whole = layer(x[:, : sum(steps)], mask=causal_mask(sum(steps)), gates=gates)
    torch.testing.assert_close(
        torch.cat([cache.step(piece, gates=gates) for piece in pieces], 1), whole, **NEAR
    )
    assert len(cache) == sum(steps)


def test_the_cache_holds_what_the_cost_model_says() -> None:
    layer, x = taken()
    cache = KVCache(layer)
    assert (len(cache), cache.nbytes) == (0, 0)
    for step in range(1, 10):
        cache.step(x[:, step - 1 : step])
        heads = Heads(12, 6, num_kv_heads=2, d_head=4)
        assert cache.nbytes == kv_cache_bytes(heads, seq=step, batch=3, itemsize=8)


def test_growing_copies_each_number_a_constant_number_of_times() -> None:
    layer, x = taken()
    cache, stores = KVCache(layer), set()
    for step in range(9):
        cache.step(x[:, step : step + 1])
        stores.add(cache._store.data_ptr())
    assert len(stores) == 5  # room for 1, 2, 4, 8, 16


def test_another_batch_than_before_is_refused() -> None:
    layer, x = taken()
    cache = KVCache(layer)
    cache.step(x)
    with pytest.raises(ValueError, match=r"^x should have the batch of the cache, 3, got 2$"):
        cache.step(x[:2])


def test_a_cache_keeps_no_gradients() -> None:
    layer, x = taken()
    assert not KVCache(layer).step(x).requires_grad
