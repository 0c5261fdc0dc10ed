"""The meter against the real module, torch's counter, real latent attention, and the book's figures."""

from dataclasses import replace

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from mha_lessons import MultiHeadAttention
from mha_lessons.cache import KVCache
from mha_lessons.cost import Heads
from mha_lessons.meter import Latent, latent_layer, meter
from mha_lessons.stack import Stack, check, models, of_model
from mha_lessons.units import bytes_text

STACKS = [
    Stack(d_model=24, num_heads=6, layers=2, context=5),
    Stack(d_model=24, num_heads=6, num_kv_heads=2, layers=3, context=7, bias=False),
    Stack(d_model=20, num_heads=6, num_kv_heads=1, d_head=4, context=3, bits=32),
]


def module(stack: Stack) -> MultiHeadAttention:
    return MultiHeadAttention(
        stack.d_model,
        stack.num_heads,
        d_head=stack.d_head,
        num_kv_heads=stack.num_kv_heads,
        bias=stack.bias,
        dtype={16: torch.bfloat16, 32: torch.float32}[stack.bits],
    ).eval()


def own(stack: Stack) -> dict:
    found = meter(stack)
    return next(variant for variant in found["variants"] if variant["name"] == found["own"])


@pytest.mark.parametrize("stack", STACKS)
def test_one_more_token_costs_what_torch_counts_when_the_real_module_decodes_it(stack: Stack) -> None:
    layer = module(replace(stack, bias=False))  # torch's counter leaves biases out, and so do we
    cache = KVCache(layer)
    x = torch.zeros(1, stack.context, stack.d_model, dtype=layer.w_o.dtype)
    cache.step(x[:, 1:])
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # fused, it is not counted
        cache.step(x[:, :1])
    assert own(stack)["flops"] == stack.layers * counter.get_total_flops()
    assert own(stack)["cache"] * stack.context == stack.layers * cache.nbytes


@pytest.mark.parametrize("stack", STACKS)
def test_the_matrices_hold_what_the_real_module_holds(stack: Stack) -> None:
    layer, found = module(stack), meter(stack)
    widths = [found["parts"][name][0] for name in ("w_q", "w_k", "w_v")]
    assert sum(widths) == layer.w_qkv.numel()
    assert widths[0] == stack.d_model * stack.num_heads * layer.d_head
    assert found["parts"]["w_o"][0] == layer.w_o.numel()
    assert own(stack)["parameters"] == stack.layers * sum(weight.numel() for weight in layer.parameters())


@pytest.mark.parametrize("stack", STACKS)
def test_the_attention_weights_take_the_room_of_the_real_ones(stack: Stack) -> None:
    attn = (
        module(stack).trace(torch.zeros(1, stack.context, stack.d_model, dtype=module(stack).w_o.dtype)).attn
    )
    assert meter(stack)["parts"]["attn"][0] == attn.numel() * attn.element_size()


def test_the_head_count_changes_three_things_and_leaves_all_others() -> None:
    for h in (2, 4, 8, 16, 32, 64):
        parts = meter(Stack(d_model=64, num_heads=h))["parts"]
        changed = {name: value / one for name, (value, one) in parts.items() if value != one}
        assert changed == {"patterns": h, "attn": h, "d_head": 1 / h}


@pytest.mark.parametrize("h", [1, 2, 4, 8, 16])
def test_a_layer_of_width_64_has_16640_parameters_whatever_its_head_count(h: int) -> None:
    assert own(Stack(d_model=64, num_heads=h))["parameters"] == 16_640


def test_every_head_count_from_1_to_16_that_fits_gives_16640_and_no_other_is_accepted() -> None:
    sizes = [Stack(d_model=64, num_heads=h) for h in range(1, 17)]
    fits = [stack for stack in sizes if check(stack) is None]
    assert {own(stack)["parameters"] for stack in fits} == {16_640}
    assert [stack.num_heads for stack in fits] == [1, 2, 4, 8, 16]


@pytest.mark.parametrize(
    ("model", "kib"),
    {
        "Llama-2 7B": 512,
        "Llama-3 8B": 128,
        "Mistral 7B": 128,
        "Qwen3 8B": 144,
        "Gemma 7B": 448,
        "Falcon 7B": 8,
        "DeepSeek-V2": 67.5,
    }.items(),
)
def test_the_cache_of_a_token_is_that_of_the_books_table(model: str, kib: float) -> None:
    assert own(of_model(model))["cache"] == kib * 1024
    assert bytes_text(own(of_model(model))["cache"]) == f"{kib} KiB"


