"""From what a reader sets to every number of the layer, on torch. Twin: `widgets/core/compute.ts`."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.designed import designed_roles, designed_vectors, designed_weights
from mha_lessons.embed import embed_tokens
from mha_lessons.masks import causal_mask
from mha_lessons.params import Params, check
from mha_lessons.tokens import tokenize
from mha_lessons.trace import Trace
from mha_lessons.weights import random_weights


class Computed(NamedTuple):
    """A sentence, what its heads are for, and the trace of the layer on it."""

    tokens: list[str]
    roles: list[str] | None
    """What each head was designed to do; None where the heads are random."""
    trace: Trace
    """With a batch of one."""


class Layer(NamedTuple):
    """The layer that parameters describe, before anything is computed."""

    tokens: list[str]
    roles: list[str] | None
    x: Float[Tensor, "1 seq d_model"]
    mha: MultiHeadAttention
    mask: Bool[Tensor, "seq seq"] | None
    """True = may look; None: everyone sees everyone."""


def layer(params: Params) -> Layer:
    """Words, vectors, module and mask that `params` describe.

    Raises:
        ValueError: with the sentence of `check`.

    >>> layer(Params("John lost his keys", d_model=8, num_heads=2)).mha.w_q.shape
    torch.Size([8, 8])
    """
    fault = check(params)
    if fault is not None:
        raise ValueError(fault)
    tokens = tokenize(params.text)
    d_model, num_heads, seed = int(params.d_model), int(params.num_heads), int(params.seed)
    designed = params.source == "designed"
    if designed:
        x = designed_vectors(tokens, d_model, seed)
        weights = designed_weights(d_model, num_heads, params.head_width, seed)
    else:
        x = embed_tokens(tokens, d_model, seed)
        weights = random_weights(d_model, num_heads * params.head_width, seed)
    mha = MultiHeadAttention.from_weights(
        *map(torch.from_numpy, weights), num_heads=num_heads, temperature=float(params.temperature)
    )
    mask = causal_mask(len(tokens)) if params.causal else None
    return Layer(
        tokens, designed_roles(num_heads) if designed else None, torch.from_numpy(x)[None], mha, mask
    )


def compute(params: Params) -> Computed:
    """Every number of the layer that `params` describes.

    Raises:
        ValueError: with the sentence of `check`.

    >>> tokens, roles, trace = compute(Params("John lost his keys", source="designed"))
    >>> roles[2], tokens[trace.attn[0, 2, 2].argmax()]  # where the third head looks from "his"
    ('pronoun → name', 'John')
    """
    tokens, roles, x, mha, mask = layer(params)
    with torch.no_grad():
        return Computed(tokens, roles, mha.trace(x, mask=mask))
