"""The layer from weights, and in other libraries' classes: torch, and Hugging Face's BERT, GPT-2, Llama."""

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.rotary import Rotary
from mha_lessons.shapes import check_shape, divisors, one_of


def from_weights(
    w_q: Float[Tensor, "d_model concat"],
    w_k: Float[Tensor, "d_model kv_concat"],
    w_v: Float[Tensor, "d_model kv_concat"],
    w_o: Float[Tensor, "concat d_model"],
    *,
    num_heads: int,
    b_q: Float[Tensor, " concat"] | None = None,
    b_k: Float[Tensor, " kv_concat"] | None = None,
    b_v: Float[Tensor, " kv_concat"] | None = None,
    b_o: Float[Tensor, " d_model"] | None = None,
    **options: Any,
) -> MultiHeadAttention:
    """A layer with copies of these weights; `options` go to the constructor.

    If some biases are given, the others are zeros; if none is, the layer has none.

    Raises:
        ValueError: weights whose shapes do not fit each other or the head counts.

    >>> w = torch.eye(6)
    >>> from_weights(w, w, w, w, num_heads=3).d_head
    2
    """
    check_shape("w_q", w_q, d_model=None, concat=None)
    d_model, concat = w_q.shape
    if num_heads < 1 or concat % num_heads:
        raise ValueError(
            f"w_q has {concat} columns, which do not divide into num_heads={num_heads}: "
            f"take {one_of(divisors(concat))}"
        )
    biases = {"b_q": b_q, "b_k": b_k, "b_v": b_v, "b_o": b_o}
    some = any(bias is not None for bias in biases.values())
    like: dict[str, Any] = {"device": w_q.device, "dtype": w_q.dtype, "d_head": concat // num_heads}
    layer = MultiHeadAttention(d_model, num_heads, bias=some, **like, **options)
    axes = {"w_o": ("concat", "d_model"), "b_o": ("d_model",)}
    with torch.no_grad():
        for name, given in {"w_q": w_q, "w_k": w_k, "w_v": w_v, "w_o": w_o, **biases}.items():
            if given is not None:
                own = getattr(layer, name)
                names = axes.get(name, ("d_model", "concat")[-own.dim() :])
                check_shape(name, given, **dict(zip(names, own.shape, strict=True)))
                own.copy_(given)
    return layer


def from_torch(module: nn.MultiheadAttention) -> MultiHeadAttention:
    """A layer with copies of the weights of a `nn.MultiheadAttention`.

    The layer takes [batch, seq, d_model] whatever `batch_first` says, and its boolean masks say True for
    "may look", where torch's say True for "may not": pass `~mask`.

    Raises:
        ValueError: kdim or vdim other than embed_dim, add_bias_kv or add_zero_attn, which this layer
            does not have.

    >>> theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> ours, x = from_torch(theirs), torch.randn(3, 5, 8)
    >>> torch.allclose(ours(x), theirs(x, x, x)[0], atol=1e-6)
    True
    """
    if module.in_proj_weight is None:
        raise ValueError(
            f"from_torch wants kdim and vdim to equal embed_dim={module.embed_dim}, "
            f"got kdim={module.kdim}, vdim={module.vdim}"
        )
    if module.bias_k is not None or module.add_zero_attn:
        option = "add_zero_attn" if module.add_zero_attn else "add_bias_kv"
        raise ValueError(f"from_torch wants a module without {option}: this layer has no such extra key")
    w_q, w_k, w_v = (weight.T for weight in module.in_proj_weight.chunk(3))
    b_q, b_k, b_v = (None,) * 3 if module.in_proj_bias is None else module.in_proj_bias.chunk(3)
    layer = from_weights(
        w_q,
        w_k,
        w_v,
        module.out_proj.weight.T,
        num_heads=module.num_heads,
        b_q=b_q,
        b_k=b_k,
        b_v=b_v,
        b_o=module.out_proj.bias,
        dropout=module.dropout,
    )
    return layer.train(module.training)


def to_torch(layer: MultiHeadAttention) -> nn.MultiheadAttention:
    """A `nn.MultiheadAttention` (batch first) with copies of the weights of this layer.

    A temperature is folded into W^Q, which torch has no other place for.

    Raises:
        ValueError: what torch cannot express: grouped heads, a d_head other than d_model // num_heads,
            rotary positions.

    >>> to_torch(MultiHeadAttention(8, 2)).embed_dim
    8
    """
    if layer.num_kv_heads != layer.num_heads:
        raise ValueError(
            "nn.MultiheadAttention has no grouped heads: "
            f"num_kv_heads should be num_heads={layer.num_heads}, got {layer.num_kv_heads}"
        )
    if layer.num_heads * layer.d_head != layer.d_model:
        raise ValueError(
            "nn.MultiheadAttention has no free head width: num_heads * d_head should be "
            f"d_model={layer.d_model}, got {layer.num_heads} * {layer.d_head}"
        )
    if layer.rotary is not None:
        raise ValueError("nn.MultiheadAttention has no rotary positions: rotary should be None")
    module = nn.MultiheadAttention(
        layer.d_model,
        layer.num_heads,
        dropout=layer.dropout,
        bias=layer.b_o is not None,
        batch_first=True,
        device=layer.w_o.device,
        dtype=layer.w_o.dtype,
    )
    with torch.no_grad():
        module.in_proj_weight.copy_(layer.w_qkv.T)
        module.in_proj_weight[: layer.d_model] /= layer.temperature
        module.out_proj.weight.copy_(layer.w_o.T)
        if layer.b_qkv is not None and layer.b_o is not None and module.out_proj.bias is not None:
            module.in_proj_bias.copy_(layer.b_qkv)
            module.in_proj_bias[: layer.d_model] /= layer.temperature
            module.out_proj.bias.copy_(layer.b_o)
    return module.train(layer.training)


def from_huggingface(module: nn.Module) -> MultiHeadAttention:
    """One layer's attention out of a BERT, GPT-2 or Llama of Hugging Face, with copies of its weights.

    The layer gives what the module gives before the residual is added and a norm is taken. GPT-2 and
    Llama are causal: pass `mask=causal_mask(seq)`. Llama's rotary positions start at 0.

    Args:
        module: a `BertAttention`, `GPT2Attention` or `LlamaAttention`, such as
            `BertModel(config).encoder.layer[0].attention`, `GPT2Model(config).h[0].attn`,
            `LlamaModel(config).layers[0].self_attn`.

    Raises:
        TypeError: any other module.
        ValueError: a variant of these that is another function (relative positions in BERT,
            cross-attention of GPT-2, rotary positions that change with the length).
    """
    readers = {"BertAttention": _from_bert, "GPT2Attention": _from_gpt2, "LlamaAttention": _from_llama}
    name = type(module).__name__
    if name not in readers:
        raise TypeError(f"from_huggingface reads {', '.join(readers)}, got {name}")
    return readers[name](module).train(module.training)


def _from_bert(module: Any) -> MultiHeadAttention:
    own, out = module.self, module.output.dense
    kind = getattr(own, "position_embedding_type", None) or "absolute"
    if kind != "absolute":
        raise ValueError(f"from_huggingface reads BERT with absolute positions, got {kind}")
    return from_weights(
        own.query.weight.T,
        own.key.weight.T,
        own.value.weight.T,
        out.weight.T,
        num_heads=own.num_attention_heads,
        b_q=own.query.bias,
        b_k=own.key.bias,
        b_v=own.value.bias,
        b_o=out.bias,
        dropout=own.dropout.p,
    )


def _from_gpt2(module: Any) -> MultiHeadAttention:
    if module.is_cross_attention:
        raise ValueError("from_huggingface reads self-attention of GPT-2, got cross-attention")
    # Conv1D acts from the right, as here. Its scale is √d_head, or 1, and may grow with the layer.
    w_q, w_k, w_v = module.c_attn.weight.chunk(3, dim=1)
    b_q, b_k, b_v = module.c_attn.bias.chunk(3)
    temperature = 1.0 if module.scale_attn_weights else 1 / math.sqrt(module.head_dim)
    if module.scale_attn_by_inverse_layer_idx:
        temperature *= module.layer_idx + 1
    return from_weights(
        w_q,
        w_k,
        w_v,
        module.c_proj.weight,
        num_heads=module.num_heads,
        b_q=b_q,
        b_k=b_k,
        b_v=b_v,
        b_o=module.c_proj.bias,
        temperature=temperature,
        dropout=module.attn_dropout.p,
    )


def _from_llama(module: Any) -> MultiHeadAttention:
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    rotary: Any = LlamaRotaryEmbedding(config=module.config)
    if rotary.rope_type not in ("default", "linear", "llama3"):
        raise ValueError(
            "from_huggingface reads Llama with rotary positions of kind default, linear or llama3, "
            f"got {rotary.rope_type}"
        )
    return from_weights(
        module.q_proj.weight.T,
        module.k_proj.weight.T,
        module.v_proj.weight.T,
        module.o_proj.weight.T,
        num_heads=module.q_proj.out_features // module.head_dim,
        num_kv_heads=module.k_proj.out_features // module.head_dim,
        b_q=module.q_proj.bias,
        b_k=module.k_proj.bias,
        b_v=module.v_proj.bias,
        b_o=module.o_proj.bias,
        dropout=module.attention_dropout,
        rotary=Rotary(module.head_dim, frequencies=rotary.inv_freq),
    )