def test_every_known_model_fits_and_says_where_its_sizes_were_read() -> None:
    for name, model in models().items():
        assert check(of_model(name)) is None
        assert model["read"] in ("paper", "configuration")
        assert model["source"]
        assert of_model(name).heads.d_head == model["d_head"]
    free = {name for name, m in models().items() if m["num_heads"] * m["d_head"] != m["d_model"]}
    assert {"Qwen3 0.6B", "Qwen3 32B", "Gemma 7B", "Gemma-2 9B", "Gemma-2 27B", "DeepSeek-V3"} <= free
    assert not free & {"Llama-2 7B", "Falcon 7B", "GPT-2 small", "Pythia 1B"}


def test_an_unknown_model_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(KeyError, match=r"no model is called 'Llama 9'; there are Transformer base"):
        of_model("Llama 9")


def test_projections_and_looking_cost_the_same_at_a_context_of_twice_the_width() -> None:
    for d_model, h in ((64, 4), (48, 6), (512, 1)):
        found = meter(Stack(d_model=d_model, num_heads=h, layers=3))
        assert found["flat"] == found["per_key"] * 2 * d_model


def test_latent_attention_has_the_weights_and_operations_of_a_real_one_and_caches_225_groups() -> None:
    """Real tensors: decoding on the latent vectors gives what plain heads give, at the cost stated."""
    torch.manual_seed(0)
    d_model, h, d_head, keys = 6, 3, 4, 5
    d_latent, d_rotary = Latent.of(d_head)
    w_q = torch.randn(d_model, h * (d_head + d_rotary), dtype=torch.float64)
    w_latent = torch.randn(d_model, d_latent + d_rotary, dtype=torch.float64)
    w_k, w_v = torch.randn(2, h, d_latent, d_head, dtype=torch.float64)
    w_o = torch.randn(h * d_head, d_model, dtype=torch.float64)
    past = torch.randn(keys - 1, d_model, dtype=torch.float64) @ w_latent
    x = torch.randn(1, d_model, dtype=torch.float64)

    with FlopCounterMode(display=False) as counter:
        q, q_rotary = (x @ w_q).view(h, 1, -1).split([d_head, d_rotary], dim=-1)
        cache = torch.cat([past, x @ w_latent])
        on_latent = torch.cat([q @ w_k.mT, q_rotary], dim=-1)
        attn = (on_latent.squeeze(1) @ cache.T).softmax(-1)
        z = (attn @ cache[:, :d_latent])[:, None] @ w_v
        output = z.reshape(1, -1) @ w_o

    k = torch.cat([cache[:, :d_latent] @ w_k, cache[:, d_latent:].expand(h, -1, -1)], dim=-1)
    plain = (torch.cat([q, q_rotary], dim=-1) @ k.mT).softmax(-1) @ (cache[:, :d_latent] @ w_v)
    torch.testing.assert_close(output, plain.reshape(1, -1) @ w_o)

    layer = latent_layer(Heads(d_model, h, d_head=d_head), bits=64)
    assert layer.parameters == sum(w.numel() for w in (w_q, w_latent, w_k, w_v, w_o))
    assert layer.projections + (layer.scores + layer.z) * keys == counter.get_total_flops()
    assert layer.cache * keys == cache.numel() * cache.element_size()
    assert layer.cache == 2.25 * 2 * d_head * 8


def test_a_whole_number_is_one_however_it_is_written() -> None:
    assert check(Stack(d_model=64.0, num_heads=16.0, num_kv_heads=4.0, d_head=8.0)) is None
    assert check(Stack(num_heads=3.0)) == check(Stack(num_heads=3))
    assert meter(Stack(64.0, 16.0, layers=2.0)) == meter(Stack(64, 16, layers=2))


def test_sizes_that_do_not_fit_are_refused_by_the_meter_with_the_sentence_of_the_check() -> None:
    with pytest.raises(ValueError, match=r"^32 heads cannot share 5 key/value heads evenly\. Try 4 or 8\.$"):
        meter(Stack(d_model=64, num_heads=32, num_kv_heads=5))
    assert check(Stack(d_model=64, num_heads=32, num_kv_heads=5, latent=True)) is None
