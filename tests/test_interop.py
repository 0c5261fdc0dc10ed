"""The same numbers as in other libraries' classes, on randomly initialised models of theirs."""

import math

import pytest
import torch
from torch import nn
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2Model,
    LlamaConfig,
    LlamaModel,
)

from mha_lessons import MultiHeadAttention, causal_mask, from_huggingface, from_torch, padding_mask, to_torch
from mha_lessons.rotary import Rotary

NEAR = {"rtol": 0.0, "atol": 2e-6}


def randomised(module: nn.Module) -> nn.Module:
    """Every weight drawn at random, biases too, which most libraries start at 0."""
    for number, weight in enumerate(module.parameters()):
        nn.init.normal_(weight, std=0.3, generator=torch.Generator().manual_seed(number))
    return module.eval()


X = torch.randn(2, 5, 24, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_survives_the_way_to_torch_and_back(bias: bool) -> None:
    ours = randomised(MultiHeadAttention(24, 4, bias=bias, dropout=0.25))
    theirs = ours.to_torch()
    out, weights = theirs(X, X, X, average_attn_weights=False, attn_mask=~causal_mask(5))
    trace = ours.trace(X, mask=causal_mask(5))
    torch.testing.assert_close(out, trace.output, **NEAR)
    torch.testing.assert_close(weights, trace.attn, **NEAR)
    back = MultiHeadAttention.from_torch(theirs)
    assert (back.dropout, back.training) == (0.25, False)
    assert all(torch.equal(mine, own) for mine, own in zip(back.parameters(), ours.parameters(), strict=True))


def test_temperature_goes_into_the_queries_of_torch() -> None:
    ours = randomised(MultiHeadAttention(24, 4, temperature=3.0))
    torch.testing.assert_close(to_torch(ours)(X, X, X)[0], ours(X), **NEAR)


def test_torch_with_the_batch_second_is_read_the_same() -> None:
    theirs = randomised(nn.MultiheadAttention(24, 4))
    turned = X.transpose(0, 1)
    torch.testing.assert_close(
        theirs(turned, turned, turned)[0].transpose(0, 1), from_torch(theirs)(X), **NEAR
    )


def test_training_mode_goes_along() -> None:
    assert from_torch(nn.MultiheadAttention(8, 2)).training
    assert not from_torch(nn.MultiheadAttention(8, 2).eval()).training
    assert to_torch(MultiHeadAttention(8, 2)).training


@pytest.mark.parametrize(
    ("theirs", "sentence"),
    [
        (
            nn.MultiheadAttention(8, 2, kdim=6, vdim=4),
            "from_torch wants kdim and vdim to equal embed_dim=8, got kdim=6, vdim=4",
        ),
        (
            nn.MultiheadAttention(8, 2, add_bias_kv=True),
            "from_torch wants a module without add_bias_kv: this layer has no such extra key",
        ),
        (
            nn.MultiheadAttention(8, 2, add_zero_attn=True),
            "from_torch wants a module without add_zero_attn: this layer has no such extra key",
        ),
    ],
)
def test_what_this_layer_cannot_express_is_refused(theirs: nn.MultiheadAttention, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        from_torch(theirs)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        (
            MultiHeadAttention(8, 4, num_kv_heads=2),
            "nn.MultiheadAttention has no grouped heads: num_kv_heads should be num_heads=4, got 2",
        ),
        (
            MultiHeadAttention(8, 4, d_head=3),
            "nn.MultiheadAttention has no free head width: num_heads * d_head should be d_model=8, got 4 * 3",
        ),
        (
            MultiHeadAttention(8, 2, rotary=Rotary(4)),
            "nn.MultiheadAttention has no rotary positions: rotary should be None",
        ),
    ],
)
def test_what_torch_cannot_express_is_refused(ours: MultiHeadAttention, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        to_torch(ours)
    assert str(refused.value) == sentence


def test_bert_gives_the_same_outputs_and_attentions() -> None:
    config = BertConfig(
        vocab_size=11,
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=4,
        intermediate_size=8,
        attn_implementation="eager",
    )
    model = randomised(BertModel(config))
    attention = model.encoder.layer[0].attention
    seen = {}
    attention.output.dense.register_forward_hook(lambda module, inputs, out: seen.update(out=out))
    attention.register_forward_pre_hook(
        lambda module, args, kwargs: seen.update(x=args[0] if args else kwargs["hidden_states"]),
        with_kwargs=True,
    )
    lengths = [5, 3]
    padding = (torch.arange(5) < torch.tensor(lengths)[:, None]).long()
    ids = torch.arange(10).view(2, 5) + 1
    weights = model(ids, attention_mask=padding, output_attentions=True).attentions[0]
    trace = from_huggingface(attention).trace(seen["x"], mask=padding_mask(lengths, 5))
    torch.testing.assert_close(trace.attn, weights, **NEAR)
    torch.testing.assert_close(trace.output, seen["out"], **NEAR)


@pytest.mark.parametrize(
    "options", [{}, {"scale_attn_weights": False}, {"scale_attn_by_inverse_layer_idx": True}], ids=str
)
def test_gpt2_gives_the_same_outputs_and_attentions(options: dict) -> None:
    config = GPT2Config(vocab_size=11, n_embd=24, n_layer=2, n_head=3, attn_implementation="eager", **options)
    model = randomised(GPT2Model(config))
    attention, seen = model.h[1].attn, {}
    attention.register_forward_hook(lambda module, inputs, out: seen.update(x=inputs[0], out=out[0]))
    weights = model(torch.arange(10).view(2, 5), output_attentions=True).attentions[1]
    ours = from_huggingface(attention)
    trace = ours.trace(seen["x"], mask=causal_mask(5))
    torch.testing.assert_close(trace.attn, weights, **NEAR)
    torch.testing.assert_close(trace.output, seen["out"], rtol=0, atol=1e-5)
    torch.testing.assert_close(ours(seen["x"], mask=causal_mask(5)), seen["out"], rtol=0, atol=1e-5)


ROPES = {
    "default": {"rope_type": "default", "rope_theta": 100.0},
    "linear": {"rope_type": "linear", "factor": 4.0, "rope_theta": 100.0},
    "llama3": {
        "rope_type": "llama3",
        "rope_theta": 100.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16,
    },
}


def llama(rope: dict, **options) -> nn.Module:
    config = LlamaConfig(
        vocab_size=11,
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        intermediate_size=8,
        attn_implementation="eager",
        rope_parameters=rope,
        **options,
    )
    return randomised(LlamaModel(config))


@pytest.mark.parametrize("kind", list(ROPES))
@pytest.mark.parametrize("bias", [False, True])
def test_llama_gives_the_same_outputs_and_attentions(kind: str, bias: bool) -> None:
    model = llama(ROPES[kind], attention_bias=bias)
    attention, seen = model.layers[0].self_attn, {}
    attention.register_forward_hook(
        lambda module, inputs, kwargs, out: seen.update(x=kwargs["hidden_states"], out=out[0]),
        with_kwargs=True,
    )
    weights = model(torch.arange(10).view(2, 5), output_attentions=True).attentions[0]
    ours = from_huggingface(attention)
    assert (ours.num_heads, ours.num_kv_heads, ours.d_head, ours.b_o is not None) == (4, 2, 8, bias)
    trace = ours.trace(seen["x"], mask=causal_mask(5))
    torch.testing.assert_close(trace.attn, weights, **NEAR)
    torch.testing.assert_close(trace.output, seen["out"], rtol=0, atol=1e-5)
    assert not torch.allclose(trace.attn[:, :, 1:], trace.attn.roll(1, 2)[:, :, 1:])


def test_other_modules_and_variants_of_hugging_face_are_refused() -> None:
    with pytest.raises(
        TypeError, match=r"^from_huggingface reads BertAttention, GPT2Attention, LlamaAttention, got Lin"
    ):
        from_huggingface(nn.Linear(2, 2))
    config = GPT2Config(vocab_size=11, n_embd=24, n_layer=1, n_head=3, add_cross_attention=True)
    with pytest.raises(ValueError, match=r"reads self-attention of GPT-2, got cross-attention$"):
        from_huggingface(GPT2Model(config).h[0].crossattention)
    model = llama({"rope_type": "dynamic", "factor": 2.0, "rope_theta": 100.0})
    with pytest.raises(ValueError, match=r"of kind default, linear or llama3, got dynamic$"):
        from_huggingface(model.layers[0].self_attn)


def test_temperature_of_gpt2_is_in_the_units_of_this_layer() -> None:
    config = GPT2Config(vocab_size=11, n_embd=24, n_layer=1, n_head=3, scale_attn_weights=False)
    assert from_huggingface(GPT2Model(config).h[0].attn).temperature == pytest.approx(1 / math.sqrt(8))
