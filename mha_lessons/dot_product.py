"""Attention of heads whose queries, keys and values are there, without ever holding the weights."""

import math

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from jaxtyping import Float
from torch import Tensor

from mha_lessons.masks import AnyMask, as_four_axes, rows_with_nothing
from mha_lessons.shapes import check_shape


def attend(
    q: Float[Tensor, "batch head query d_head"],
    k: Float[Tensor, "batch kv_head key d_head"],
    v: Float[Tensor, "batch kv_head key d_head"],
    *,
    mask: AnyMask | None = None,
    temperature: float = 1.0,
    dropout: float = 0.0,
) -> Float[Tensor, "batch head query d_head"]:
    """softmax(q kᵀ / (√d_head · temperature), masked) v, without ever holding the weights.

    A query that may look at nothing gets zeros, and gives no NaN backward.

    Args:
        q, k, v: cut into heads; `kv_head` may be any divisor of `head`.
        mask: as for `MultiHeadAttention`.
        temperature: divides the scores.
        dropout: share of the weights set to 0; the caller says 0 outside training.

    Raises:
        TypeError, ValueError: naming what came and what was wanted.

    Source: Vaswani et al. 2017, equation 1.

    >>> q = k = v = torch.randn(2, 3, 5, 4)
    >>> attend(q, k, v, mask=torch.ones(5, 5).tril() > 0).shape
    torch.Size([2, 3, 5, 4])
    """
    check_shape("q", q, batch=None, head=None, query=None, d_head=None)
    batch, heads, _, d_head = q.shape
    check_shape("k", k, batch=batch, kv_head=None, key=None, d_head=d_head)
    check_shape("v", v, batch=batch, kv_head=k.shape[1], key=k.shape[2], d_head=d_head)
    if k.shape[1] < 1 or heads % k.shape[1]:
        raise ValueError(f"k should have a head count that divides the {heads} query heads, got {k.shape[1]}")
    return attend_fitting(q, k, v, mask, temperature, dropout)


def attend_fitting(
    q: Tensor, k: Tensor, v: Tensor, mask: AnyMask | None, temperature: float, dropout: float
) -> Tensor:
    """`attend` for heads that are known to fit each other, as those of one layer do."""
    nothing = None
    if mask is not None:
        mask = as_four_axes(mask, q, k.shape[2])
        nothing = rows_with_nothing(mask)
        if nothing is not None:  # let such a row look anywhere, and forget what it saw
            mask = mask | nothing if mask.dtype == torch.bool else mask.masked_fill(nothing, 0)
    z = F.scaled_dot_product_attention(
        q,
        k,
        v,
        attn_mask=mask,
        dropout_p=dropout,
        scale=1 / (math.sqrt(q.shape[3]) * temperature),
        enable_gqa=q.shape[1] != k.shape[1],
    )
    return z if nothing is None else z.masked_fill(nothing, 0)
