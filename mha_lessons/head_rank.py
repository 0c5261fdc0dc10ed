"""Singular values and ranks of the heads' tables. Twin: `widgets/core/head_rank.ts`.

All is float64: rank is a question about tiny numbers.
"""

import copy
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.attention import MultiHeadAttention


class Spectrum(NamedTuple):
    """How a table, or a stack of tables, falls apart into independent patterns."""

    values: Float[Tensor, "... seq"]
    """Singular values in float64, largest first."""
    rank: list[int] | int
    """How many of them are above largest x longest side x float64's epsilon: `torch.linalg.matrix_rank`."""


class HeadRanks(NamedTuple):
    """Spectra of one layer on one sentence."""

    scores: Spectrum
    """q kᵀ / √d_head of each head, before any mask: at most d_head independent patterns."""
    attn: Spectrum
    """The softmax of the scores of each head: no such bound."""
    total: Spectrum
    """The scores of all heads, summed."""


def spectrum(tables: Float[Tensor, "... query key"]) -> Spectrum:
    """Singular values and numerical rank, in float64.

    >>> spectrum(torch.ones(3, 3)).rank
    1
    """
    tables = tables.double()
    return Spectrum(torch.linalg.svdvals(tables), torch.linalg.matrix_rank(tables).tolist())


def head_ranks(mha: MultiHeadAttention, x: Float[Tensor, "1 seq d_model"]) -> HeadRanks:
    """Spectra of the scores, of the attention and of the summed scores of a layer's heads, on a float64 copy.

    Source: Bhojanapalli et al. 2020, "Low-Rank Bottleneck in Multi-head Attention Models".

    >>> mha = MultiHeadAttention(d_model=4, num_heads=4)
    >>> ranks = head_ranks(mha, torch.randn(1, 3, 4))
    >>> ranks.scores.rank, ranks.attn.rank
    ([1, 1, 1, 1], [3, 3, 3, 3])
    """
    with torch.no_grad():
        free = copy.deepcopy(mha).double().trace(x.double())
        scores, attn = free.scores[0], free.attn[0]
        return HeadRanks(spectrum(scores), spectrum(attn), spectrum(scores.sum(0)))
