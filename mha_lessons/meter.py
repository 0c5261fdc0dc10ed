"""What a stack of attention layers costs, part by part, beside one big head.

Twin: `widgets/core/meter.ts`.
"""

from dataclasses import asdict
from typing import Any, NamedTuple

from mha_lessons.cost import Heads, flops, kv_cache_bytes, mla_cache_bytes, parameters
from mha_lessons.shapes import divisors
from mha_lessons.stack import Stack, check


class Latent(NamedTuple):
    """Widths of multi-head latent attention: keys and values of all heads come from one vector."""

    d_latent: int
    d_rotary: int

    @classmethod
    def of(cls, d_head: int) -> "Latent":
        """As DeepSeek-V2 2024, section 3.1.2, chose them for heads of 128: 512 and 64.

        >>> Latent.of(128)
        Latent(d_latent=512, d_rotary=64)
        """
        return cls(4 * d_head, d_head // 2)


class Layer(NamedTuple):
    """What one layer costs: weights by matrix, operations for one more token, and bytes of its cache."""

    weights: dict[str, int]
    """Parameters of w_q, w_latent, w_k, w_v, w_o and the biases."""
    scores: int
    """Operations that compare a query with one key, in all heads."""
    z: int
    """Operations that add one value to the sum, in all heads."""
    cache: float
    """Bytes for one token."""

    @property
    def parameters(self) -> int:
        """All weights and biases."""
        return sum(self.weights.values())

    @property
    def projections(self) -> int:
        """Operations of the projections for one token: two for each weight."""
        return 2 * (self.parameters - self.weights["biases"])


def plain_layer(heads: Heads, *, bits: int, bias: bool) -> Layer:
    """A layer of MHA, GQA or MQA, by `mha_lessons.cost`.

    >>> plain_layer(Heads(64, 4), bits=16, bias=True).parameters
    16640
    """
    q, kv = heads.num_heads * heads.d_head, heads.num_kv_heads * heads.d_head
    weights = {
        "w_q": heads.d_model * q,
        "w_latent": 0,
        "w_k": heads.d_model * kv,
        "w_v": heads.d_model * kv,
        "w_o": q * heads.d_model,
        "biases": parameters(heads, bias=bias) - parameters(heads, bias=False),
    }
    per_key = flops(heads, seq=1) - 2 * parameters(heads, bias=False)  # what is not projection
    return Layer(weights, per_key // 2, per_key // 2, kv_cache_bytes(heads, itemsize=1) * bits / 8)


def latent_layer(heads: Heads, *, bits: int) -> Layer:
    """A layer of MLA while it decodes: queries are compared with the latent vectors themselves.

    The matrices that would make keys and values of them work on the query and on the sum instead. Queries are
    not compressed, as in DeepSeek-V2-Lite; without biases.

    Source: DeepSeek-V2 2024, section 2.1 and appendix B.

    >>> latent_layer(Heads(5120, 128, d_head=128), bits=16).cache * 60 / 1024  # DeepSeek-V2, KiB a token
    67.5
    """
    d_latent, d_rotary = Latent.of(heads.d_head)
    q = heads.num_heads * heads.d_head
    weights = {
        "w_q": heads.d_model * (q + heads.num_heads * d_rotary),
        "w_latent": heads.d_model * (d_latent + d_rotary),
        "w_k": d_latent * q,
        "w_v": d_latent * q,
        "w_o": q * heads.d_model,
        "biases": 0,
    }
    scores, z = 2 * heads.num_heads * (d_latent + d_rotary), 2 * heads.num_heads * d_latent
    return Layer(
        weights, scores, z, mla_cache_bytes(d_latent=d_latent, d_rotary=d_rotary, itemsize=1) * bits / 8
    )


def meter(stack: Stack) -> dict[str, Any]:
    """All numbers of the picture, as plain values.

    Returns:
        The settings, filled in; `own`, the name of the variant that they are; `variants`, what all layers of
        MHA, GQA, MQA and MLA cost at these sizes; `parts`, what one layer costs, each beside the same part of
        one head as wide as the layer; `flat` and `per_key`, the operations for one more token, of all layers.

    Raises:
        ValueError: sizes that do not fit each other; the sentence says which would.

    >>> parts = meter(Stack(num_heads=16))["parts"]
    >>> parts["w_q"], parts["patterns"], parts["attn"]
    ([4096, 4096], [16, 1], [33554432.0, 2097152.0])
    """
    if sentence := check(stack):
        raise ValueError(sentence)
    heads, bias = stack.heads, stack.bias and not stack.latent
    own = (
        latent_layer(heads, bits=stack.bits)
        if stack.latent
        else plain_layer(heads, bits=stack.bits, bias=bias)
    )
    one = plain_layer(Heads(heads.d_model, 1), bits=stack.bits, bias=bias)
    square = stack.context**2 * stack.bits / 8
    return {
        **asdict(stack),
        "num_kv_heads": heads.num_kv_heads,
        "d_head": heads.d_head,
        "bias": bias,
        "own": _name(heads, stack.latent),
        "variants": _variants(stack),
        "parts": {
            **{name: [own.weights[name], one.weights[name]] for name in own.weights},
            "projections": [own.projections, one.projections],
            "scores": [own.scores * stack.context, one.scores * stack.context],
            "z": [own.z * stack.context, one.z * stack.context],
            "cache": [own.cache, one.cache],
            "attn": [heads.num_heads * square, square],
            "patterns": [heads.num_heads, 1],
            "d_head": [heads.d_head, stack.d_model],
        },
        "flat": stack.layers * own.projections,
        "per_key": stack.layers * (own.scores + own.z),
    }


def _variants(stack: Stack) -> list[dict[str, Any]]:
    """Four ways to keep keys and values at the same sizes; GQA is left out where no group fits."""
    heads, bias = stack.heads, stack.bias and not stack.latent
    count = heads.num_heads
    counts = {"MHA": count, "GQA": _groups(count, 0 if stack.latent else heads.num_kv_heads), "MQA": 1}
    made = {
        name: (
            groups,
            plain_layer(Heads(heads.d_model, count, groups, heads.d_head), bits=stack.bits, bias=bias),
        )
        for name, groups in counts.items()
        if groups
    }
    made["MLA"] = (0, latent_layer(heads, bits=stack.bits))
    return [
        {
            "name": name,
            "num_kv_heads": groups,
            "parameters": stack.layers * layer.parameters,
            "flops": stack.layers * (layer.projections + (layer.scores + layer.z) * stack.context),
            "cache": stack.layers * layer.cache,
        }
        for name, (groups, layer) in made.items()
    ]


def _name(heads: Heads, latent: bool) -> str:
    if latent:
        return "MLA"
    if heads.num_kv_heads == heads.num_heads:
        return "MHA"
    return "MQA" if heads.num_kv_heads == 1 else "GQA"


def _groups(count: int, own: int) -> int:
    """The key/value heads of GQA: those set, or else 8 at most; 0 where no group fits."""
    between = divisors(count)[1:-1]
    if own in between:
        return own
    return max([groups for groups in between if groups <= 8] or between[:1] or [0])
